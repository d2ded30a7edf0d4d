import { elementAt } from '../lookup.ts';

/**
 * The plan as an activity-on-node network: nodes 0…n-1 are the tasks, then a start and an end for each sprint, so that n tasks
 * and the order of sprints stay O(n + m) edges.
 */
export interface Network {
  readonly taskCount: number;
  readonly predecessors: readonly (readonly number[])[];
  /** Topological (Kahn). Shorter than the number of nodes when there is a cycle. */
  readonly order: readonly number[];
  readonly endOf: (sprint: number) => number;
}

export interface NetworkTask {
  /** Index of its sprint. */
  readonly sprint: number;
  /** Indexes of the tasks it waits for. */
  readonly dependsOn: readonly number[];
}

/** @param sprintEdges For each sprint the indexes of those before it. */
export function createNetwork(tasks: readonly NetworkTask[], sprintEdges: readonly (readonly number[])[]): Network {
  const taskCount = tasks.length;
  const startOf = (sprint: number): number => taskCount + sprint;
  const endOf = (sprint: number): number => taskCount + sprintEdges.length + sprint;
  const ends = sprintEdges.map((_, sprint) => [startOf(sprint)]);
  for (const [index, task] of tasks.entries()) ends[task.sprint]?.push(index);
  const predecessors = [
    ...tasks.map((task) => [startOf(task.sprint), ...task.dependsOn]),
    ...sprintEdges.map((before) => before.map(endOf)),
    ...ends,
  ];
  return { taskCount, predecessors, order: topologicalOrder(predecessors), endOf };
}

/** Kahn's algorithm, O(n + m): every node after its predecessors; nodes on or behind a cycle are missing. */
export function topologicalOrder(predecessors: readonly (readonly number[])[]): number[] {
  const successors: number[][] = predecessors.map(() => []);
  const missing = predecessors.map((before) => before.length);
  for (const [node, before] of predecessors.entries()) {
    for (const other of before) successors[other]?.push(node);
  }
  const order = missing.flatMap((left, node) => (left === 0 ? [node] : []));
  for (let next = 0; next < order.length; next++) {
    for (const node of elementAt(successors, elementAt(order, next))) {
      const left = elementAt(missing, node) - 1;
      missing[node] = left;
      if (left === 0) order.push(node);
    }
  }
  return order;
}
