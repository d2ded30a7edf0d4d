// The same graph of tasks and the same number of slots, run for real by the product and by what somebody would take instead: a workflow
// of Temporal written by hand, DBOS, Restate, LangGraph. Everybody's agents are the same function, that takes as long as the task says.
import { setTimeout as delay } from 'node:timers/promises';
import { generateInstances, readInstances, toTasks } from './instances.mjs';
import { OTHER_ENGINES, PACT, startCompetitors } from './peers/competitors.mjs';
import { criticalPathMs, independentTasks, lowerBoundMs, randomGraph, scaleTo, toGraph } from './peers/graph.mjs';
import { simulateMs } from './peers/simulation.mjs';
import { atLeast, atMost, brokenRow, skippedRow } from './rows.mjs';
import { median } from './statistics.mjs';

const NOOP_WIDTH = 100;
const GRAPH_TASKS = 200;
/** Slots, and how many of the instances are run with so many. */
const SETTINGS = [
  { slots: 16, instances: 3 },
  { slots: 4, instances: 1 },
  { slots: 64, instances: 1 },
];
const MOST_INSTANCE_TASKS = 400;
/** Of the generated instances; the order of tasks matters in them. */
const SHAPES = ['epigenomics-4', 'genome-4', 'cholesky-4'];
/** Between the starts of two competitors that run at the same time, so that their first bursts do not meet. */
const STAGGER_MS = 1_000;

export async function benchPeers(context) {
  const { isShort, say, detail } = context;
  const settings = isShort ? [{ slots: 16, instances: 1 }] : SETTINGS;
  const slots = [...new Set([NOOP_WIDTH, GRAPH_TASKS, ...settings.map((each) => each.slots)])];
  const started = await startCompetitors(context, slots);
  try {
    const field = createField(started.competitors, say);
    detail('versions', started.versions);
    for (const { name, reason } of started.skipped) say(`  without ${name}: ${reason}`);
    await field.inTurns(1, { ...independentTasks(isShort ? 50 : 200), slots: NOOP_WIDTH });
    return [
      ...(await benchRates(field, context)),
      ...(await benchHops(field, context)),
      ...(await benchInstances(field, settings, context)),
      ...started.skipped.map(({ name, reason }) => skippedRow(name, reason)),
      ...field.failures.map(({ name, error }) => brokenRow(name, error)),
    ];
  } finally {
    await started.stop();
  }
}

/** Those who take part. Who fails a run is out, and the others go on; without the product there is nothing to compare. */
function createField(competitors, say) {
  const active = new Set(competitors);
  const failures = [];
  const run = async (competitor, graph) => {
    try {
      return await competitor.run(graph);
    } catch (error) {
      if (competitor.name === PACT) throw error;
      say(`  ${error.message}`);
      failures.push({ name: competitor.name, error });
      active.delete(competitor);
      return null;
    }
  };
  const toResults = (pairs) =>
    new Map(
      pairs
        .filter(([{ name }, runs]) => !failures.some((failure) => failure.name === name) && runs.length > 0)
        .map(([{ name }, runs]) => [name, runs]),
    );
  return {
    failures,
    /** Everybody once per round, one after the other; who begins changes. Answers with the runs by name. */
    async inTurns(rounds, graph) {
      const runs = new Map([...active].map((competitor) => [competitor, []]));
      for (let round = 0; round < rounds; round += 1) {
        const order = [...active];
        for (const turn of order.keys()) {
          const competitor = order[(round + turn) % order.length];
          runs.get(competitor).push(await run(competitor, graph));
        }
      }
      return toResults([...runs]);
    },
    /** Everybody at the same time, so that all meet the same machine: what they wait for is agents, not the processor. */
    async together(round, graph) {
      const order = [...active];
      const runs = order.map(async (competitor, number) => {
        await delay(((number + round) % order.length) * STAGGER_MS);
        return [competitor, [await run(competitor, graph)]];
      });
      return toResults(await Promise.all(runs));
    },
  };
}

/** No-op tasks a second until whoever asked has the answer. */
async function benchRates(field, { isShort, rounds, say }) {
  const count = isShort ? 200 : 1_000;
  const results = await field.inTurns(rounds ?? (isShort ? 1 : 3), { ...independentTasks(count), slots: NOOP_WIDTH });
  return [...results].map(([name, runs]) => {
    const samples = runs.map(({ answerMs }) => (count / answerMs) * 1_000);
    say(`  ${count} no-op tasks, ${name}: ${Math.round(median(samples))}/s`);
    return atLeast(
      { name: `${count} no-op tasks, ${NOOP_WIDTH} at a time: ${name}`, unit: 'tasks/s', samples, required: null },
      isShort,
    );
  });
}

/** A graph with a slot for every task: what is lost from the end of one task to the start of the next. */
async function benchHops(field, { isShort, rounds, seed, say }) {
  const graph = { ...randomGraph({ count: GRAPH_TASKS, medianMs: 50, sigma: 0.5, reach: 40, seed }), slots: GRAPH_TASKS };
  const pathMs = criticalPathMs(graph.tasks);
  const results = await field.inTurns(rounds ?? (isShort ? 1 : 3), graph);
  return [...results].flatMap(([name, runs]) => {
    const row = (what, unit, samples) => atMost({ name: `${what}: ${name}`, unit, samples, required: null }, isShort);
    const ratios = runs.map(({ ms }) => ms / pathMs);
    const hopsMs = runs.map((run) => median(run.hopsMs));
    say(`  ${GRAPH_TASKS} tasks of 50 ms, ${name}: ${median(ratios).toFixed(3)}, ${median(hopsMs).toFixed(1)} ms a hop`);
    return [
      row(`${GRAPH_TASKS} tasks of 50 ms in the median, time`, '× critical path', ratios),
      row('  from the last end before it to the start of a task', 'ms', hopsMs),
    ];
  });
}

async function benchInstances(field, settings, context) {
  const { isShort, rounds, say, detail } = context;
  const instances = chooseInstances(context);
  const rows = [];
  for (const { slots, instances: count } of settings) {
    const runs = [];
    for (const instance of instances.slice(0, count)) {
      const graph = { ...scaleTo(instance, slots, isShort ? 12_000 : 60_000), slots };
      const boundMs = lowerBoundMs(graph.tasks, slots);
      const simulatedMs = await simulateMs(graph);
      for (let round = 0; round < (rounds ?? (isShort ? 1 : 3)); round += 1) {
        const results = await field.together(round, graph);
        const ms = Object.fromEntries([...results].map(([name, [run]]) => [name, run.ms]));
        const hopMs = Object.fromEntries([...results].map(([name, [run]]) => [name, median(run.hopsMs)]));
        runs.push({ instance: instance.name, tasks: graph.tasks.length, slots, boundMs, simulatedMs, ms, hopMs });
        const texts = [...results].map(([name, [run]]) => `${name} ${(run.ms / boundMs).toFixed(3)}`);
        say(`  ${slots} slots, ${instance.name}: simulated ${(simulatedMs / boundMs).toFixed(3)}, ${texts.join(', ')}`);
      }
    }
    detail(`${slots} slots`, runs);
    rows.push(...toRows(`${slots} slots`, runs, isShort));
  }
  return rows;
}

function toRows(title, runs, isShort) {
  const row = (what, unit, samples, required = null) =>
    atMost({ name: `${title}: ${what}`, unit, samples, required, shortLimit: null }, isShort);
  const present = Object.keys(runs[0].ms).filter((name) => runs.every(({ ms }) => name in ms));
  const others = OTHER_ENGINES.filter((name) => present.includes(name));
  const bestOther = ({ ms }) => Math.min(...others.map((name) => ms[name]));
  return [
    row(
      'the simulator',
      '× lower bound',
      runs.map(({ simulatedMs, boundMs }) => simulatedMs / boundMs),
    ),
    ...present.map((name) =>
      row(
        name,
        '× lower bound',
        runs.map(({ ms, boundMs }) => ms[name] / boundMs),
      ),
    ),
    row(
      `${PACT}`,
      '× the simulator',
      runs.map(({ ms, simulatedMs }) => ms[PACT] / simulatedMs),
      1.03,
    ),
    ...(others.length === 0
      ? []
      : [
          row(
            PACT,
            '× the fastest other engine',
            runs.map((run) => run.ms[PACT] / bestOther(run)),
            1,
          ),
        ]),
  ];
}

/** Of a folder, else generated: not too small and not too large, for as many rounds as there are the most different shapes. */
function chooseInstances({ instances: dir, seed, say }) {
  const found = dir === null ? generateInstances(seed, [4]).filter(({ name }) => SHAPES.includes(name)) : readInstances(dir, say);
  const graphs = found.map(({ name, data }) => toGraph(name, toTasks(data, name)));
  const fitting = graphs.filter(({ tasks }) => tasks.length <= MOST_INSTANCE_TASKS);
  if (fitting.length > 0) return fitting;
  throw new Error(
    `--instances ${dir}: expected WfCommons instances of at most ${MOST_INSTANCE_TASKS} tasks (*.json), found none`,
  );
}
