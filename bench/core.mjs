// The state machine alone, without a server: `node bench/core.mjs` after a build. An event is one call of `evolve`.
import { pathToFileURL } from 'node:url';
import { createSprint } from '../dist/domain/sprint/create-sprint.js';
import { evolve } from '../dist/domain/sprint/evolve.js';
import { collectGarbage } from './garbage.mjs';

const TASKS = 10_000;
const WARM_UP_TASKS = 2_000;
const ROUNDS = 20;

export const agent = (id, given = {}) => ({
  id,
  kind: 'command',
  title: null,
  skills: [],
  capacity: 1,
  queue: 'agents',
  digest: '0',
  stallAfterMs: 6e5,
  human: null,
  ...given,
});

export const task = (number, given = {}) => ({
  id: `task-${number}`,
  title: `task ${number}`,
  description: null,
  agent: null,
  skills: [],
  dependsOn: [],
  deliverables: [],
  estimateMs: 1e3 + ((number * 7919) % 6e4),
  priority: 'normal',
  paths: [],
  resources: [],
  input: {},
  checks: [],
  budget: {
    timeMs: null,
    attempts: 3,
  },
  stallAfterMs: null,
  ...given,
});

const range = (count) => Array.from({ length: count }, (_, number) => number);

/** The plans, each as a function of its number of tasks. */
export const PLANS = {
  'independent tasks, 100 slots': (count) => ({
    tasks: range(count).map((number) => task(number)),
    agents: [agent('pool', { capacity: 100 })],
  }),
  'layered graph, 16 agents': (count) => ({
    tasks: range(count).map((number) => task(number, { skills: [`skill-${number % 4}`], dependsOn: layerBelow(number) })),
    agents: range(16).map((number) =>
      agent(`agent-${number}`, { capacity: 2, skills: [`skill-${number % 4}`, `skill-${(number + 1) % 4}`] }),
    ),
  }),
  'contention on 20 resources': (count) => ({
    tasks: range(count).map((number) =>
      task(number, { resources: resourcesOf(number), paths: [`src/part-${number % 50}/file-${number}`] }),
    ),
    agents: range(4).map((number) => agent(`agent-${number}`, { capacity: 25 })),
  }),
};

/** One of twenty resources, every third time shared; every tenth task needs a second one. */
function resourcesOf(number) {
  const first = { id: `resource-${number % 20}`, mode: number % 3 === 0 ? 'shared' : 'exclusive' };
  return number % 10 === 0 ? [first, { id: `resource-${(number + 7) % 20}`, mode: 'exclusive' }] : [first];
}

/** Layers of 100 tasks; each waits for three of the layer below. */
function layerBelow(number) {
  const layer = Math.floor(number / 100);
  if (layer === 0) return [];
  const before = [number % 100, (number * 7 + 1) % 100, (number * 13 + 5) % 100].map(
    (place) => `task-${(layer - 1) * 100 + place}`,
  );
  return [...new Set(before)].map((id) => ({ task: id, until: 'finished' }));
}

export function toDefinition({ tasks, agents }) {
  const sprint = {
    id: 'core',
    title: 'core',
    dependsOn: [],
    durationMs: null,
    agents: agents.map(({ id }) => id),
    tasks,
    checkpoints: [],
  };
  return {
    executionId: 'bench',
    ownerId: 'bench/sprint/core',
    sprint,
    agents,
    resources: {},
    triggers: [],
    people: 'anyone',
    checks: [],
    delivered: [],
    passedCheckpoints: [],
  };
}

/**
 * Plays a plan to its end, first started, first finished: `{events, seconds}` of `evolve` alone. What building a sprint leaves is collected
 * before its events are timed; the garbage of `evolve` itself counts.
 */
function play(definition) {
  const sprint = createSprint(definition, 0);
  collectGarbage();
  const running = [];
  let first = 0;
  let events = 0;
  const take = (event) => {
    events += 1;
    for (const effect of evolve(sprint, event)) {
      if (effect.type === 'perform') running.push({ taskId: effect.input.task.id, attempt: effect.input.attempt });
    }
  };
  const startedAt = process.hrtime.bigint();
  take({ type: 'started', at: 0 });
  while (first < running.length) {
    const { taskId, attempt } = running[first];
    first += 1;
    take({ type: 'taskFinished', at: events, taskId, attempt, summary: null, deliverables: [] });
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  if (sprint.state.phase !== 'completed') throw new Error(`the plan ended ${sprint.state.phase} after ${events} events`);
  return { events, seconds };
}

/** `[{name, events, seconds, eventsPerSecond}]`: of each plan the best of twenty rounds, after a warm-up on a smaller one. */
export function benchCore() {
  return Object.entries(PLANS).map(([name, toPlan]) => {
    play(toDefinition(toPlan(WARM_UP_TASKS)));
    const definition = toDefinition(toPlan(TASKS));
    const rounds = range(ROUNDS).map(() => play(definition));
    const best = rounds.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    return { name, ...best, eventsPerSecond: Math.round(best.events / best.seconds) };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = benchCore();
  console.table(Object.fromEntries(results.map(({ name, ...figures }) => [name, figures])));
  console.log(JSON.stringify(results));
}
