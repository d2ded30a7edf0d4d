import { formatDuration } from '../duration.ts';
import type { StatusView } from '../views.ts';
import type { ExecutionReport } from './report.ts';

/** The report for people: what was planned and done, by whom, what came of it, and who allowed it. */
export function toReportMarkdown(report: ExecutionReport): string {
  return [
    `# ${escape(report.project ?? report.executionId)}: ${report.phase}`,
    '',
    `Execution \`${report.executionId}\`, plan hash \`${report.planHash ?? 'none'}\`, from ${report.startedAt} to ${report.endedAt ?? 'now'}.`,
    report.reason ? `\n${escape(report.reason)}` : '',
    '',
    `${report.totals.done} of ${report.totals.tasks} tasks done. Planned work ${formatDuration(report.totals.plannedMs)}, actual ${formatDuration(report.totals.actualMs)}.`,
    ...section('Objectives', report.objectives.map(({ id, text }) => `- **${id}**: ${escape(text)}`)),
    ...section('Authorization', [
      ...report.authorizations.map(({ by, at, decision, note }) => `- ${escape(by)}: ${decision} at ${at}${note ? ` (${escape(note)})` : ''}`),
      ...report.refusals.map(({ at, by, type, message }) => `- refused at ${at}: ${escape(by ?? 'somebody')}: ${type}: ${escape(message)}`),
    ]),
    ...section('Readiness', report.readiness.map(({ name, ok, detail }) => `- ${ok ? 'ok' : 'NOT OK'} ${escape(name)}: ${escape(detail)}`)),
    ...section('Tasks', taskTable(report)),
    ...section('Deliverables', deliverableTable(report)),
    ...section('Decisions', report.decisions.map(({ at, text }) => `- ${at} ${escape(text)}`)),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]);

/** Text of agents and people inside a table or a list of Markdown. */
const escape = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');

const span = (ms: number | null): string => (ms === null ? '' : formatDuration(ms));

function taskTable({ tasks }: ExecutionReport): string[] {
  return [
    '| task | sprint | agent | state | attempts | planned | actual | remark |',
    '|---|---|---|---|---:|---:|---:|---|',
    ...tasks.map((task) => {
      const cells = [task.id, task.sprint, task.agent_id ?? '', task.state, task.attempts, span(task.plannedMs), span(task.actualMs), escape(task.reason ?? '')];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function deliverableTable({ tasks }: ExecutionReport): string[] {
  const rows = tasks.flatMap((task) =>
    task.deliverables.map(({ id, path, sha256, size }) => `| ${task.id} | ${String(id)} | ${escape(String(path))} | ${String(size)} | \`${String(sha256)}\` |`),
  );
  return rows.length === 0 ? [] : ['| task | deliverable | path | bytes | SHA-256 |', '|---|---|---|---:|---|', ...rows];
}

/** The state in Markdown, for the current details in the Temporal UI. At most 20,000 bytes there, so the lists are short. */
export function toDetailsMarkdown(status: StatusView): string {
  const { phase, reason, progressPercentage, forecastCompletion, tasks } = status;
  return [
    `**${phase}**${reason ? ` (${escape(reason).slice(0, 300)})` : ''}, ${progressPercentage} %, done ${tasks.done} of ${tasks.total}, running ${tasks.running}, blocked ${tasks.blocked}, failed ${tasks.failed}`,
    forecastCompletion ? `\nexpected to end at ${forecastCompletion}` : '',
    ...section('Waiting for people', status.inbox.slice(0, 10).map((item) => `- \`${item.itemId}\` ${escape(item.title).slice(0, 200)} (until ${item.deadline}: ${item.otherwise})`)),
    ...section('Agents', agentTable(status)),
  ].join('\n');
}

function agentTable({ agents }: StatusView): string[] {
  const rows = agents.slice(0, 40).map((agent) => `| ${agent.agent_id} | ${agent.status} | ${agent.current_task ?? ''} | ${agent.progress_percentage} |`);
  return rows.length === 0 ? [] : ['| agent | status | task | % |', '|---|---|---|---:|', ...rows];
}
