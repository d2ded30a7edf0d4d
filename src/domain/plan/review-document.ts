import { clip } from '../clip.ts';
import { formatDuration } from '../duration.ts';
import { describeActions, describeContingency } from '../emergencies/contingency.ts';
import type { ReadinessItem, ResolvedPlan } from '../prepared.ts';
import type { AgentProfile } from '../roster.ts';
import { describeCondition } from './condition-words.ts';
import { describeTaskBudget, listBudgets } from './plan-budgets.ts';
import type { Plan, Sprint, Task } from './plan.ts';

/** Rows of tasks in the document; the plan itself has them all. */
const MAX_TASK_ROWS = 300;
const MAX_NAMED = 20;
/** Characters before the part on authorization: the document stays below 1 MiB in any alphabet. */
const MAX_CHARACTERS = 200_000;

/**
 * What a person reviews before authorizing, in Markdown: what will be done, by whom, with what, in which order and why, and how
 * to authorize and to stop with the stock CLI. Text of the plan is escaped: it cannot pose as a part of the document.
 */
export function reviewDocument(
  resolved: ResolvedPlan,
  planHash: string,
  readiness: readonly ReadinessItem[],
  executionId = 'EXECUTION_ID',
): string {
  const { plan, authorization } = resolved;
  const taskCount = plan.sprints.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const size = `${plan.sprints.length} sprints, ${taskCount} tasks, ${resolved.agents.length} agents`;
  const content = [
    `# Authorization of ${escape(plan.project.name)}`,
    `Plan hash \`${planHash}\`: ${size}. Nothing has started yet.`,
    ...(plan.project.description === null ? [] : [escape(plan.project.description, 2_000)]),
    ...timelineText(plan.project.timeline),
    ...bullets(
      'Objectives',
      plan.objectives.map(({ id, text }) => `**${id}**: ${escape(text)}`),
    ),
    readinessSection(readiness),
    '## Sprints',
    ...sprintSections(plan.sprints, resolved),
    ...bullets(
      'Order of the sprints',
      resolved.order.map(({ before, after, reason }) => `${before} before ${after}: ${escape(reason)}`),
    ),
    ...bullets(
      'Triggers',
      plan.triggers.map(({ agent, when }) => `${agent} starts when ${describeCondition(when)}`),
    ),
    ...bullets(
      'Budgets',
      listBudgets(plan, resolved.agents).map((line) => escape(line)),
    ),
    '## Agents',
    table(['agent', 'kind', 'skills', 'capacity', 'queue', 'digest of command and program files'], resolved.agents.map(agentRow)),
    ...bullets(
      'Checks the engine runs',
      resolved.checks.map(({ id, digest }) => `${id} \`${digest}\``),
    ),
    ...emergencySections(resolved),
    ...bullets(
      'Shared resources',
      Object.entries(resolved.resources).map(([id, capacity]) => `${id}: capacity ${capacity}`),
    ),
  ].join('\n\n');
  return [
    ...(content.length <= MAX_CHARACTERS ? [content] : [clip(content, MAX_CHARACTERS), CUT]),
    '## Authorization',
    authorizationText(authorization),
    '## Commands',
    commands(planHash, executionId),
    '',
  ].join('\n\n');
}

const emergencySections = ({ plan, watched }: ResolvedPlan): string[] => [
  ...bullets(
    'Contingencies',
    (plan.contingencies ?? []).map((contingency) => escape(describeContingency(contingency))),
  ),
  ...bullets('Measures while people are asked', meanwhilesOf(plan).slice(0, MAX_NAMED)),
  ...bullets(
    'Watched while it is used',
    (watched?.targets ?? []).map(
      ({ kind, id, digest }) => `${kind} ${id}: ${digest === null ? 'by what attempts say' : `by its probe \`${digest}\``}`,
    ),
  ),
];

/** What chains have done while they are asked. */
const meanwhilesOf = ({ escalation, sprints }: Plan): string[] => [
  ...meanwhileText('the plan', escalation),
  ...sprints.flatMap((sprint) => [
    ...meanwhileText(`sprint ${sprint.id}`, sprint.escalation),
    ...sprint.tasks.flatMap((task) => meanwhileText(`task ${task.id}`, task.escalation)),
  ]),
];

const meanwhileText = (of: string, chain: Plan['escalation']): string[] =>
  chain?.meanwhile ? [`${of}: ${escape(describeActions(chain.meanwhile))}`] : [];

const CUT = '… and more than fits here: `pact show` lists everything, and the hash covers it.';

function timelineText(timeline: Plan['project']['timeline']): string[] {
  const from = timeline?.start ? ` from ${timeline.start}` : '';
  const to = timeline?.end ? ` to ${timeline.end}` : '';
  return from + to === '' ? [] : [`Planned${from}${to}.`];
}

function readinessSection(readiness: readonly ReadinessItem[]): string {
  const failed = readiness.filter(({ ok }) => !ok).length;
  const verdict = failed === 0 ? `All ${readiness.length} tests passed.` : `**${failed} of ${readiness.length} tests failed.**`;
  const rows = readiness.map(({ name, ok, detail }) => [escape(name), ok ? 'ready' : '**not ready**', escape(detail)]);
  return `## Readiness\n\n${verdict}\n\n${table(['what', 'state', 'detail'], rows)}`;
}

function sprintSections(sprints: readonly Sprint[], resolved: ResolvedPlan): string[] {
  let left = MAX_TASK_ROWS;
  return sprints.flatMap((sprint) => {
    const shown = sprint.tasks.slice(0, left);
    left -= shown.length;
    const rows = shown.map((task) => taskRow(task, sprint, resolved));
    const more = sprint.tasks.length - shown.length;
    const duration = sprint.durationMs === null ? '' : `, planned for ${formatDuration(sprint.durationMs)}`;
    const waitsFor = resolved.order.filter(({ after }) => after === sprint.id).map(({ before }) => before);
    return [
      `### ${sprint.id}: ${escape(sprint.title)}`,
      `${waitsFor.length === 0 ? 'Starts at once' : `After ${waitsFor.join(', ')}`}${duration}.`,
      ...(rows.length === 0
        ? []
        : [table(['task', 'title', 'who', 'after', 'deliverables', 'resources and paths', 'limits'], rows)]),
      ...(more === 0 ? [] : [`… and ${more} more: \`pact show\` lists them all, and the hash covers them.`]),
      ...sprint.checkpoints.map(
        ({ id, after, agents }) => `Checkpoint **${id}** after ${after.join(', ')}: ${agents.join(', ')} meet.`,
      ),
    ];
  });
}

function taskRow(task: Task, sprint: Sprint, { agents }: ResolvedPlan): string[] {
  const able = agents.filter(
    ({ id, skills }) => sprint.agents.includes(id) && task.skills.every((skill) => skills.includes(skill)),
  );
  const names = able.map(({ id }) => id);
  const who =
    task.agent ?? `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} (by skill and load)`;
  const { timeMs, attempts } = task.budget;
  const limit = timeMs === null ? 'no time limit' : formatDuration(timeMs);
  return [
    task.id,
    escape(task.title),
    who,
    listed(
      task.dependsOn.map((on) => on.task),
      10,
    ),
    listed(task.deliverables.map(({ id, path }) => `${id} (${escape(path)})`)),
    listed([...task.resources.map(({ id, mode }) => `${id} ${mode}`), ...task.paths.map((path) => escape(path))]),
    `${limit}, ${attempts} attempt${attempts === 1 ? '' : 's'}${budgetOf(task)}${checksOf(task)}`,
  ];
}

const listed = (names: readonly string[], most = MAX_NAMED): string =>
  names.slice(0, most).join(', ') + (names.length > most ? `, … (${names.length})` : '');

function budgetOf(task: Task): string {
  const words = describeTaskBudget(task);
  return words === '' ? '' : `, ${words}`;
}

const checksOf = ({ checks }: Task): string => (checks.length === 0 ? '' : `, checked by ${checks.join(', ')}`);

const agentRow = (agent: AgentProfile): string[] => [
  agent.id,
  agent.human === null
    ? agent.kind
    : `${agent.kind}: ${peopleOf(agent.human.people)}, ${formatDuration(agent.human.withinMs)}, else ${agent.human.otherwise}`,
  agent.skills.map((skill) => escape(skill)).join(', '),
  String(agent.capacity),
  escape(agent.queue),
  `\`${agent.digest}\``,
];

const peopleOf = (people: readonly string[] | 'anyone'): string =>
  people === 'anyone' ? 'anyone' : people.map((name) => escape(name)).join(', ');

function authorizationText({ mode, approvers, required, expiresMs }: ResolvedPlan['authorization']): string {
  const who = mode === 'anyone' ? 'anyone who gives a name' : approvers.map((name) => escape(name)).join(', ');
  return `Needed: ${required} of ${who}. Without it the plan is rejected after ${formatDuration(expiresMs)}.`;
}

/** Ids of executions are free: single quotes around them, and within the JSON nothing of the plan. */
function commands(planHash: string, executionId: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const id = quoted(executionId);
  const decision = { by: 'YOUR NAME', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  const signal = (name: string, input: object): string =>
    `temporal workflow signal --workflow-id ${id} --name ${name} --input ${quoted(JSON.stringify(input))}`;
  return [
    'Authorize (`"decision":"reject"` refuses):',
    `\`\`\`sh\n${signal('authorize', decision)}\n\`\`\``,
    'Emergency stop, which halts every agent at any time, whatever its input says:',
    `\`\`\`sh\n${signal('emergencyStop', { by: 'YOUR NAME', reason: 'WHY' })}\n\`\`\``,
  ].join('\n\n');
}

const bullets = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, lines.map((line) => `- ${line}`).join('\n')];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Text of a plan on one line, its Markdown and HTML without effect, at most `most` characters. */
export function escape(text: string, most = 300): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  const cut = line.length > most ? `${line.slice(0, most - 1)}…` : line;
  return cut
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]#|!~]/g, String.raw`\$&`);
}
