import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ExecutionExistsError,
  NoServerError,
  NoWorkerError,
  RefusedError,
  UnknownExecutionError,
} from '../../src/client/errors.ts';
import { connectClient } from '../../src/client/pact-client.ts';
import type { PactClient } from '../../src/client/pact-client.ts';
import type { WatchEvent } from '../../src/client/watch-event.ts';
import { openServer } from '../../src/server/open-server.ts';
import type { OpenServer } from '../../src/server/server-options.ts';
import { startStandIn } from './stand-in/stand-in-worker.ts';
import type { StandIn } from './stand-in/stand-in-worker.ts';

const plan = { pact: 1, project: { name: 'Parser 2.0' }, sprints: [] };
const hashOf = async (client: PactClient, id: string): Promise<string> => (await client.authorization(id)).planHash ?? '';

let baseDir: string;
let server: OpenServer;
let client: PactClient;
let worker: StandIn;

beforeAll(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'pact-client-'));
  server = await openServer({ baseDir, ephemeral: true, headless: true, say: () => {} });
  client = await connectClient({ address: server.address, env: {} });
  worker = await startStandIn(server.address);
}, 240_000);

afterAll(async () => {
  await worker?.stop();
  await client?.close();
  await server?.stop();
  await rm(baseDir, { recursive: true, force: true });
});

const start = (more: object = {}) => client.start({ plan: { ...plan, ...more }, taskQueue: worker.taskQueue });

async function authorized(more: object = {}): Promise<string> {
  const { executionId } = await start(more);
  await client.authorize(executionId, { by: 'ann', planHash: await hashOf(client, executionId), reviewed: true });
  return executionId;
}

describe('client.commands', () => {
  test('start gives an id made of the project and the time, and another one within the same second', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first.executionId).toMatch(/^pact-parser-2-0-\d{8}-\d{6}/);
    expect(second.executionId).not.toBe(first.executionId);
  });

  test('an id that was ever used is refused by name', async () => {
    const { executionId } = await start();
    await expect(client.start({ plan, executionId, taskQueue: worker.taskQueue })).rejects.toThrow(ExecutionExistsError);
  });

  test('authorize, respond, result and report go to the end of a plan', async () => {
    const executionId = await authorized({ report: 'file:///tmp/r/report.md' });
    expect(await client.inbox(executionId)).toHaveLength(1);
    const accepted = await client.respond(executionId, { by: 'ann', itemId: 'sign-off#1', decision: 'approve' });
    expect(accepted).toMatchObject({ accepted: true });
    expect(await client.result(executionId)).toMatchObject({ phase: 'completed', failure: null, summary: 'completed after all' });
    expect(await client.reportFile(executionId)).toMatchObject({ uri: 'file:///tmp/r/report.md' });
  });

  test('a refusal keeps the type of the engine', async () => {
    const { executionId } = await start();
    const planHash = await hashOf(client, executionId);
    const byBob = client.authorize(executionId, { by: 'bob', planHash, reviewed: true, emergencyStopUnderstood: true });
    await expect(byBob).rejects.toMatchObject({ name: 'RefusedError', type: 'NotAnApprover', message: /expected ann/ });
    const wrong = client.authorize(executionId, { by: 'ann', planHash: '00', reviewed: true, emergencyStopUnderstood: true });
    await expect(wrong).rejects.toMatchObject({ type: 'WrongHash' });
  });

  test('a message to an execution that has ended is refused in words', async () => {
    const { executionId } = await start();
    await client.reject(executionId, { by: 'ann', planHash: await hashOf(client, executionId), note: 'no' });
    expect(await client.result(executionId)).toMatchObject({ phase: 'rejected' });
    await expect(client.pause(executionId, { by: 'ann' })).rejects.toMatchObject({
      type: 'NotAllowedInPhase',
      message: /has ended/,
    });
  });

  test('a failed plan tells its type and its report', async () => {
    const executionId = await authorized({ fail: true, report: 'file:///tmp/r/report.md' });
    await client.respond(executionId, { by: 'ann', itemId: 'sign-off#1', decision: 'approve' });
    const outcome = await client.result(executionId);
    expect(outcome).toMatchObject({
      phase: 'failed',
      failure: { type: 'PlanFailed' },
      report: { uri: 'file:///tmp/r/report.md' },
    });
  });

  test('an id that nobody knows is said to be unknown', async () => {
    await expect(client.status('nobody')).rejects.toThrow(UnknownExecutionError);
    await expect(client.authorize('nobody', { by: 'ann' })).rejects.toThrow(UnknownExecutionError);
    await expect(client.result('nobody')).rejects.toThrow(UnknownExecutionError);
  });

  test('what the server terminated is not shown as running', async () => {
    const executionId = await authorized();
    await client.link.client.workflow.getHandle(executionId).terminate('enough');
    expect(await client.status(executionId)).toMatchObject({ source: 'workflow', phase: 'cancelled' });
    expect(await client.result(executionId)).toMatchObject({ phase: 'cancelled', failure: { type: 'Terminated' } });
  });
});

describe('client.watch', () => {
  test('tells each decision once, the inbox, the phases and the end', async () => {
    const { executionId } = await start();
    const events: WatchEvent[] = [];
    for await (const event of client.watch(executionId, { intervalMs: 50 })) {
      events.push(event);
      if (event.type === 'phase' && event.phase === 'awaitingAuthorization') {
        await client.authorize(executionId, { by: 'ann', planHash: await hashOf(client, executionId) });
      }
      if (event.type === 'inbox' && event.state === 'opened') {
        await client.respond(executionId, { by: 'ann', itemId: event.item.itemId, decision: 'approve' });
      }
    }
    const phases = events.filter((event) => event.type === 'phase').map((event) => event.phase);
    expect(phases).toEqual(['awaitingAuthorization', 'running', 'completed']);
    const decisions = events.filter((event) => event.type === 'decision').map((event) => event.decision.event);
    expect(decisions).toEqual(['authorized', 'responded']);
    expect(events.filter((event) => event.type === 'inbox').map((event) => event.state)).toEqual(['opened', 'closed']);
  });

  test('ends without an error when it is aborted', async () => {
    const { executionId } = await start();
    const controller = new AbortController();
    for await (const event of client.watch(executionId, { intervalMs: 50, signal: controller.signal })) {
      expect(event.executionId).toBe(executionId);
      controller.abort();
    }
  });
});

describe('client.without a worker', () => {
  test('status falls back to the records of the server and says so; a stop is kept; other commands say what is missing', async () => {
    const queue = `lonely-${Date.now()}`;
    const first = await startStandIn(server.address, queue);
    const { executionId } = await client.start({ plan, taskQueue: queue });
    expect(await client.status(executionId)).toMatchObject({ source: 'workflow', phase: 'awaitingAuthorization' });
    await expect.poll(async () => (await client.describe(executionId)).phase).toBe('awaitingAuthorization');
    await first.stop();
    // The pollers of a stopped worker of this very process look alive: ask on a queue that nobody ever polled.
    const { executionId: unserved } = await client.start({ plan, taskQueue: `${queue}-none` });
    const answer = await client.status(unserved);
    expect(answer).toMatchObject({ source: 'server', serverStatus: 'RUNNING', phase: null });
    expect(answer.source === 'server' ? answer.why : '').toMatch(/pact worker/);
    await expect(client.pause(unserved, { by: 'ann' })).rejects.toThrow(NoWorkerError);
    const delivery = await client.stop(unserved, { by: 'ann', reason: 'test', mode: 'halt' });
    expect(delivery).toMatchObject({ delivered: 'signal' });
    const late = await startStandIn(server.address, `${queue}-none`);
    await expect.poll(async () => (await client.status(unserved)).phase, { timeout: 20_000 }).toBe('stopped');
    await late.stop();
  });

  test('a closed execution answers from its result', async () => {
    const queue = `closed-${Date.now()}`;
    const { executionId } = await client.start({ plan, taskQueue: queue });
    await client.link.client.workflow.getHandle(executionId).terminate('enough');
    expect(await client.status(executionId)).toMatchObject({ source: 'server', phase: 'cancelled', serverStatus: 'TERMINATED' });
    expect(await client.reportFile(executionId)).toBeNull();
  });
});

describe('client.list', () => {
  test('finds what needs a person by search attribute', async () => {
    const { executionId } = await start();
    const found = async () => (await client.list({ needsPerson: true })).map((each) => each.executionId);
    await expect.poll(found, { timeout: 20_000 }).toContain(executionId);
    const listed = (await client.list({ open: true })).find((each) => each.executionId === executionId);
    expect(listed).toMatchObject({ project: 'Parser 2.0', phase: 'awaitingAuthorization', needsPerson: true, closedAt: null });
  });
});

describe('client.connection', () => {
  test('a port that nobody listens on is said at once', async () => {
    const startedAt = Date.now();
    await expect(connectClient({ address: '127.0.0.1:1', env: {} })).rejects.toThrow(NoServerError);
    expect(Date.now() - startedAt).toBeLessThan(4_000);
  });

  test.each(['', 'a b', 'host:port', 'http://x'])('an address like "%s" is refused with an example', async (address) => {
    await expect(connectClient({ address, env: {} })).rejects.toThrow(/expected an address such as localhost:7233/);
  });

  test('options win over the environment, the environment over the fallback', async () => {
    const byEnvironment = await connectClient({ env: { TEMPORAL_ADDRESS: server.address }, fallbackAddress: '127.0.0.1:1' });
    expect(byEnvironment.address).toBe(server.address);
    await byEnvironment.close();
    const byOption = await connectClient({ address: server.address, env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect(byOption.address).toBe(server.address);
    await byOption.close();
  });

  test('a namespace that is not there is named, with what to do', async () => {
    const elsewhere = await connectClient({ address: server.address, namespace: 'nowhere', env: {} });
    await expect(elsewhere.list()).rejects.toThrow(/"nowhere"/);
    await expect(elsewhere.start({ plan })).rejects.toThrow(/namespace create nowhere/);
    await elsewhere.close();
  });

  test('a refusal is an error with a type', () => {
    expect(new RefusedError('WrongHash', 'no')).toMatchObject({ type: 'WrongHash', message: 'no', details: [] });
  });
});
