/**
 * Looks over one run of a graph from the agents' side: every task once, after those it depends on, never more than `slots` at a time.
 * @param graph `{tasks: [{id, durationMs, dependsOn}], slots}`
 */
export function createWatch({ tasks, slots }) {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const startedAt = new Map();
  const endedAt = new Map();
  const faults = [];
  let beganAt = 0;
  let running = 0;
  let busiest = 0;

  return {
    begin() {
      beganAt = performance.now();
    },
    started(id) {
      const early = byId.get(id)?.dependsOn.find((before) => !endedAt.has(before));
      if (startedAt.has(id)) faults.push(`${id} was started twice`);
      if (early !== undefined) faults.push(`${id} was started before ${early} had ended`);
      startedAt.set(id, performance.now());
      running += 1;
      busiest = Math.max(busiest, running);
    },
    ended(id) {
      running -= 1;
      endedAt.set(id, performance.now());
    },
    /** `ms`: from the request until the last task's work was done; `answerMs`: until whoever asked was told. */
    finish() {
      const answerMs = performance.now() - beganAt;
      if (busiest > slots) faults.push(`${busiest} tasks at a time, expected at most ${slots}`);
      if (endedAt.size !== tasks.length) faults.push(`${endedAt.size} tasks done, expected ${tasks.length}`);
      if (faults.length > 0) throw new Error(`the run broke the rules: ${faults.slice(0, 3).join('; ')}`);
      return { ms: Math.max(...endedAt.values()) - beganAt, answerMs, hopsMs: toHops() };
    },
  };

  /** Of each task that waited for others: from the last of their ends, or from a slot's coming free where that was later, to its start. */
  function toHops() {
    const ends = [...endedAt.values()].toSorted((a, b) => a - b);
    const lastEndBefore = (at) => ends.findLast((end) => end <= at) ?? beganAt;
    return tasks.map(({ id, dependsOn }) => {
      const at = startedAt.get(id);
      const readyAt = Math.max(beganAt, ...dependsOn.map((before) => endedAt.get(before)));
      const isFull = runningAt(readyAt, id) >= slots;
      return at - (isFull ? Math.max(readyAt, lastEndBefore(at)) : readyAt);
    });
  }

  function runningAt(at, except) {
    let count = 0;
    for (const [id, start] of startedAt) if (id !== except && start <= at && endedAt.get(id) > at) count += 1;
    return count;
  }
}
