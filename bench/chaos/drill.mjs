import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { toChaosPlan, writeChaosConfig } from './chaos-plan.mjs';
import { collectEvidence } from './evidence.mjs';
import { markedAttempts } from './marked-attempts.mjs';
import { openKillableServer, startWorker } from './parts.mjs';

/** Nothing that an attempt started may live longer than this after its worker was killed. */
const OUTLIVE_MS = 5_000;
const END_WITHIN_MS = 240_000;

/**
 * Carries the drill's plan out while worker and server are killed with SIGKILL at moments drawn from the seed.
 * No kills: the calm run.
 * @param {import('./drill.mjs').DrillOptions} options
 */
export async function runDrill({ folder, agentProgram, size, seed, workerKills, serverKills, continueAfterEvents = null, say }) {
  mkdirSync(folder, { recursive: true });
  const startedAt = Date.now();
  const gate = join(folder, 'gate');
  // Of its own, though several run at a time: the attempts of an execution are known by its id.
  const queue = `chaos-${seed}-${randomUUID()}`;
  const configPath = writeChaosConfig({ folder, agentProgram, queue });
  const server = await openKillableServer(join(folder, 'server'));
  const more = continueAfterEvents === null ? {} : { PACT_CONTINUE_AFTER_EVENTS: String(continueAfterEvents) };
  const openWorker = () => startWorker(configPath, server.address, more);
  const site = {
    server,
    openWorker,
    worker: await openWorker(),
    violations: [],
    outlivedMs: [],
    kills: [],
  };
  const connection = await Connection.connect({ address: server.address });
  try {
    const client = new Client({ connection });
    const execution = { id: queue, handle: await start(client, queue, toChaosPlan(gate, size)) };
    await authorize(execution.handle);
    await killAll(site, execution, { random: toRandom(seed), workerKills, serverKills, say });
    writeFileSync(gate, '');
    const phase = await withRetries(() => endOf(execution.handle), END_WITHIN_MS);
    await waitForNone(site, execution.id, 'after the end');
    const evidence = await collectEvidence(client, execution.id, folder);
    return { ...evidence, phase, seconds: (Date.now() - startedAt) / 1000, ...site };
  } finally {
    await site.worker.kill();
    await connection.close();
    await server.stop();
  }
}

const start = (client, queue, plan) =>
  client.workflow.start('execution', { taskQueue: queue, workflowId: queue, args: [{ plan }] });

/** A plan that failed has left its evidence all the same. */
async function endOf(handle) {
  try {
    return (await handle.result()).phase;
  } catch (error) {
    if (error.cause?.type === 'PlanFailed') return 'failed';
    throw error;
  }
}

async function authorize(handle) {
  let authorization;
  do {
    await delay(100);
    authorization = await handle.query('authorization');
  } while (authorization.planHash === null);
  const { planHash } = authorization;
  const approval = { by: 'drill', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  await handle.executeUpdate('authorize', { args: [approval] });
}

async function killAll(site, execution, { random, workerKills, serverKills, say }) {
  const order = shuffle([...Array(workerKills).fill('worker'), ...Array(serverKills).fill('server')], random);
  for (const target of order) {
    const afterMs = Math.round(random() * 2_000);
    const pauseMs = Math.round(random() * 1_000);
    await waitForWork(execution.id);
    await delay(afterMs);
    const running = new Set(markedAttempts(execution.id).map(({ marker }) => marker));
    say(
      `${afterMs} ms after work began: SIGKILL to the ${target}, ${running.size} attempts at work; again there ${pauseMs} ms after`,
    );
    site.kills.push(target);
    if (target === 'worker') await killWorker(site, execution.id, pauseMs);
    else await killServer(site, pauseMs);
  }
}

/** A kill is to hit work; a plan that rests for so long is hit all the same. */
async function waitForWork(executionId) {
  const deadline = Date.now() + 20_000;
  while (markedAttempts(executionId).length === 0 && Date.now() < deadline) await delay(25);
}

/** The next worker starts whether or not the dead one's agents are gone: half the time it is the one to end them. */
async function killWorker(site, executionId, pauseMs) {
  await site.worker.kill();
  const orphans = new Set(markedAttempts(executionId).map(({ marker }) => marker));
  const gone = waitForNone(site, executionId, 'after the worker was killed', orphans);
  await delay(pauseMs);
  site.worker = await site.openWorker();
  await gone;
}

async function killServer(site, pauseMs) {
  await site.server.kill();
  await delay(pauseMs);
  await site.server.restart();
  if (!site.worker.hasEnded()) return;
  site.violations.push(`the worker ended by itself when the server was killed: ${site.worker.said()}`);
  site.worker = await site.openWorker();
}

/** Waits until none of the markers (none at all without `markers`) lives; notes how long that took. */
async function waitForNone(site, executionId, when, markers) {
  const since = Date.now();
  const left = () => markedAttempts(executionId).filter(({ marker }) => markers?.has(marker) ?? true);
  while (left().length > 0 && Date.now() - since < 4 * OUTLIVE_MS) await delay(25);
  const tookMs = Date.now() - since;
  site.outlivedMs.push(tookMs);
  if (tookMs > OUTLIVE_MS)
    site.violations.push(
      `${when} its agents lived on for ${tookMs} ms (${left()
        .map(({ marker }) => marker)
        .join(', ')} to the end)`,
    );
}

/** The server may be away when it is asked. */
async function withRetries(ask, withinMs) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const late = delay(Math.max(0, deadline - Date.now()), null, { ref: false }).then(() => {
      throw new Error(`the plan did not end within ${withinMs / 1000} s`);
    });
    try {
      return await Promise.race([ask(), late]);
    } catch (error) {
      if (
        Date.now() >= deadline ||
        !/UNAVAILABLE|Unavailable|ServiceError/.test(`${error.name} ${error.message} ${error.cause?.message}`)
      )
        throw error;
      await delay(500);
    }
  }
}

/** mulberry32: the same moments for the same seed. */
function toRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fisher and Yates. */
function shuffle(list, random) {
  const shuffled = [...list];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
  }
  return shuffled;
}
