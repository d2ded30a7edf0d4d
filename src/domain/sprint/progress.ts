import { toUsage } from '../budget.ts';
import type { AgentStatus } from '../agent-status.ts';
import type {
  AgentUsage,
  AlertView,
  BudgetView,
  CoordinationView,
  DecisionView,
  InboxItem,
  TaskCounts,
  TaskView,
} from '../views.ts';
import { estimateOf, type Task } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import { toAgentUsages, toBudgetViews, toTaskBudgets } from './budget-views.ts';
import { isDeclared } from './lease-needs.ts';
import { toEmergencyViews } from './emergency-views.ts';
import { toMessagesView } from './mail-view.ts';
import { forecastEnd } from './forecast.ts';
import { isAtWork, isFinal, type AgentRun, type CheckpointRun, type SprintPhase } from './state.ts';
import { taskRun, toIso, type Sprint } from './turn.ts';

/** How a sprint stands: what its parent, its queries and its details show. */
export interface SprintProgress {
  readonly sprintId: string;
  readonly phase: SprintPhase;
  readonly reason: string | null;
  readonly progressPercentage: number;
  readonly forecastCompletion: string | null;
  readonly tasks: TaskCounts;
  readonly agents: readonly AgentStatus[];
  readonly alerts: readonly AlertView[];
  readonly inbox: readonly InboxItem[];
  readonly coordination: CoordinationView;
  /** This sprint's share: what it has used and been given, `limit` as declared. Absent without budgets. */
  readonly budgets?: readonly BudgetView[];
  readonly usage?: readonly AgentUsage[];
  /** The last 20 that people have added to budgets. */
  readonly topUps?: readonly DecisionView[];
}

const MAX_LEASES_SHOWN = 100;

export function toProgress(sprint: Sprint, maxAgents: number): SprintProgress {
  const { definition, index, state } = sprint;
  const messages = toMessagesView(state);
  const budgets = toBudgetViews(sprint, 'own');
  const usage = toAgentUsages(sprint);
  const emergencies = toEmergencyViews(sprint);
  return {
    sprintId: definition.sprint.id,
    phase: state.phase,
    reason: state.reason,
    progressPercentage: toPercentage(sprint),
    forecastCompletion: isFinal(state.phase) ? null : toIso(forecastEnd(sprint)),
    tasks: countTasks(sprint),
    agents: toAgentStatuses(sprint).slice(0, maxAgents),
    alerts: state.alerts,
    inbox: listInbox(sprint),
    coordination: {
      checkpoints: definition.sprint.checkpoints.map(({ id }, number) => ({
        id,
        sprint: definition.sprint.id,
        state: (state.checkpoints[number] as CheckpointRun).state,
      })),
      leases: listLeases(sprint).slice(0, MAX_LEASES_SHOWN),
      inactiveAgents: index.agents.flatMap(({ id }, number) => ((state.agents[number] as AgentRun).active ? [] : [id])),
      drained: state.drain,
      ...(messages === null ? {} : { messages }),
      ...(emergencies.length === 0 ? {} : { emergencies }),
    },
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(usage.length === 0 ? {} : { usage }),
    ...(state.budgets?.topUps.length ? { topUps: state.budgets.topUps } : {}),
  };
}

export const listInbox = ({ state }: Sprint): InboxItem[] =>
  Object.values(state.inbox).map(({ deadlineMs: _deadlineMs, ...item }) => item);

function countTasks({ state }: Sprint): TaskCounts {
  const counts = { total: state.tasks.length, waiting: 0, running: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const run of state.tasks) counts[run.state] += 1;
  return counts;
}

/** By estimated work: what has ended, plus what running attempts report of theirs. 0–100, one decimal. */
function toPercentage({ index, state }: Sprint): number {
  let doneMs = state.work.endedMs;
  for (const [number, run] of state.tasks.entries()) {
    if (!isAtWork(run.state)) continue;
    doneMs += (estimateOf(index.tasks[number] as Task) * (run.status as AgentStatus).progress_percentage) / 100;
  }
  if (state.ended === state.tasks.length) return 100;
  return Math.floor((1000 * doneMs) / Math.max(1, state.work.totalMs)) / 10;
}

/** One status per attempt at work, then one per idle agent: blocked while it waits for something, completed when nothing is left. */
export function toAgentStatuses(sprint: Sprint): AgentStatus[] {
  const { index, state } = sprint;
  const statuses: AgentStatus[] = [];
  for (const run of state.tasks) if (isAtWork(run.state)) statuses.push(run.status as AgentStatus);
  for (const [number, { id }] of index.agents.entries()) {
    if ((state.agents[number] as AgentRun).busy === 0) statuses.push(toIdleStatus(sprint, number, id));
  }
  return statuses;
}

function toIdleStatus({ state }: Sprint, number: number, id: string): AgentStatus {
  const agent = state.agents[number] as AgentRun;
  const isOver = isFinal(state.phase);
  const idle: AgentStatus = {
    agent_id: id,
    status: 'completed',
    current_task: null,
    progress_percentage: 100,
    estimated_completion: null,
    blocking_issues: [],
    next_coordination_point: null,
    outputs_ready: [],
  };
  if (agent.last) return agent.last;
  if (isOver) return idle;
  const issue = !agent.active ? 'waits for its trigger' : !agent.available ? 'unavailable' : 'waits for a task that it can do';
  return { ...idle, status: 'blocked', progress_percentage: 0, blocking_issues: [issue] };
}

function listLeases({ index, state }: Sprint) {
  return state.resources.flatMap(({ held }, number) => {
    const resource = index.resourceIds[number] as string;
    if (!isDeclared(resource)) return [];
    return held.map(({ task, mode, token }) => ({ resource, task: (index.tasks[task] as Task).id, mode, token }));
  });
}

export function toTaskView(sprint: Sprint, number: number): TaskView {
  const { definition, index } = sprint;
  const task = index.tasks[number] as Task;
  const run = taskRun(sprint, number);
  const agent = run.agent === null ? null : (index.agents[run.agent] as AgentProfile).id;
  const budgets = toTaskBudgets(sprint, number);
  return {
    id: task.id,
    sprint: definition.sprint.id,
    title: task.title,
    state: run.state,
    priority: run.priority,
    agent_id: agent,
    attempts: run.attempt,
    startedAt: run.startedAt === null ? null : toIso(run.startedAt),
    endedAt: run.endedAt === null ? null : toIso(run.endedAt),
    plannedMs: task.estimateMs,
    actualMs: run.startedAt !== null && run.endedAt !== null ? run.endedAt - run.startedAt : null,
    reason: run.reason,
    deliverables: run.deliverables,
    ...(run.usage === undefined ? {} : { usage: toUsage(run.usage) }),
    ...(budgets.length === 0 ? {} : { budgets }),
  };
}
