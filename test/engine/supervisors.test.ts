import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { DecisionView } from '../../src/domain/views.ts';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ config: { agents: [scriptedAgent('worker', { capacity: 10 })] } });
});
afterAll(() => engine.close());

test.concurrent('supervisors: a hung agent whose worker keeps beating is found by progress and retried', async () => {
  const execution = await engine.start(
    onePlan([
      { id: 'hung', agent: 'worker', stallAfter: '3s', input: { steps: [{ log: 'still here' }, { attempt: 1, hang: true }] } },
    ]),
  );
  await execution.authorize();
  const hung = await agentOf(execution, 'hung/1');
  // It lives and its heartbeats go on; nothing but the missing progress tells.
  await until(
    () => beats(execution),
    (count) => count >= 2,
  );
  expect(attemptProcesses(execution.id).map(({ pid }) => pid)).toContain(hung);
  expect((await execution.result()).phase).toBe('completed');
  expect(await endings(execution)).toEqual(['stalled']);
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 2, state: 'done' });
});

test.concurrent('supervisors: an agent killed from outside is found at once and retried', async () => {
  const execution = await engine.start(
    onePlan([{ id: 'dies', agent: 'worker', input: { steps: [{ attempt: 1, hang: true }] } }]),
  );
  await execution.authorize();
  process.kill(await agentOf(execution, 'dies/1'), 'SIGKILL');
  const killedAt = Date.now();
  const [decision] = await until(
    () => decisionsOf(execution, 'attemptFailed'),
    (failed) => failed.length > 0,
  );
  expect(decision?.data).toMatchObject({ task: 'dies', attempt: 1, cause: 'agent' });
  expect(decision?.text).toContain('SIGKILL');
  // The heartbeat timeout is 10 s here: nobody waited for it.
  expect(Date.parse(decision?.at ?? '') - killedAt).toBeLessThan(5_000);
  expect((await execution.result()).phase).toBe('completed');
  expect((await execution.tasks())[0]?.attempts).toBe(2);
});

test.concurrent('supervisors: a slow agent that moves is left alone, its later end is forecast and raises an alert', async () => {
  const steps = [{ pace: { everyMs: 200, totalMs: 12_000 } }];
  const execution = await engine.start(
    onePlan([{ id: 'slow', agent: 'worker', estimate: '3s', stallAfter: '2s', input: { steps } }]),
  );
  await execution.authorize();
  const first = await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  const slipped = await until(
    () => execution.status(),
    ({ alerts }) => alerts.some(({ kind }) => kind === 'timeline'),
  );
  const laterMs = Date.parse(slipped.forecastCompletion ?? '') - Date.parse(first.forecastCompletion ?? '');
  expect(laterMs).toBeGreaterThan(3_000);
  expect(slipped.tasks.running).toBe(1);
  await execution.update('respond', { by: 'ann', itemId: 'alert/slip/slow', decision: 'acknowledge' });
  await until(
    () => execution.status(),
    ({ alerts }) => alerts.some(({ acknowledged }) => acknowledged?.by === 'ann'),
  );
  expect((await execution.result()).phase).toBe('completed');
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 1, state: 'done' });
  expect(await decisionsOf(execution, 'forecastSlipped')).toHaveLength(1);
});

test.concurrent('supervisors: a dead worker is found by its heartbeats, and its work done by another, no attempt used up', async () => {
  const pair = await openPair();
  try {
    const execution = await pair.engine.start(
      onePlan([{ id: 'orphan', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ attempt: 1, hang: true }] } }]),
    );
    await execution.authorize();
    await agentOf(execution, 'orphan/1');
    await pair.engine.startWorker();
    await pair.first.kill();
    expect((await execution.result()).phase).toBe('completed');
    expect(await endings(execution)).toEqual(['lost']);
    expect((await execution.tasks())[0]).toMatchObject({ attempts: 2, state: 'done' });
    expect(attemptProcesses(execution.id)).toEqual([]);
  } finally {
    await pair.close();
  }
});

test.concurrent('supervisors: a worker frozen past its heartbeats comes back too late: result refused, agent killed', async () => {
  const pair = await openPair();
  const gate = join(pair.engine.baseDir, 'gate');
  try {
    const execution = await pair.engine.start(
      onePlan([
        { id: 'late', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ attempt: 1, until: gate }] } },
        { id: 'stale', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ attempt: 1, hang: true }] } },
        { id: 'last', agent: 'worker', input: { steps: [{ until: `${gate}-last` }] } },
      ]),
    );
    await execution.authorize();
    const stale = await agentOf(execution, 'stale/1');
    await agentOf(execution, 'late/1');
    pair.first.send('SIGSTOP');
    await pair.engine.startWorker();
    // Its agents know nothing of this: one of them finishes while nobody listens.
    await writeFile(gate, '');
    await until(
      () => pair.engine.client.workflow.getHandle(`${execution.id}/sprint/only`).fetchHistory(),
      ({ events }) => (events ?? []).filter((event) => event.activityTaskTimedOutEventAttributes).length >= 3,
      60_000,
    );
    pair.first.send('SIGCONT');
    await until(
      () => attemptProcesses(execution.id).map(({ pid }) => pid),
      (pids) => !pids.includes(stale),
      10_000,
    );
    await writeFile(`${gate}-last`, '');
    expect((await execution.result()).phase).toBe('completed');
    for (const task of ['late', 'stale', 'last']) {
      const finished = (await ledger(pair.engine, execution)).filter(
        ({ event, data }) => event === 'taskFinished' && data.task === task,
      );
      expect(finished, task).toHaveLength(1);
      expect(finished[0]?.data.attempt, task).toBeGreaterThan(1);
    }
    expect(new Set(await endings(execution))).toEqual(new Set(['lost']));
    await until(
      () => attemptProcesses(execution.id),
      (left) => left.length === 0,
      10_000,
    );
  } finally {
    await pair.close();
  }
});

/** An engine whose first worker is a process of its own, with the shortest heartbeat timeout. */
async function openPair() {
  const config = { agents: [scriptedAgent('worker', { capacity: 10 })], heartbeatTimeout: '3s', killGrace: '500ms' };
  const own = await openEngine({ worker: null, config });
  const first = await startWorkerProcess({ configPath: own.configPath, address: inject('temporalAddress') });
  const close = async (): Promise<void> => {
    await first.kill();
    await own.close();
  };
  return { engine: own, first, close };
}

/** Pid of the main process of `<task>/<attempt>`, once it runs its steps. */
async function agentOf(execution: Execution, attempt: string): Promise<number> {
  const [first] = await until(
    () => attemptProcesses(execution.id).filter(({ marker }) => marker === `${execution.id}/${attempt}`),
    (found) => found.length > 0,
  );
  return first?.pid as number;
}

/** Beats seen so far, by the moments of the last one. */
const seen = new Map<string, Set<number>>();
async function beats(execution: Execution): Promise<number> {
  const { raw } = await execution.sprint('only').describe();
  const moments = seen.get(execution.id) ?? new Set();
  seen.set(execution.id, moments);
  for (const { lastHeartbeatTime } of raw.pendingActivities ?? []) moments.add(Number(lastHeartbeatTime?.seconds ?? 0));
  return moments.size;
}

async function decisionsOf(execution: Execution, event: string): Promise<DecisionView[]> {
  const { items } = await execution.sprint('only').query<{ items: DecisionView[] }, [object]>('decisions', { limit: 200 });
  return items.filter((decision) => decision.event === event);
}

/** Causes of all attempts that ended without a result. */
const endings = async (execution: Execution): Promise<unknown[]> =>
  (await decisionsOf(execution, 'attemptFailed')).map(({ data }) => (data as { cause?: unknown }).cause);

async function ledger(
  { baseDir }: Engine,
  { id }: Execution,
): Promise<{ event: string; data: { task?: string; attempt?: number } }[]> {
  const text = await readFile(join(baseDir, '.pact/artifacts', id, 'ledger.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
