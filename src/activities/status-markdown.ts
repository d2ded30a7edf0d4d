import { escapeMarkdown, markdownCode } from '../domain/markdown.ts';
import type { AgentStatus } from '../domain/agent-status.ts';
import { describeUse } from '../domain/budget.ts';
import type { BudgetView, InboxItem, StatusView, TaskCounts } from '../domain/views.ts';

/** `status.md`: where an execution stands, for people. Without the time of writing, so that the same state is the same text. */
export function toStatusMarkdown(status: StatusView): string {
  const sections = [
    `# ${escapeMarkdown(status.project ?? status.executionId)}: ${status.phase}`,
    facts(status),
    `## Tasks\n\n${table(['total', ...COUNTS], [[status.tasks.total, ...COUNTS.map((name) => status.tasks[name])].map(String)])}`,
    sprints(status),
    agents(status.agents),
    budgets(status.budgets ?? []),
    inbox(status.inbox),
    alerts(status),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const COUNTS = [
  'waiting',
  'running',
  'blocked',
  'done',
  'failed',
  'cancelled',
  'skipped',
] as const satisfies readonly (keyof TaskCounts)[];

function facts(status: StatusView): string {
  const { drained } = status.coordination;
  const lines: readonly (readonly [string, string | null])[] = [
    ['Execution', markdownCode(status.executionId)],
    ['Plan hash', status.planHash === null ? null : markdownCode(status.planHash)],
    ['Reason', status.reason === null ? null : escapeMarkdown(status.reason)],
    ['Progress', `${percent(status.progressPercentage)} ${bar(status.progressPercentage)}`],
    ['Forecast', status.forecastCompletion],
    ['Used', status.usage === undefined ? null : `${status.usage.tokens} tokens, cost ${status.usage.cost}`],
    ['Stop', drained === null ? null : `drained ${drained.done} of ${drained.of}`],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`- ${name}: ${value}`])).join('\n');
}

function budgets(views: readonly BudgetView[]): string {
  if (views.length === 0) return '';
  const rows = views.map(({ budget, kind, spent, limit, isUsedUp }) => [
    budget,
    describeUse(kind, spent, limit),
    isUsedUp ? 'used up' : '',
  ]);
  return `## Budgets\n\n${table(['budget', 'used', 'state'], rows)}`;
}

function sprints(status: StatusView): string {
  if (status.sprints.length === 0) return '';
  const rows = status.sprints.map(({ id, phase, progressPercentage, forecastCompletion, tasks }) => [
    id,
    phase,
    percent(progressPercentage),
    `${tasks.done} of ${tasks.total}`,
    forecastCompletion ?? '',
  ]);
  return `## Sprints\n\n${table(['sprint', 'phase', 'progress', 'tasks done', 'forecast'], rows)}`;
}

function agents(statuses: readonly AgentStatus[]): string {
  if (statuses.length === 0) return '';
  const rows = statuses.map((agent) => [
    agent.agent_id,
    agent.status,
    agent.current_task ?? '',
    percent(agent.progress_percentage),
    agent.estimated_completion ?? '',
    agent.blocking_issues.join('; '),
    agent.next_coordination_point ?? '',
    agent.outputs_ready.join(', '),
  ]);
  const head = [
    'agent',
    'status',
    'task',
    'progress',
    'estimated completion',
    'blocking issues',
    'next coordination point',
    'outputs ready',
  ];
  return `## Agents\n\n${table(head, rows)}`;
}

function inbox(items: readonly InboxItem[]): string {
  if (items.length === 0) return '## Inbox\n\nNothing waits on a person.';
  const rows = items.map(({ itemId, title, question, options, people, since, deadline, otherwise }) => [
    itemId,
    title,
    question,
    options.join(', '),
    people === 'anyone' ? 'anyone' : people.join(', '),
    since,
    deadline,
    otherwise,
  ]);
  return `## Inbox\n\n${table(['item', 'title', 'question', 'options', 'who', 'since', 'deadline', 'otherwise'], rows)}`;
}

function alerts({ alerts: open }: StatusView): string {
  if (open.length === 0) return '';
  return `## Alerts\n\n${open.map(({ kind, text, since }) => `- ${kind}, since ${since}: ${escapeMarkdown(text)}`).join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const percent = (value: number): string => `${Math.round(value)} %`;

function bar(value: number): string {
  const filled = Math.max(0, Math.min(20, Math.round(value / 5)));
  return `\`${'█'.repeat(filled)}${'░'.repeat(20 - filled)}\``;
}
