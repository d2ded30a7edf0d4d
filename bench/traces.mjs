// Orders of tasks compared on workflow traces in the simulator, and how long it takes to simulate 100,000 tasks. No server.
import { findOrder, ordersWithin } from '../dist/domain/simulation/order-search.js';
import { playSprint, runThrough } from '../dist/domain/simulation/play-sprint.js';
import { createRehearsal, toSprint } from '../dist/domain/simulation/rehearsal.js';
import { createSampler, toSamplers } from '../dist/domain/simulation/sampler.js';
import { LONGEST_PATH } from '../dist/domain/sprint/task-order.js';
import { agent, PLANS, task, toDefinition } from './core.mjs';
import { generateInstances, readInstances, toTasks } from './instances.mjs';
import { firstComeFirstServed, heft } from './reference-schedulers.mjs';
import { atMost } from './rows.mjs';
import { median, percentile } from './statistics.mjs';

const SLOTS = [4, 16, 64];
const NOISE = 0.5;
const LARGE = 100_000;
/** As in the reference figures. */
const ORDERS = 34;

export async function benchTraces({ isShort, seed, instances: dir, say, detail }) {
  const instances = dir === null ? generateInstances(seed, isShort ? [1, 3] : [1, 3, 6, 12, 24]) : readInstances(dir, say);
  const ratios = new Map();
  for (const { name, tasks } of instances.map(({ name, data }) => ({ name, tasks: toTasks(data, name) }))) {
    for (const slots of SLOTS) {
      for (const noise of [0, NOISE]) measure({ name, tasks, slots, noise, seed, isShort, ratios });
    }
    say(`  ${name}: ${tasks.length} tasks`);
  }
  const rows = [...ratios].flatMap(([what, samples]) =>
    toRows(
      what,
      samples.map(({ ratio }) => ratio),
      dir !== null,
      isShort,
    ),
  );
  detail('instances', instances.length);
  for (const [what, samples] of ratios) detail(what, samples);
  say(toTable(ratios));
  return [...rows, largeRow(isShort)];
}

/** The tasks in one sprint with one agent of so many slots. Ids in the order of the instance, so that every scheduler breaks ties alike. */
function poolDefinition(tasks, slots, estimateMs = tasks.map(({ durationMs }) => durationMs)) {
  const idOf = (number) => `t${String(number).padStart(6, '0')}`;
  return toDefinition({
    tasks: tasks.map(({ dependsOn }, number) => ({
      ...task(number, {
        estimateMs: estimateMs[number],
        dependsOn: dependsOn.map((before) => ({ task: idOf(before), until: 'finished' })),
      }),
      id: idOf(number),
    })),
    agents: [agent('pool', { capacity: slots })],
  });
}

/** Every way to order the tasks of one instance, as time ÷ lower bound of the actual durations. */
function measure({ name, tasks, slots, noise, seed, isShort, ratios }) {
  const off = createSampler({ spread: noise, failureRate: 0 }, { seed, replication: 99 });
  const estimateMs = tasks.map(({ durationMs }, task) => durationMs / off(task, 1).factor);
  const boundMs = createRehearsal(poolDefinition(tasks, slots)).boundMs;
  const planned = createRehearsal(poolDefinition(tasks, slots, estimateMs));
  // What happens is what was recorded; the order is made of the estimates.
  const actual = (task) => ({
    factor: estimateMs[task] === 0 ? 1 : tasks[task].durationMs / estimateMs[task],
    delayMs: 0,
    isFailing: false,
  });
  const timeOf = (order) => runThrough(playSprint(toSprint(planned, order, 0), actual)).makespanMs;
  const samplers = toSamplers({ spread: noise, failureRate: 0 }, seed);
  const choose = (maxOrders) => {
    const search = { current: LONGEST_PATH, maxOrders, boundMs: planned.boundMs, seed };
    return runThrough(findOrder((order) => toSprint(planned, order, 0), samplers, search)).order;
  };
  const kind = noise === 0 ? 'exact' : `σ ${noise}`;
  const add = (how, ms) => {
    const what = `${slots} slots, ${kind}, ${how}`;
    ratios.set(what, [...(ratios.get(what) ?? []), { name, ratio: ms / boundMs }]);
  };
  add('first come first served', firstComeFirstServed(tasks, slots));
  add('HEFT', heft(tasks, slots, estimateMs));
  add('longest path', timeOf(LONGEST_PATH));
  add(`best of ${ORDERS} orders`, timeOf(choose(ORDERS)));
  if (!isShort && noise === 0)
    add('search as in a sprint', timeOf(choose(Math.max(1, ordersWithin(tasks.length, samplers.length)))));
}

/** Promised is the best of the orders on the public instances, which only a folder can bring; elsewhere it is for comparison. */
function toRows(what, samples, isPublic, isShort) {
  const isPromised = isPublic && what === `16 slots, exact, best of ${ORDERS} orders`;
  const figure = { unit: '× bound', samples };
  return [
    atMost({ ...figure, name: `${what}: median`, required: isPromised ? 1.03 : null }, isShort),
    atMost({ ...figure, name: `${what}: 90th percentile`, required: isPromised ? 1.24 : null, at: 0.9 }, isShort),
  ];
}

function toTable(ratios) {
  const lines = [...ratios].map(([what, samples]) => {
    const values = samples.map(({ ratio }) => ratio);
    return `  ${what.padEnd(44)} ${median(values).toFixed(3)}  ${percentile(values, 0.9).toFixed(3)}`;
  });
  return ['  time ÷ lower bound'.padEnd(47) + 'median  90th', ...lines].join('\n');
}

/** A layered graph: building the index, and every decision of the sprint. */
function largeRow(isShort) {
  const definition = toDefinition(PLANS['layered graph, 16 agents'](LARGE));
  const samples = Array.from({ length: isShort ? 1 : 3 }, () => {
    const startedAt = performance.now();
    const play = runThrough(
      playSprint(
        toSprint(createRehearsal(definition), LONGEST_PATH, 0),
        createSampler({ spread: 0, failureRate: 0 }, { seed: 1, replication: 0 }),
      ),
    );
    if (play.phase !== 'completed') throw new Error(`the simulated sprint ended ${play.phase}`);
    return (performance.now() - startedAt) / 1_000;
  });
  return atMost(
    { name: `a plan of ${LARGE.toLocaleString('en')} tasks simulated`, unit: 's', samples, required: 5, shortLimit: 60 },
    isShort,
  );
}
