/**
 * Cycles of a directed graph, each as `[a, b, c]` for a → b → c → a, no node in two of them. Depth-first search without
 * recursion, O(n + m).
 * @param edges For each node the nodes that it points to; indexes.
 */
export function findCycles(edges: readonly (readonly number[])[]): number[][] {
  const cycles: number[][] = [];
  const state = new Uint8Array(edges.length); // 0 new, 1 on the path, 2 done
  const isReported = new Uint8Array(edges.length);
  for (let root = 0; root < edges.length; root++) {
    if (state[root] !== 0) continue;
    const path = [{ node: root, next: 0 }];
    state[root] = 1;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const child = edges[top.node]?.[top.next++];
      if (child === undefined) {
        state[top.node] = 2;
        path.pop();
      } else if (state[child] === 0) {
        state[child] = 1;
        path.push({ node: child, next: 0 });
      } else if (state[child] === 1 && isReported[child] === 0 && isReported[top.node] === 0) {
        const cycle = path.slice(path.findIndex(({ node }) => node === child)).map(({ node }) => node);
        if (cycle.some((node) => isReported[node] === 1)) continue;
        for (const node of cycle) isReported[node] = 1;
        cycles.push(cycle);
      }
    }
  }
  return cycles;
}

/** `a → b → c → a`; of a very long one the beginning and the end. */
export function describeCycle(ids: readonly string[]): string {
  const whole = [...ids, ...ids.slice(0, 1)];
  if (whole.length <= 60) return whole.join(' → ');
  return `${whole.slice(0, 40).join(' → ')} → … ${whole.length - 50} more … → ${whole.slice(-10).join(' → ')}`;
}
