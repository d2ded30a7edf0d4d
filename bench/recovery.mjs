// `kill -9` of a worker with agents at work, another one started on the same host at once: the time until the last agent is at work again,
// without the worker's own start. The product beside a plain Temporal worker that finds its dead predecessor by its heartbeats.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createProject, SCRIPTED_AGENT, scriptedAgent, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { seededRandom } from './statistics.mjs';
import { spawnServing, spawnWorker } from './worker-process.mjs';

const AGENTS = 8;
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function benchRecovery({ server, isShort, rounds, seed, say, detail }) {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-recovery-'));
  const journal = join(folder, 'journal.jsonl');
  const kinds = [ours(server, journal), await bare(server, journal, folder)];
  const rowsOf = { product: [], bare: [] };
  const starts = { product: [], bare: [] };
  try {
    const runs = rounds ?? (isShort ? 1 : 7);
    for (let round = 0; round < runs; round += 1) {
      for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
        const { lostMs, startMs } = await recover(kind, { journal, gate: join(folder, `gate-${kind.name}-${round}`), random });
        say(
          `  round ${round + 1}, ${kind.name}: lost ${Math.round(lostMs)} ms beyond a worker's start of ${Math.round(startMs)} ms`,
        );
        rowsOf[kind.name].push(lostMs);
        starts[kind.name].push(startMs);
      }
    }
  } finally {
    for (const kind of kinds) kind.remove();
    rmSync(folder, { recursive: true, force: true });
  }
  detail('lost', rowsOf);
  detail('starts', starts);
  const toRow = (name, samples, limits) => atMost({ name, unit: 'ms', samples, ...limits }, isShort);
  return [
    toRow(`kill -9 with ${AGENTS} agents at work: lost beyond the worker's start and the work itself`, rowsOf.product, {
      required: 1_000,
      shortLimit: 30_000,
    }),
    toRow('the same, bare Temporal, heartbeat timeout 2 s, sticky 1 s', rowsOf.bare, { required: null }),
  ];
}

/** The product: a plan whose tasks are for scripted agents. */
function ours(server, journal) {
  const project = createProject([scriptedAgent('worker', AGENTS, { AGENT_JOURNAL: journal })]);
  const idle = createProject([scriptedAgent('worker', AGENTS)]);
  return {
    name: 'product',
    spawn: () => spawnWorker(server, project.configPath),
    spawnIdle: () => spawnWorker(server, idle.configPath),
    async start(gate) {
      const tasks = Array.from({ length: AGENTS }, (_, number) => ({
        id: `t${number}`,
        agent: 'worker',
        input: { steps: [{ until: gate }] },
      }));
      const { handle, authorize } = await startExecution(server, project, tasks);
      await authorize();
      return handle;
    },
    remove: () => [project, idle].forEach((each) => each.remove()),
  };
}

/** A workflow and an activity as one would write them by hand, with the same agents. */
async function bare(server, journal, folder) {
  const bundle = join(folder, 'bare-workflows.js');
  const workflowsPath = pathOf('recovery/bare-workflows.mjs');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  writeFileSync(bundle, code);
  const taskQueue = `bench-${process.pid}-bare`;
  const spawnOn = (queue) =>
    spawnServing(server, [pathOf('recovery/bare-worker.mjs'), queue, bundle, SCRIPTED_AGENT], { AGENT_JOURNAL: journal });
  let started = 0;
  return {
    name: 'bare',
    spawn: () => spawnOn(taskQueue),
    spawnIdle: () => spawnOn(`${taskQueue}-idle`),
    start: (gate) =>
      server.client.workflow.start('bareAgents', {
        taskQueue,
        workflowId: `${taskQueue}-${started++}`,
        args: [{ count: AGENTS, gate }],
      }),
    remove: () => undefined,
  };
}

/** One round. Agents themselves write when they begin, so that what counts is that they are at work. */
async function recover(kind, { journal, gate, random }) {
  const startMs = await measureStart(kind);
  const first = kind.spawn();
  await first.serving;
  let second = null;
  try {
    const handle = await kind.start(gate);
    await untilBegun(journal, handle.workflowId, 1);
    await delay(random() * 1_000);
    const killedAt = Date.now();
    await first.kill();
    second = kind.spawn();
    const begun = await untilBegun(journal, handle.workflowId, 2);
    writeFileSync(gate, '');
    await handle.result();
    return { startMs, lostMs: Math.max(...begun) - killedAt - startMs };
  } finally {
    // Ends the agents as well that a plain worker leaves behind.
    writeFileSync(gate, '');
    await first.kill();
    await second?.end();
  }
}

/** What a worker takes from its spawn until it serves when nothing is to be recovered. */
async function measureStart(kind) {
  const worker = kind.spawnIdle();
  try {
    return await worker.serving;
  } finally {
    await worker.end();
  }
}

/** Resolves with the times (Unix ms) at which all agents of the execution began this attempt. */
function untilBegun(journal, execution, attempt) {
  const ask = () =>
    (existsSync(journal) ? readFileSync(journal, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter(({ event, request }) => event === 'start' && request.execution === execution && request.attempt === attempt)
      .map(({ at }) => at);
  return until(`${AGENTS} agents began attempt ${attempt} of ${execution}`, ask, (begun) => begun.length === AGENTS);
}
