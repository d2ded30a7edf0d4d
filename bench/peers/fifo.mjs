/**
 * What a user writes by hand: a promise per task, a semaphore of `slots`, what is ready first comes first. Deterministic, so that it
 * runs in a Temporal workflow as well.
 * @param tasks `{id, durationMs, dependsOn: [id]}`, each after those it depends on.
 */
export async function runFifo(tasks, slots, perform) {
  let free = slots;
  const queue = [];
  const take = () => (free > 0 ? void (free -= 1) : new Promise((resolve) => queue.push(resolve)));
  const give = () => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const ends = new Map();
  const run = async (task) => {
    await Promise.all(task.dependsOn.map((id) => ends.get(id)));
    await take();
    await perform(task);
    give();
  };
  for (const task of tasks) ends.set(task.id, run(task));
  await Promise.all(ends.values());
}
