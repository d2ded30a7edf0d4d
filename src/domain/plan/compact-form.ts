import { jsonBytes } from '../json-size.ts';
import { elementAt } from '../lookup.ts';
import { oncePerTask } from './once-per-task.ts';
import type { JsonObject, Plan, Task } from './plan.ts';

/**
 * A normalised plan without the defaults of its tasks, about a fifth of the size: 10,000 tasks fit into one payload.
 * `fromCompact(toCompact(plan))` equals the plan.
 */
export interface CompactPlan {
  readonly plan: Plan;
  /** For each sprint its tasks, each with its id and what differs from the defaults. */
  readonly tasks: readonly (readonly JsonObject[])[];
}

const defaultsOf = (id: string): Task => ({
  id,
  title: id,
  description: null,
  agent: null,
  skills: [],
  dependsOn: [],
  deliverables: [],
  estimateMs: null,
  priority: 'normal',
  paths: [],
  resources: [],
  input: {},
  checks: [],
  budget: { timeMs: null, attempts: 3 },
  stallAfterMs: null,
});

/** The parts share the plan's data; nothing is copied deeply. */
export function toCompact(plan: Plan): CompactPlan {
  const tasks = plan.sprints.map((sprint) => sprint.tasks.map(withoutDefaults));
  return { plan: { ...plan, sprints: plan.sprints.map((sprint) => ({ ...sprint, tasks: [] })) }, tasks };
}

/** Bytes of a task in its compact form. */
const sizeOf = oncePerTask((task) => jsonBytes(withoutDefaults(task)));

/** Bytes of the plan in its compact form as JSON. */
export function compactBytes(plan: Plan): number {
  const empty = toCompact({ ...plan, sprints: plan.sprints.map((sprint) => ({ ...sprint, tasks: [] })) });
  const commas = plan.sprints.reduce((sum, { tasks }) => sum + Math.max(0, tasks.length - 1), 0);
  const ofTasks = plan.sprints.reduce((sum, { tasks }) => tasks.reduce((bytes, task) => bytes + sizeOf(task), sum), 0);
  return jsonBytes(empty) + commas + ofTasks;
}

export function fromCompact({ plan, tasks }: CompactPlan): Plan {
  const filled = tasks.map((ofSprint) =>
    ofSprint.map((task) => ({ ...defaultsOf(String(task['id'])), ...withDependencies(task) }) as Task),
  );
  return { ...plan, sprints: plan.sprints.map((sprint, index) => ({ ...sprint, tasks: elementAt(filled, index) })) };
}

function withoutDefaults(task: Task): JsonObject {
  const defaults: Readonly<Record<string, unknown>> = { ...defaultsOf(task.id), id: null };
  const differing = Object.entries(task).filter(([name, value]) => !isSame(value, defaults[name]));
  const compact = Object.fromEntries(differing) as JsonObject;
  return task.dependsOn.length === 0 ? compact : { ...compact, dependsOn: task.dependsOn.map((on) => on.task) };
}

/** Equal JSON; most values are equal at first sight, or texts and numbers, which are not when they are not identical. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** `finished` is the only `until` of this version. */
function withDependencies(task: JsonObject): JsonObject {
  const dependsOn = task['dependsOn'];
  return Array.isArray(dependsOn) ? { ...task, dependsOn: dependsOn.map((id) => ({ task: id, until: 'finished' })) } : task;
}
