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

  /** Of each task: to its start from the moment when it could have started: all before it had ended, and a slot had come free. */
  function toHops() {
    const ends = [...endedAt.values()].toSorted((a, b) => a - b);
    const starts = [...startedAt].toSorted(([, a], [, b]) => a - b);
    return starts.map(([id, at], place) => {
      const slotAt = place < slots ? beganAt : ends[place - slots];
      return at - Math.max(slotAt, beganAt, ...byId.get(id).dependsOn.map((before) => endedAt.get(before)));
    });
  }
}
