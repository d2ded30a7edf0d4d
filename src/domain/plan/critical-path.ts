import { elementAt } from '../lookup.ts';
import { createNetwork, type Network } from './network.ts';
import { measureTimes } from './path-times.ts';
import { estimateOf, type Plan, type Task } from './plan.ts';

/** Times of the critical path method, in ms from the start of the plan, with no limit of agents. */
export interface TaskTimes {
  readonly task: Task;
  readonly sprint: string;
  readonly estimateMs: number;
  readonly earliestStartMs: number;
  /** Longest path from the start of this task to the end of the plan, its own estimate included. */
  readonly tailMs: number;
  /** How much later it may end without delaying the plan. */
  readonly slackMs: number;
  /** Longest chain of dependencies before it within its sprint, from 0. */
  readonly level: number;
}

export interface CriticalPath {
  readonly lengthMs: number;
  /** Ids of the tasks of one longest path, in order. */
  readonly path: readonly string[];
  /** By task id, in the order of the plan. */
  readonly times: ReadonlyMap<string, TaskTimes>;
}

/**
 * Critical path method over the whole plan, O(n + m); sprints are barriers. For one sprint give a plan of that sprint alone.
 * @param order Sprints that wait for others, of `sequenceSprints`; the declared ones when left out.
 * @throws Error when the plan has a cycle, which `parsePlan` refuses.
 */
export function findCriticalPath(
  plan: Plan,
  order?: readonly { readonly before: string; readonly after: string }[],
): CriticalPath {
  const tasks = plan.sprints.flatMap((sprint, index) => sprint.tasks.map((task) => ({ task, sprint: index })));
  const network = networkOf(plan, tasks, order);
  if (network.order.length < network.predecessors.length)
    throw new Error('The plan has a dependency cycle: it was not read by parsePlan');
  const durations = Array.from(network.predecessors, () => 0);
  for (const [node, { task }] of tasks.entries()) durations[node] = estimateOf(task);
  const { startMs: starts, tailMs: tails } = measureTimes(network.order, network.predecessors, durations);
  const levels = new Array<number>(durations.length).fill(0);
  for (const node of network.order) {
    for (const before of elementAt(network.predecessors, node)) {
      const isTaskOfSprint = node < network.taskCount && tasks[before]?.sprint === tasks[node]?.sprint;
      if (isTaskOfSprint) levels[node] = Math.max(elementAt(levels, node), elementAt(levels, before) + 1);
    }
  }
  const lengthMs = starts.reduce((most, start, node) => Math.max(most, start + elementAt(durations, node)), 0);
  const times = new Map(
    tasks.map(({ task, sprint }, node): [string, TaskTimes] => {
      const [earliestStartMs, tailMs] = [elementAt(starts, node), elementAt(tails, node)];
      const slackMs = lengthMs - earliestStartMs - tailMs;
      const place = { sprint: elementAt(plan.sprints, sprint).id, level: elementAt(levels, node) };
      return [task.id, { task, estimateMs: elementAt(durations, node), earliestStartMs, tailMs, slackMs, ...place }];
    }),
  );
  return { lengthMs, path: longestPath(network, tasks, starts, durations), times };
}

function networkOf(
  plan: Plan,
  tasks: readonly { task: Task; sprint: number }[],
  order: Parameters<typeof findCriticalPath>[1],
): Network {
  const indexById = new Map(tasks.map(({ task }, index) => [task.id, index]));
  const sprintById = new Map(plan.sprints.map(({ id }, index) => [id, index]));
  const befores = plan.sprints.map(
    ({ id, dependsOn }) => order?.filter(({ after }) => after === id).map(({ before }) => before) ?? dependsOn,
  );
  return createNetwork(
    tasks.map(({ task, sprint }) => ({ sprint, dependsOn: task.dependsOn.flatMap((on) => indexById.get(on.task) ?? []) })),
    befores.map((ids) => ids.flatMap((id) => sprintById.get(id) ?? [])),
  );
}

/** Back from a task that ends last over predecessors that end when it starts, tasks before barriers. */
function longestPath(
  network: Network,
  tasks: readonly { task: Task }[],
  starts: readonly number[],
  durations: readonly number[],
): string[] {
  const endMs = (node: number): number => elementAt(starts, node) + elementAt(durations, node);
  let node: number | undefined;
  for (const index of tasks.keys()) if (node === undefined || endMs(index) > endMs(node)) node = index;
  const path: string[] = [];
  while (node !== undefined) {
    const task = tasks[node]?.task;
    if (task !== undefined) path.push(task.id);
    const startMs = elementAt(starts, node);
    const tight: number[] = elementAt(network.predecessors, node).filter((before) => endMs(before) === startMs);
    node = tight.find((before) => before < network.taskCount) ?? tight[0];
  }
  return path.toReversed();
}
