import { formatDuration } from '../duration.ts';
import { elementAt, entryOf } from '../lookup.ts';
import { describeCondition } from './condition-words.ts';
import { describeTaskBudget, listBudgets } from './plan-budgets.ts';
import type { Plan, Sprint, Task } from './plan.ts';
import { type Schedule, scheduleByList } from './list-schedule.ts';
import type { RosterAgent } from './roster-facts.ts';

/** What `pact show --json` prints. Times in ms from the start of the plan. */
export interface PlanView {
  readonly project: string;
  readonly sprints: readonly SprintView[];
  readonly criticalPath: { readonly lengthMs: number; readonly tasks: readonly string[] };
  readonly estimate: { readonly makespanMs: number; readonly workMs: number; readonly tasksWithoutEstimate: number };
  /** `busyPercentage`: of the agent's capacity over the whole estimate. */
  readonly agents: readonly {
    readonly agent_id: string;
    readonly tasks: number;
    readonly workMs: number;
    readonly busyPercentage: number;
  }[];
  readonly order: Schedule['sequence']['order'];
  /** Of plan, sprints and agents, in words. */
  readonly budgets: readonly string[];
}

export interface SprintView {
  readonly id: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly tasks: readonly TaskView[];
  readonly checkpoints: readonly { readonly id: string; readonly after: readonly string[]; readonly agents: readonly string[] }[];
}

export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly level: number;
  readonly dependsOn: readonly string[];
  readonly agent_id: string;
  readonly why: string;
  readonly estimateMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly slackMs: number;
  readonly isCritical: boolean;
}

/** The plan as it would go: graph, critical path, who would do what and why. */
export function toPlanView(plan: Plan, roster: readonly RosterAgent[]): PlanView {
  const schedule = scheduleByList(plan, roster);
  const { criticalPath, assignments, makespanMs } = schedule;
  const tasks = plan.sprints.flatMap((sprint) => sprint.tasks);
  return {
    project: plan.project.name,
    sprints: plan.sprints.map((sprint) => toSprintView(sprint, schedule)),
    criticalPath: { lengthMs: criticalPath.lengthMs, tasks: criticalPath.path },
    estimate: {
      makespanMs,
      workMs: assignments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
      tasksWithoutEstimate: tasks.filter(({ estimateMs }) => estimateMs === null).length,
    },
    agents: roster.map(({ id, capacity }) => {
      const own = assignments.filter(({ agent }) => agent === id);
      const workMs = own.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
      return {
        agent_id: id,
        tasks: own.length,
        workMs,
        busyPercentage: makespanMs === 0 ? 0 : Math.round((100 * workMs) / (makespanMs * capacity)),
      };
    }),
    order: schedule.sequence.order,
    budgets: listBudgets(plan, roster),
  };
}

function toSprintView(sprint: Sprint, { assignments, criticalPath, sequence }: Schedule): SprintView {
  const onPath = new Set(criticalPath.path);
  const own = assignments.filter((assignment) => assignment.sprint === sprint.id);
  const tasks = own.map(({ task, agent, reason, startMs, endMs }): TaskView => {
    const times = entryOf(criticalPath.times, task.id);
    const place = {
      level: times.level,
      slackMs: times.slackMs,
      estimateMs: endMs - startMs,
      isCritical: onPath.has(task.id),
    };
    const dependsOn = task.dependsOn.map((on) => on.task);
    return { id: task.id, title: task.title, dependsOn, agent_id: agent, why: reason, startMs, endMs, ...place };
  });
  tasks.sort((a, b) => a.level - b.level || a.startMs - b.startMs);
  const after = sequence.order.filter((edge) => edge.after === sprint.id).map(({ before }) => before);
  return { id: sprint.id, title: sprint.title, after, tasks, checkpoints: sprint.checkpoints };
}

/** The view as text: sprints with their tasks by level, then critical path, estimate and agents. */
export function showPlan(plan: Plan, roster: readonly RosterAgent[]): string {
  const view = toPlanView(plan, roster);
  const { estimate, criticalPath } = view;
  const count = view.sprints.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const forced = view.order.filter(({ reason }) => reason !== 'the plan says so');
  const guessed = estimate.tasksWithoutEstimate;
  const guess =
    guessed === 0 ? '' : `; ${plural(guessed, 'task')} without an estimate ${guessed === 1 ? 'counts' : 'count'} as 10m`;
  const work = formatDuration(estimate.workMs);
  const size = [plural(view.sprints.length, 'sprint'), plural(count, 'task'), plural(view.agents.length, 'agent')].join(', ');
  return [
    `${toLine(view.project)}: ${size}`,
    ...view.sprints.flatMap((sprint) => ['', ...sprintLines(sprint)]),
    '',
    ...section(
      'In order because of what they share',
      forced.map(({ before, after, reason }) => `${before} before ${after}: ${reason}`),
    ),
    ...section(
      'Triggers',
      plan.triggers.map(({ agent, when }) => `${agent} starts when ${describeCondition(when)}`),
    ),
    ...section('Budgets', listBudgets(plan, roster)),
    ...section(
      'Budgets of tasks',
      plan.sprints.flatMap(({ tasks }) => tasks.flatMap(budgetLine)),
    ),
    `Critical path  ${formatDuration(criticalPath.lengthMs)}: ${abridge(criticalPath.tasks).join(' → ')}`,
    `Estimate       ${formatDuration(estimate.makespanMs)} with these agents, for ${work} of work${guess}`,
    '               leases, checkpoints, triggers, failures and late answers come on top',
    '',
    'Agents',
    ...columns(
      view.agents.map((agent) => [
        `  ${agent.agent_id}`,
        plural(agent.tasks, 'task'),
        formatDuration(agent.workMs),
        `${agent.busyPercentage}% busy`,
      ]),
    ),
    '',
  ].join('\n');
}

function sprintLines(sprint: SprintView): string[] {
  const title = sprint.title === sprint.id ? '' : ` "${toLine(sprint.title)}"`;
  const after = sprint.after.length === 0 ? '' : `, after ${sprint.after.join(', ')}`;
  const rows = sprint.tasks.map((task) => [
    `${'  '.repeat(Math.min(task.level, 8) + 1)}${task.isCritical ? '*' : '-'} ${task.id}`,
    formatDuration(task.estimateMs),
    task.agent_id,
    task.why,
    task.dependsOn.length === 0 ? '' : `after ${abridge(task.dependsOn).join(', ')}`,
  ]);
  const checkpoints = sprint.checkpoints.map(
    ({ id, after: tasks, agents }) => `  = checkpoint ${id} after ${tasks.join(', ')}: ${agents.join(', ')} meet`,
  );
  return [`Sprint ${sprint.id}${title}${after}   (* on the critical path)`, ...columns(rows), ...checkpoints];
}

function budgetLine(task: Task): string[] {
  const words = describeTaskBudget(task);
  return words === '' ? [] : [`${task.id}: ${words}`];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Control characters of a plan must not reach a terminal. */
const toLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

const abridge = (ids: readonly string[]): readonly string[] =>
  ids.length <= 30 ? ids : [...ids.slice(0, 20), `… ${ids.length - 25} more …`, ...ids.slice(-5)];

/** Rows as aligned columns, each as wide as its widest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [place, cell] of row.entries()) widths[place] = Math.max(widths[place] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, place) => cell.padEnd(elementAt(widths, place)))
      .join('  ')
      .trimEnd(),
  );
}
