import type { AgentStatus } from '../../domain/agent-status.ts';
import { describeUse } from '../../domain/budget.ts';
import type { AlertView, BudgetView, StatusView, TaskCounts } from '../../domain/views.ts';
import type { ServerStatus, StatusAnswer } from '../../client/status-answer.ts';
import { inboxLines } from './inbox-text.ts';
import { paintPhase } from './phase-paint.ts';
import type { Paint } from './paint.ts';
import { progressBar } from './progress-bar.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';
import { relativeTime } from './time-text.ts';
import type { View } from './view.ts';

const BAR_WIDTH = 24;

/** A status for people, as lines. The answer has to be plain data (see plain-text.ts). */
export function statusLines(answer: StatusAnswer, view: View): readonly string[] {
  return answer.source === 'server'
    ? serverStatusLines(answer, view)
    : [...headLines(answer, view), ...detailLines(answer, view)];
}

export function headLines(status: StatusView, view: View): readonly string[] {
  const { paint } = view;
  const reason = status.reason === null ? '' : paint.dim(` (${status.reason})`);
  const forecast = status.forecastCompletion === null ? '' : `  done ${relativeTime(status.forecastCompletion, view.now)}`;
  return [
    `${paint.bold(status.project ?? status.executionId)}  ${paintPhase(status.phase, paint)}${reason}`,
    paint.dim(status.executionId),
    ...(status.tasks.total === 0
      ? []
      : [`${progressBar(status.progressPercentage, BAR_WIDTH)}  ${countsText(status.tasks)}${forecast}`]),
  ];
}

function detailLines(status: StatusView, view: View): readonly string[] {
  const { coordination } = status;
  const held = coordination.leases.map((lease) => `${lease.resource} by ${lease.task} (${lease.mode})`);
  const points = coordination.checkpoints.map((point) => `${point.id} ${point.state}`);
  return [
    ...block('', status.planHash === null ? [] : [`plan hash ${status.planHash}`]),
    ...block('Sprints', status.sprints.length === 0 ? [] : sprintTable(status, view)),
    ...block('Agents', status.agents.length === 0 ? [] : agentTable(status.agents, view)),
    ...block('Checkpoints', points),
    ...block('Leases', held),
    ...block('Waiting for their triggers', coordination.inactiveAgents),
    ...block('Stop', coordination.drained === null ? [] : [`drained ${coordination.drained.done} of ${coordination.drained.of}`]),
    ...block(
      'Budgets',
      (status.budgets ?? []).map((view) => budgetLine(view)),
    ),
    ...block('Used', status.usage === undefined ? [] : [`${status.usage.tokens} tokens, cost ${status.usage.cost}`]),
    ...block(
      'Alerts',
      status.alerts.map((alert) =>
        view.paint.yellow(
          `${alert.kind}: ${alert.text}, since ${relativeTime(alert.since, view.now)}${alertNotes(alert)} [alert/${alert.id}]`,
        ),
      ),
    ),
    ...block('Waiting for a person', inboxLines(status.inbox, view)),
  ];
}

const budgetLine = ({ budget, kind, spent, limit, isUsedUp }: BudgetView): string =>
  `${budget}  ${describeUse(kind, spent, limit)}${isUsedUp ? ', used up' : ''}`;

/** What the server alone knows, saying so. */
function serverStatusLines(answer: ServerStatus, view: View): readonly string[] {
  const { paint } = view;
  const phase = answer.phase === null ? 'phase unknown' : paintPhase(answer.phase, paint);
  const person = answer.needsPerson === true ? ['Waits for a person (which question: only a worker can tell).'] : [];
  return [
    `${paint.bold(answer.project ?? answer.executionId)}  ${phase}${answer.reason === null ? '' : paint.dim(` (${answer.reason})`)}`,
    paint.dim(answer.executionId),
    paint.yellow("From the server's records: no worker answered."),
    paint.dim(answer.why),
    `On the server: ${answer.serverStatus.toLowerCase()}, started ${relativeTime(answer.startedAt, view.now)}` +
      (answer.closedAt === null ? '' : `, closed ${relativeTime(answer.closedAt, view.now)}`),
    ...person,
    ...block('Agents, by their last heartbeats', answer.agents.length === 0 ? [] : agentTable(answer.agents, view)),
  ];
}

export function countsText(tasks: TaskCounts): string {
  const parts = [`${tasks.done} of ${tasks.total} done`];
  for (const state of ['running', 'blocked', 'waiting', 'failed', 'cancelled', 'skipped'] as const) {
    if (tasks[state] > 0) parts.push(`${tasks[state]} ${state}`);
  }
  return parts.join(', ');
}

function sprintTable(status: StatusView, view: View): readonly string[] {
  return renderTable(
    status.sprints,
    [
      { title: 'sprint', text: (sprint) => sprint.id, flexible: true },
      { title: 'phase', text: (sprint) => sprint.phase },
      { title: 'progress', text: (sprint) => progressBar(sprint.progressPercentage, 12) },
      { title: 'tasks', text: (sprint) => countsText(sprint.tasks), flexible: true },
      {
        title: 'forecast',
        text: (sprint) => (sprint.forecastCompletion === null ? '' : relativeTime(sprint.forecastCompletion, view.now)),
      },
    ],
    view.width,
  );
}

/** Agents at work, one line each, with progress bars. */
export function agentTable(agents: readonly AgentStatus[], view: View): readonly string[] {
  const columns: readonly Column<AgentStatus>[] = [
    { title: 'agent', text: (agent) => agent.agent_id, flexible: true },
    { title: 'status', text: (agent) => agent.status, paint: (cell, agent) => paintStatus(agent, cell, view.paint) },
    { title: 'progress', text: (agent) => progressBar(agent.progress_percentage, 12) },
    { title: 'task', text: (agent) => agent.current_task ?? '', flexible: true },
    {
      title: 'done',
      text: (agent) => (agent.estimated_completion === null ? '' : relativeTime(agent.estimated_completion, view.now)),
    },
    { title: 'blocked by', text: (agent) => agent.blocking_issues.join('; '), flexible: true },
  ];
  return renderTable(agents, columns, view.width);
}

const STATUS_PAINT: Readonly<Record<AgentStatus['status'], keyof Paint>> = {
  working: 'cyan',
  blocked: 'yellow',
  completed: 'green',
  error: 'red',
};

function paintStatus(agent: AgentStatus, cell: string, paint: Paint): string {
  // Heartbeats of foreign activities may carry any word.
  return Object.hasOwn(STATUS_PAINT, agent.status) ? paint[STATUS_PAINT[agent.status]](cell) : cell;
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...(title === '' ? lines : [title, ...lines.map((line) => `  ${line}`)])];
}

/** How often it has come, and who has taken notice. */
const alertNotes = ({ count, acknowledged }: AlertView): string =>
  (count === undefined ? '' : `, ${count} times`) + (acknowledged === undefined ? '' : `, acknowledged by ${acknowledged.by}`);
