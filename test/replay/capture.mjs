// Runs a plan of every shape and saves its histories under histories/. Run it for a release, never to make a test pass:
// node test/replay/capture.mjs [shape …]
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openKillableServer, startWorker } from '../../bench/chaos/parts.mjs';
import { shapes } from './shapes.mjs';

const histories = fileURLToPath(new URL('histories', import.meta.url));
/** Its path stands in the histories. */
const folder = '/tmp/pact-capture';

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
copyFileSync(fileURLToPath(new URL('../agents/scripted.mjs', import.meta.url)), join(folder, 'scripted.mjs'));
const server = await openKillableServer(join(folder, 'server'));
const connection = await Connection.connect({ address: server.address });
const client = new Client({ connection });
const wanted = process.argv.slice(2);
/** Saved of each workflow. */
const runs = {};
try {
  for (const [name, shape] of Object.entries(shapes))
    if (wanted.length === 0 || wanted.includes(name)) await capture(name, shape);
} finally {
  await connection.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function capture(name, { plan, more, config, env, play }) {
  const taskQueue = `capture-${name}`;
  const configPath = join(folder, 'pact.config.yaml');
  const agents = [
    { id: 'worker', adapter: { kind: 'command', run: ['node', 'scripted.mjs'], input: 'stream' }, capacity: 4, skills: ['work'] },
    { id: 'spare', adapter: { kind: 'command', run: ['node', 'scripted.mjs'] }, skills: ['work', 'more'] },
    { id: 'ann', adapter: { kind: 'human' } },
  ];
  const taskQueues = { workflows: taskQueue, agents: `${taskQueue}-agents` };
  writeFileSync(configPath, JSON.stringify({ agents, taskQueues, ...config }));
  const worker = await startWorker(configPath, server.address, env);
  const workflowId = `pact-${name}`;
  const gate = join(folder, `gate-${name}`);
  const input = { pact: 1, project: { name }, sprints: plan(gate), ...more };
  try {
    const handle = await client.workflow.start('execution', { taskQueue, workflowId, args: [{ plan: input }] });
    await play({ client, handle, gate, ...actionsOn(handle) });
    await handle.result().catch(() => undefined);
    for (const run of await runsOf(taskQueue)) await save(name, run);
  } finally {
    await worker.stop();
  }
}

/** All runs on the task queue but those of tethers, oldest first, once none of them is open any more. */
async function runsOf(taskQueue) {
  for (;;) {
    const runs = [];
    for await (const run of client.workflow.list({ query: `TaskQueue = "${taskQueue}" AND WorkflowType != "tether"` }))
      runs.push(run);
    if (runs.every(({ status }) => status.name !== 'RUNNING'))
      return runs.toSorted((one, other) => one.startTime - other.startTime);
    await delay(100);
  }
}

/** What people do in the plays of the shapes. */
function actionsOn(handle) {
  const update = (name, payload) => handle.executeUpdate(name, { args: [payload] });
  const until = async (isReached) => {
    for (let status = await handle.query('status'); !isReached(status); status = await handle.query('status')) await delay(100);
  };
  return {
    update,
    until,
    async authorize(decision = 'approve') {
      await until(({ planHash }) => planHash !== null);
      const { planHash } = await handle.query('authorization');
      await update('authorize', { by: 'ann', decision, planHash, reviewed: true, emergencyStopUnderstood: true });
    },
  };
}

/** As `<shape>.<what it is in the execution>[.<run>].json`. */
async function save(shape, { workflowId, runId }) {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const text = JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history)) }, leaveOut);
  const part =
    workflowId
      .split('/')
      .slice(1)
      .join('-')
      .replace(/^sprint-/, '') || 'execution';
  const run = (runs[`${shape}.${part}`] = (runs[`${shape}.${part}`] ?? 0) + 1);
  const file = join(histories, `${shape}.${part}${run === 1 ? '' : `.${run}`}.json`);
  writeFileSync(file, `${text}\n`);
  process.stdout.write(`${file}: ${history.events.length} events, ${Math.ceil(text.length / 1024)} KiB\n`);
}

/** Who ran it, and where, says nothing about the workflow; neither do fields that are not set. */
function leaveOut(key, value) {
  if (value === null || key === 'workerVersion' || key === 'requestId') return undefined;
  // Where the SDK lies on the machine that captured it.
  if (key === 'stackTrace') return undefined;
  if (key === 'identity') return 'capture';
  return key === 'name' && /^\d+@/.test(value) ? 'sticky' : value;
}
