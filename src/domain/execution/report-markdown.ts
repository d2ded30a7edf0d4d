import { describeUse, type Usage } from '../budget.ts';
import { formatDuration } from '../duration.ts';
import { escapeMarkdown, markdownCode, markdownSection, markdownTable } from '../markdown.ts';
import type { EmergencyView } from '../views.ts';
import type { ExecutionReport } from './report.ts';

/** The report for people: what was planned and done, by whom, what came of it, and who allowed it. */
export function toReportMarkdown(report: ExecutionReport): string {
  const { totals } = report;
  return [
    `# ${escapeMarkdown(report.project ?? report.executionId)}: ${report.phase}`,
    '',
    `Execution ${markdownCode(report.executionId)}, plan hash ${markdownCode(report.planHash ?? 'none')}, from ${report.startedAt} to ${report.endedAt ?? 'now'}.`,
    ...(report.timeline
      ? ['', `Planned from ${report.timeline.start ?? 'any time'} to ${report.timeline.end ?? 'any time'}.`]
      : []),
    ...(report.reason ? ['', escapeMarkdown(report.reason)] : []),
    '',
    `${totals.done} of ${totals.tasks} tasks done. Planned work ${formatDuration(totals.plannedMs)}, actual ${formatDuration(totals.actualMs)}.`,
    ...markdownSection(
      'Left out of this report',
      (report.omitted ?? []).map((text) => `- ${escapeMarkdown(text)}`),
    ),
    ...markdownSection(
      'Objectives',
      report.objectives.map(({ id, text }) => `- **${escapeMarkdown(id)}**: ${escapeMarkdown(text)}`),
    ),
    ...markdownSection('Authorization', [
      ...report.authorizations.map(
        ({ by, at, decision, note }) =>
          `- ${escapeMarkdown(by)}: ${decision} at ${at}${note ? ` (${escapeMarkdown(note)})` : ''}`,
      ),
      ...report.refusals.map(
        ({ at, by, type, message }) =>
          `- refused at ${at}: ${escapeMarkdown(by ?? 'somebody')}: ${type}: ${escapeMarkdown(message)}`,
      ),
    ]),
    ...markdownSection(
      'Amendments',
      (report.revisions ?? []).flatMap(({ revision, at, by, state, differences, rejection }) => [
        `- revision ${revision} by ${escapeMarkdown(by)} at ${at}: ${rejection ? escapeMarkdown(rejection) : state === 'inForce' ? 'in force' : 'not decided on'}`,
        ...differences.map((text) => `  - ${escapeMarkdown(text)}`),
      ]),
    ),
    ...markdownSection(
      'Readiness',
      report.readiness.map(
        ({ name, ok, detail }) => `- ${ok ? 'ok' : 'NOT OK'} ${escapeMarkdown(name)}: ${escapeMarkdown(detail)}`,
      ),
    ),
    ...markdownSection('Tasks', taskTable(report)),
    ...markdownSection('Usage and budgets', usageLines(report)),
    ...markdownSection('Deliverables', deliverableTable(report)),
    ...markdownSection('Emergencies', (report.emergencies ?? []).flatMap(emergencyLines)),
    ...markdownSection('Messages between agents', messageLines(report)),
    ...markdownSection(
      'Decisions',
      report.decisions.map(({ at, text }) => `- ${at} ${escapeMarkdown(text)}`),
    ),
    '',
  ].join('\n');
}

const span = (ms: number | null): string => (ms === null ? '' : formatDuration(ms));

function usageLines({ tasks, usage, budgets = [], topUps = [] }: ExecutionReport): string[] {
  const words = (of: Usage): string => `${of.tokens} tokens, cost ${of.cost}`;
  return [
    ...(usage ? [`- in all: ${words(usage)}`] : []),
    ...(usage?.sprints ?? []).map((sprint) => `- sprint ${escapeMarkdown(sprint.id)}: ${words(sprint)}`),
    ...(usage?.agents ?? []).map((agent) => `- agent ${escapeMarkdown(agent.agent_id)}: ${words(agent)}`),
    ...tasks.flatMap(({ id, usage: used }) => (used ? [`- task ${escapeMarkdown(id)}: ${words(used)}`] : [])),
    ...budgets.map(({ budget, kind, spent, limit }) => `- budget ${escapeMarkdown(budget)}: ${describeUse(kind, spent, limit)}`),
    ...topUps.map(({ at, text }) => `- ${at} ${escapeMarkdown(text)}`),
  ];
}

function taskTable({ tasks }: ExecutionReport): string[] {
  const rows = tasks.map(({ id, sprint, agent_id, state, attempts, plannedMs, actualMs, reason }) => [
    ...[id, sprint ?? '', agent_id ?? '', state, String(attempts)].map(escapeMarkdown),
    span(plannedMs),
    span(actualMs),
    escapeMarkdown(reason ?? ''),
  ]);
  const head = ['task', 'sprint', 'agent', 'state', 'attempts', 'planned', 'actual', 'remark'];
  return markdownTable(head, ['---', '---', '---', '---', '---:', '---:', '---:', '---'], rows);
}

const emergencyLines = ({ kind, id, sprint, since, endedAt, text, measures }: EmergencyView): string[] => [
  `- ${kind} of ${escapeMarkdown(id)}${sprint === null ? '' : ` in sprint ${escapeMarkdown(sprint)}`}, from ${since} to ${endedAt ?? 'the end'}: ${escapeMarkdown(text)}`,
  ...measures.map((measure) => `  - ${escapeMarkdown(measure)}`),
];

function messageLines({ messages }: ExecutionReport): string[] {
  if (messages === undefined) return [];
  const { sent, perTask, bytes, delivered, dropped, unanswered, medianDeliveryMs } = messages;
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
  return [
    `- ${sent} sent (${perTask} per task, ${bytes} bytes), ${delivered} delivered, ${unanswered} requests unanswered`,
    ...(reasons.length === 0 ? [] : [`- dropped: ${reasons.join(', ')}`]),
    ...(medianDeliveryMs === null
      ? []
      : [`- time of delivery to running agents: ${formatDuration(Math.round(medianDeliveryMs))} in the median`]),
  ];
}

function deliverableTable({ tasks }: ExecutionReport): string[] {
  const rows = tasks.flatMap((task) =>
    task.deliverables.map(({ id, path, sha256, size }) => [
      escapeMarkdown(task.id),
      escapeMarkdown(id),
      escapeMarkdown(path),
      String(size),
      markdownCode(sha256),
    ]),
  );
  return markdownTable(['task', 'deliverable', 'path', 'bytes', 'SHA-256'], ['---', '---', '---', '---:', '---'], rows);
}
