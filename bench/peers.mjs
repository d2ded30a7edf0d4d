// The same graph of tasks and the same number of slots, run for real by the product and by what somebody would take instead: a workflow
// of Temporal written by hand, DBOS, Restate, LangGraph. Everybody's agents are the same function, that takes as long as the task says.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OTHER_ENGINES, PACT, startCompetitors } from './peers/competitors.mjs';
import { criticalPathMs, independentTasks, lowerBoundMs, randomGraph, scaleTo } from './peers/graph.mjs';
import { readInstance, simulateMs } from './peers/simulation.mjs';
import { atLeast, atMost, skippedRow } from './rows.mjs';
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
/** Between the starts of two competitors that run at the same time, so that their first bursts do not meet. */
const STAGGER_MS = 1_000;

export async function benchPeers(context) {
  const { isShort, say, detail } = context;
  const settings = isShort ? [{ slots: 16, instances: 1 }] : SETTINGS;
  const slots = [...new Set([NOOP_WIDTH, GRAPH_TASKS, ...settings.map((each) => each.slots)])];
  const { competitors, skipped, versions, stop } = await startCompetitors(context, slots);
  try {
    detail('versions', versions);
    for (const { name, reason } of skipped) say(`  without ${name}: ${reason}`);
    for (const competitor of competitors) await competitor.run({ ...independentTasks(isShort ? 50 : 200), slots: NOOP_WIDTH });
    return [
      ...(await benchRates(competitors, context)),
      ...(await benchHops(competitors, context)),
      ...(await benchInstances(competitors, settings, context)),
      ...skipped.map(({ name, reason }) => skippedRow(name, reason)),
    ];
  } finally {
    await stop();
  }
}

/** No-op tasks a second until whoever asked has the answer. */
async function benchRates(competitors, { isShort, rounds, say }) {
  const tasks = isShort ? 200 : 1_000;
  const graph = { ...independentTasks(tasks), slots: NOOP_WIDTH };
  const samples = await inTurns(competitors, rounds ?? (isShort ? 1 : 3), async (competitor) => {
    const { answerMs } = await competitor.run(graph);
    return (tasks / answerMs) * 1_000;
  });
  for (const [name, rates] of samples) say(`  ${tasks} no-op tasks, ${name}: ${Math.round(median(rates))}/s`);
  return [...samples].map(([name, rates]) =>
    atLeast({ name: `${tasks} no-op tasks, ${NOOP_WIDTH} at a time: ${name}`, unit: 'tasks/s', samples: rates, required: null }, isShort),
  );
}

/** A graph with a slot for every task: what is lost from the end of one task to the start of the next. */
async function benchHops(competitors, { isShort, rounds, seed, say }) {
  const graph = { ...randomGraph({ count: GRAPH_TASKS, medianMs: 50, sigma: 0.5, reach: 40, seed }), slots: GRAPH_TASKS };
  const pathMs = criticalPathMs(graph.tasks);
  const samples = await inTurns(competitors, rounds ?? (isShort ? 1 : 3), (competitor) => competitor.run(graph));
  const rows = [];
  for (const [name, runs] of samples) {
    const hopsMs = runs.map((run) => median(run.hopsMs));
    say(`  ${GRAPH_TASKS} tasks of 50 ms, ${name}: ${(median(runs.map(({ ms }) => ms)) / pathMs).toFixed(3)}`);
    const row = (what, unit, samples) => atMost({ name: `${what}: ${name}`, unit, samples, required: null }, isShort);
    const ratios = runs.map(({ ms }) => ms / pathMs);
    rows.push(row(`${GRAPH_TASKS} tasks of 50 ms in the median, time`, '× critical path', ratios));
    rows.push(row('  from the last end to the start', 'ms', hopsMs));
  }
  return rows;
}

/** Every competitor once per round, one after the other; who begins changes. */
async function inTurns(competitors, rounds, measure) {
  const samples = new Map(competitors.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < competitors.length; turn += 1) {
      const competitor = competitors[(round + turn) % competitors.length];
      samples.get(competitor.name).push(await measure(competitor));
    }
  }
  return samples;
}

/** Everybody at the same time, so that all meet the same machine: what they wait for is agents, not the processor. */
async function benchInstances(competitors, settings, context) {
  const { isShort, rounds, say, detail } = context;
  const instances = await readInstances(context);
  const rows = [];
  for (const { slots, instances: count } of settings) {
    const runs = [];
    for (const instance of instances.slice(0, count)) {
      const graph = { ...scaleTo(instance, slots, isShort ? 5_000 : 40_000), slots };
      const boundMs = lowerBoundMs(graph.tasks, slots);
      const simulatedMs = await simulateMs(graph);
      for (let round = 0; round < (rounds ?? (isShort ? 1 : 3)); round += 1) {
        const ms = await runTogether(competitors, graph, round);
        runs.push({ instance: instance.name, tasks: graph.tasks.length, slots, boundMs, simulatedMs, ms });
        const texts = Object.entries(ms).map(([name, one]) => `${name} ${(one / boundMs).toFixed(3)}`);
        say(`  ${slots} slots, ${instance.name}: simulated ${(simulatedMs / boundMs).toFixed(3)}, ${texts.join(', ')}`);
      }
    }
    detail(`${slots} slots`, runs);
    rows.push(...toRows(`${slots} slots`, runs, isShort));
  }
  return rows;
}

/** From the request until the last task's work was done, in ms, by name. */
async function runTogether(competitors, graph, round) {
  const times = await Promise.all(
    competitors.map(async (competitor, number) => {
      await delay(((number + round) % competitors.length) * STAGGER_MS);
      return [competitor.name, (await competitor.run(graph)).ms];
    }),
  );
  return Object.fromEntries(times);
}

function toRows(title, runs, isShort) {
  const row = (what, unit, samples, required = null) =>
    atMost({ name: `${title}: ${what}`, unit, samples, required, shortLimit: null }, isShort);
  const others = OTHER_ENGINES.filter((name) => name in runs[0].ms);
  const bestOther = ({ ms }) => Math.min(...others.map((name) => ms[name]));
  return [
    row('the simulator', '× lower bound', runs.map(({ simulatedMs, boundMs }) => simulatedMs / boundMs)),
    ...Object.keys(runs[0].ms).map((name) => row(name, '× lower bound', runs.map(({ ms, boundMs }) => ms[name] / boundMs))),
    row(`${PACT}`, '× the simulator', runs.map(({ ms, simulatedMs }) => ms[PACT] / simulatedMs), 1.03),
    ...(others.length === 0 ? [] : [row(PACT, '× the fastest other engine', runs.map((run) => run.ms[PACT] / bestOther(run)), 1)]),
  ];
}

/** WfCommons instances of a folder, or generated graphs. */
async function readInstances({ instances: folder, seed }) {
  if (folder === null) {
    return [24, 60, 12].map((reach, number) => randomGraph({ count: 200, medianMs: 1_000, sigma: 0.9, reach, seed: seed + number }));
  }
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const read = [];
  for (const file of files.toSorted()) read.push(await readInstance(resolve(join(folder, file))));
  const fitting = read.filter(({ tasks }) => tasks.length <= MOST_INSTANCE_TASKS);
  if (fitting.length > 0) return fitting;
  throw new Error(`--instances ${folder}: expected WfCommons instances of at most ${MOST_INSTANCE_TASKS} tasks (*.json), found none`);
}
