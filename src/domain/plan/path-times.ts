import { elementAt } from '../lookup.ts';

/**
 * Forward and backward pass of the critical path method (Kelley & Walker 1959), O(n + m): the earliest start of each node, and the longest
 * path from its start to the end. All in ms.
 * @param order Topological, of all nodes.
 */
export function measureTimes(
  order: readonly number[],
  predecessors: readonly (readonly number[])[],
  durations: readonly number[],
): { readonly startMs: readonly number[]; readonly tailMs: readonly number[] } {
  const startMs = durations.map(() => 0);
  const tailMs = [...durations];
  for (const node of order) {
    for (const before of elementAt(predecessors, node))
      startMs[node] = Math.max(elementAt(startMs, node), elementAt(startMs, before) + elementAt(durations, before));
  }
  for (const node of order.toReversed()) {
    for (const before of elementAt(predecessors, node))
      tailMs[before] = Math.max(elementAt(tailMs, before), elementAt(durations, before) + elementAt(tailMs, node));
  }
  return { startMs, tailMs };
}
