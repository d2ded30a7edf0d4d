// Schedulers to compare with, each in a few lines and independent of the product: makespans (ms) of tasks {durationMs, dependsOn: numbers}
// on equal slots.

/** What most engines do: whatever is ready is started in the order in which it became so. */
export function firstComeFirstServed(tasks, slots) {
  const { missing, successors } = toGraph(tasks);
  const ready = tasks.flatMap((_, task) => (missing[task] === 0 ? [task] : []));
  const running = [];
  let next = 0;
  let now = 0;
  for (;;) {
    while (running.length < slots && next < ready.length) {
      const task = ready[next++];
      insert(running, { task, at: now + tasks[task].durationMs });
    }
    const ended = running.shift();
    if (ended === undefined) return now;
    now = ended.at;
    for (const after of successors[ended.task]) if (--missing[after] === 0) ready.push(after);
  }
}

/**
 * HEFT (Topcuoglu et al. 2002) on equal processors without communication: tasks by upward rank, each into the earliest gap of any slot that
 * fits its estimate. What it decides is then carried out with the actual durations: each slot does its tasks in that order.
 */
export function heft(tasks, slots, estimateMs) {
  const { order } = toGraph(tasks);
  const rank = upwardRanks(tasks, order, estimateMs);
  const place = new Map(order.map((task, number) => [task, number]));
  const byRank = order.toSorted((a, b) => rank[b] - rank[a] || place.get(a) - place.get(b));
  const timelines = Array.from({ length: slots }, () => []);
  const ends = tasks.map(() => 0);
  for (const task of byRank) {
    const readyAt = tasks[task].dependsOn.reduce((latest, before) => Math.max(latest, ends[before]), 0);
    let best = null;
    for (const timeline of timelines) {
      const slot = earliestGap(timeline, readyAt, estimateMs[task]);
      if (best === null || slot.start < best.start) best = { ...slot, timeline };
      if (best.start === readyAt) break;
    }
    ends[task] = best.start + estimateMs[task];
    best.timeline.splice(best.position, 0, { task, start: best.start, end: ends[task] });
  }
  return carryOut(tasks, timelines);
}

function upwardRanks(tasks, order, estimateMs) {
  const rank = [...estimateMs];
  for (const task of order.toReversed()) {
    for (const before of tasks[task].dependsOn) rank[before] = Math.max(rank[before], estimateMs[before] + rank[task]);
  }
  return rank;
}

function earliestGap(timeline, readyAt, durationMs) {
  let start = readyAt;
  // Gaps before the task is ready are none; those behind are looked at in order.
  let position = timeline.findIndex(({ end }) => end > readyAt);
  if (position === -1) return { start, position: timeline.length };
  for (; position < timeline.length; position += 1) {
    if (start + durationMs <= timeline[position].start) return { start, position };
    start = Math.max(start, timeline[position].end);
  }
  return { start, position };
}

/** Each slot in its order, each task after those that it depends on. */
function carryOut(tasks, timelines) {
  const ends = tasks.map(() => null);
  const next = timelines.map(() => 0);
  const free = timelines.map(() => 0);
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const [slot, timeline] of timelines.entries()) {
      for (; next[slot] < timeline.length; next[slot] += 1) {
        const { task } = timeline[next[slot]];
        const { dependsOn, durationMs } = tasks[task];
        if (dependsOn.some((before) => ends[before] === null)) break;
        free[slot] = dependsOn.reduce((latest, before) => Math.max(latest, ends[before]), free[slot]) + durationMs;
        ends[task] = free[slot];
        isMoving = true;
      }
    }
  }
  if (ends.includes(null)) throw new Error('the HEFT schedule stands still');
  return Math.max(...ends);
}

function toGraph(tasks) {
  const successors = tasks.map(() => []);
  for (const [task, { dependsOn }] of tasks.entries()) for (const before of dependsOn) successors[before].push(task);
  const missing = tasks.map(({ dependsOn }) => dependsOn.length);
  const left = [...missing];
  const order = tasks.flatMap((_, task) => (left[task] === 0 ? [task] : []));
  for (let next = 0; next < order.length; next += 1) {
    for (const after of successors[order[next]]) if (--left[after] === 0) order.push(after);
  }
  return { missing, successors, order };
}

/** By time; what ends at the same time stays in the order of its start. */
function insert(running, entry) {
  let place = running.length;
  while (place > 0 && running[place - 1].at > entry.at) place -= 1;
  running.splice(place, 0, entry);
}
