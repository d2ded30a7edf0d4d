// Graphs of tasks: {name, tasks: [{id, durationMs, dependsOn: [id]}]}, each task after those it depends on.
import { seededRandom } from '../statistics.mjs';

/** Every number of slots is an agent of that capacity. */
export const agentFor = (slots) => `agent-${slots}`;

/** The graph as tasks of a plan whose estimates are exact. */
export const toPlanTasks = (tasks, slots) =>
  tasks.map(({ id, durationMs, dependsOn }) => ({
    id,
    dependsOn,
    agent: agentFor(slots),
    estimate: `${Math.max(1, durationMs)}ms`,
  }));

/** Longest path of the graph, in ms. */
export function criticalPathMs(tasks) {
  const ends = new Map();
  for (const { id, durationMs, dependsOn } of tasks)
    ends.set(id, durationMs + Math.max(0, ...dependsOn.map((before) => ends.get(before))));
  return Math.max(0, ...ends.values());
}

/** No order of the tasks ends sooner. */
export const lowerBoundMs = (tasks, slots) =>
  Math.max(criticalPathMs(tasks), tasks.reduce((sum, { durationMs }) => sum + durationMs, 0) / slots);

/** The same graph, its durations such that its lower bound is that long. */
export function scaleTo(graph, slots, boundMs) {
  const factor = boundMs / lowerBoundMs(graph.tasks, slots);
  return { ...graph, tasks: graph.tasks.map((task) => ({ ...task, durationMs: Math.round(task.durationMs * factor) })) };
}

/** A recorded or generated workflow of WfCommons; its tasks as `toTasks` of ../instances.mjs reads them. */
export function toGraph(name, tasks) {
  const named = tasks.map(({ dependsOn, durationMs }, place) => ({
    id: `t${place}`,
    durationMs,
    dependsOn: dependsOn.map((before) => `t${before}`),
  }));
  const byId = new Map(named.map((task) => [task.id, task]));
  const ordered = new Set();
  const add = (task) => {
    for (const before of task.dependsOn) if (!ordered.has(byId.get(before))) add(byId.get(before));
    ordered.add(task);
  };
  for (const task of named) add(task);
  return { name, tasks: [...ordered] };
}

export const independentTasks = (count) => ({
  name: `${count} no-op tasks`,
  tasks: Array.from({ length: count }, (_, number) => ({ id: `t${number}`, durationMs: 0, dependsOn: [] })),
});

/** Each task depends on up to three of the `reach` tasks before it; durations lognormal with that median. */
export function randomGraph({ count, medianMs, sigma, reach, seed }) {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const tasks = Array.from({ length: count }, (_, number) => {
    const near = Array.from({ length: Math.floor(random() * 4) }, () => number - 1 - Math.floor(random() * reach));
    const dependsOn = [...new Set(near.filter((before) => before >= 0))].map((before) => `t${before}`);
    return { id: `t${number}`, durationMs: Math.round(medianMs * Math.exp(sigma * normal())), dependsOn };
  });
  return { name: `random graph of ${count} tasks`, tasks };
}
