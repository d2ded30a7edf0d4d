import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import type { PactActivities } from '../../src/activities/index.ts';
import { scanProcesses } from '../../src/adapters/processes/process-table.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger, readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';

const journal = openAgentJournal();
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ config: { agents: [journal.agent('worker', { capacity: 2 })], killGrace: '1s' } });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

/** Path of a file that agents of a test wait for: the test opens it when it has seen what it wants to see. */
let gates = 0;
const newGate = (): string => `${engine.baseDir}/gate-${gates++}`;
const open = (gate: string): void => writeFileSync(gate, '');
const untilOpen = (gate: string) => ({ input: { steps: [{ until: gate }] } });

/** Processes that an attempt of the execution has left alive. */
const alive = async (execution: Execution): Promise<number> =>
  (await scanProcesses()).filter(({ marker }) => marker?.startsWith(`${execution.id}/`) === true).length;

const states = async (execution: Execution): Promise<Record<string, string>> =>
  Object.fromEntries((await execution.tasks()).map(({ id, state }) => [id, state]));

const phaseIs = (execution: Execution, wanted: string) =>
  until(
    () => execution.status(),
    ({ phase }) => phase === wanted,
  );
const failureOf = (execution: Execution): Promise<{ type?: string; message?: string; name?: string }> =>
  execution.result().then(
    () => ({}),
    (error: { cause: object }) => error.cause,
  );

test.concurrent('control: pause starts nothing new while what is at work finishes; resume goes on', async () => {
  const gate = newGate();
  const execution = await engine.start(
    onePlan([{ id: 'a', ...untilOpen(gate) }, { id: 'b', ...untilOpen(gate) }, { id: 'c' }, { id: 'd', dependsOn: ['a'] }]),
  );
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 2,
  );
  expect(await execution.update('pause', { by: 'ann', reason: 'a look' })).toMatchObject({ accepted: true, phase: 'paused' });
  open(gate);
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.done === 2,
  );
  const paused = await execution.status();
  expect(paused).toMatchObject({ phase: 'paused', reason: 'paused by ann: a look', tasks: { done: 2, waiting: 2, running: 0 } });
  expect(paused.inbox[0]).toMatchObject({ itemId: 'paused', options: ['resume'], otherwise: 'it is cancelled' });
  expect(journal.starts(execution.id)).toHaveLength(2);
  await execution.update('respond', { by: 'ann', itemId: 'paused', decision: 'resume' });
  expect((await execution.result()).phase).toBe('completed');
  expect(
    journal
      .starts(execution.id)
      .map(({ request }) => request.task.id)
      .toSorted(),
  ).toEqual(['a', 'b', 'c', 'd']);
});

test.concurrent('control: an emergency stop before the authorization holds it back; after resume it can be authorized', async () => {
  const execution = await engine.start(onePlan([{ id: 'a' }]));
  const { planHash } = await until(
    () => execution.authorization(),
    (view) => view.planHash !== null,
  );
  await execution.update('emergencyStop', { by: 'ann', reason: 'wait' });
  const approval = { by: 'ann', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  await expect(execution.update('authorize', approval)).rejects.toMatchObject({ cause: { type: 'NotAllowedInPhase' } });
  expect(await phaseIs(execution, 'stopped')).toMatchObject({ reason: 'stopped by ann: wait', coordination: { drained: null } });
  await execution.update('resume', { by: 'ann' });
  await phaseIs(execution, 'awaitingAuthorization');
  expect(journal.starts(execution.id)).toEqual([]);
  await execution.update('authorize', approval);
  expect((await execution.result()).phase).toBe('completed');
});

test.concurrent('control: halt ends what is at work and says how many, twice is once, and resume repeats nothing that is done', async () => {
  const gate = newGate();
  const plan = onePlan([
    { id: 'done' },
    { id: 'a', dependsOn: ['done'], ...untilOpen(gate) },
    { id: 'b', dependsOn: ['done'], ...untilOpen(gate) },
    { id: 'c', dependsOn: ['a', 'b'] },
  ]);
  const execution = await engine.start(plan);
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 3,
  );
  await execution.update('emergencyStop', { by: 'bo', reason: 'smoke' });
  await execution.handle.signal('emergencyStop', { by: 'bo', reason: 'more smoke' });
  const stopped = await phaseIs(execution, 'stopped');
  expect(stopped).toMatchObject({ coordination: { drained: { done: 2, of: 2 } }, tasks: { done: 1, waiting: 3, running: 0 } });
  expect(await alive(execution)).toBe(0);
  expect(await execution.sprint('only').query('status')).toMatchObject({ phase: 'stopped' });
  open(gate);
  await execution.update('resume', { by: 'bo' });
  expect((await execution.result()).phase).toBe('completed');
  expect(
    journal
      .starts(execution.id)
      .map(({ request }) => `${request.task.id}#${request.attempt}`)
      .toSorted(),
  ).toEqual(['a#1', 'a#2', 'b#1', 'b#2', 'c#1', 'done#1']);
  const ledger = await readLedger(engine, execution.id);
  expect(ledger.map(({ text }) => text)).toContain('drained 2 of 2');
});

test.concurrent('control: drain lets what is at work finish and starts nothing else', async () => {
  const gate = newGate();
  const execution = await engine.start(
    onePlan([
      { id: 'a', ...untilOpen(gate) },
      { id: 'b', dependsOn: ['a'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 1,
  );
  await execution.update('emergencyStop', { by: 'ann', reason: 'end of the day', mode: 'drain' });
  await phaseIs(execution, 'stopping');
  await expect(execution.update('resume', { by: 'ann' })).rejects.toMatchObject({ cause: { type: 'NotAllowedInPhase' } });
  expect(await alive(execution)).toBeGreaterThan(0);
  open(gate);
  expect(await phaseIs(execution, 'stopped')).toMatchObject({
    coordination: { drained: { done: 1, of: 1 } },
    tasks: { done: 1, waiting: 1 },
  });
  await execution.update('resume', { by: 'ann' });
  await execution.result();
  expect(journal.spans(execution.id).map(({ task, attempt }) => [task, attempt])).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
});

test.concurrent('control: a Temporal cancel ends as cancelled, with the agents dead and the report written', async () => {
  const execution = await engine.start(
    onePlan([
      { id: 'a', input: { steps: [{ ignoreTerm: true }, { child: 'session' }, { hang: true }] } },
      { id: 'done' },
      { id: 'b', dependsOn: ['a', 'done'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.done === 1 && tasks.running === 1,
  );
  await until(
    () => alive(execution),
    (count) => count >= 2,
  );
  await execution.handle.cancel();
  expect(await failureOf(execution)).toMatchObject({ name: 'CancelledFailure' });
  expect((await execution.handle.describe()).status.name).toBe('CANCELLED');
  expect((await execution.sprint('only').describe()).status.name).toBe('COMPLETED');
  expect(await alive(execution)).toBe(0);
  expect(await readReport(engine, execution.id)).toMatchObject({ phase: 'cancelled', totals: { tasks: 3, done: 1 } });
  expect(await states(execution)).toEqual({ a: 'cancelled', b: 'cancelled', done: 'done' });
});

test.concurrent('control: a cancel while the authorization is being written down lets it be written, then ends', async () => {
  let hold: Promise<void> | null = null;
  const adaptActivities = (activities: PactActivities): PactActivities => {
    const { journal: write } = activities.workflowActivities;
    const held: typeof write = async (input) => {
      await hold;
      return write(input);
    };
    return { ...activities, workflowActivities: { ...activities.workflowActivities, journal: held } };
  };
  const slow = await openEngine({ config: { agents: [journal.agent('worker')] }, worker: { adaptActivities } });
  try {
    const execution = await slow.start(onePlan([{ id: 'a' }]));
    let letGo = (): void => undefined;
    hold = new Promise((resolve) => (letGo = resolve));
    await execution.authorize();
    await execution.handle.cancel();
    await until(
      () => execution.status(),
      ({ phase }) => phase === 'cancelled' || phase === 'stopping',
    );
    letGo();
    expect(await failureOf(execution)).toMatchObject({ name: 'CancelledFailure' });
    const written = (await readLedger(slow, execution.id)).map(({ event }) => event);
    expect(written).toEqual(expect.arrayContaining(['approved', 'cancelRequested', 'executionEnded']));
  } finally {
    await slow.close();
  }
});

test.concurrent('control: a cancel while it waits for its authorization, or is stopped, ends at once', async () => {
  const waiting = await engine.start(onePlan([{ id: 'a' }]));
  await phaseIs(waiting, 'awaitingAuthorization');
  const stopped = await engine.start(onePlan([{ id: 'a', input: { steps: [{ hang: true }] } }]));
  await stopped.authorize();
  await until(
    () => stopped.status(),
    ({ tasks }) => tasks.running === 1,
  );
  await stopped.update('emergencyStop', { by: 'ann', reason: 'x' });
  await phaseIs(stopped, 'stopped');
  for (const execution of [waiting, stopped]) {
    await execution.handle.cancel();
    expect(await failureOf(execution)).toMatchObject({ name: 'CancelledFailure' });
    expect((await readReport(engine, execution.id)).phase).toBe('cancelled');
  }
});

test.concurrent('control: an execution terminated by hand takes its sprints and their agents with it', async () => {
  const execution = await engine.start(onePlan([{ id: 'a', input: { steps: [{ hang: true }] } }]));
  await execution.authorize();
  await until(
    () => alive(execution),
    (count) => count > 0,
  );
  await execution.handle.terminate('by hand');
  await until(
    () => alive(execution),
    (count) => count === 0,
  );
  const sprint = execution.sprint('only');
  await sprint.result().catch(() => undefined);
  expect((await sprint.describe()).status.name).toBe('COMPLETED');
  expect(await sprint.query('status')).toMatchObject({ phase: 'cancelled' });
});

test.concurrent('control: a sprint terminated by hand fails the execution, which names it', async () => {
  const plan = {
    pact: 1,
    project: { name: 'Test' },
    sprints: [
      { id: 'first', tasks: [{ id: 'a', input: { steps: [{ hang: true }] } }] },
      { id: 'second', tasks: [{ id: 'b' }] },
    ],
  };
  const execution = await engine.start(plan);
  await execution.authorize();
  await until(
    () => alive(execution),
    (count) => count > 0,
  );
  await execution.sprint('first').terminate('by hand');
  const failure = await failureOf(execution);
  expect(failure).toMatchObject({ type: 'PlanFailed', message: expect.stringContaining('sprint first failed') });
  expect((await readReport(engine, execution.id)).sprints).toMatchObject([
    { id: 'first', phase: 'failed' },
    { id: 'second', phase: 'skipped' },
  ]);
  expect(await states(execution)).toEqual({ a: 'cancelled', b: 'skipped' });
  await until(
    () => alive(execution),
    (count) => count === 0,
  );
});

test.concurrent('control: a task that fails for good fails the plan, skips what depends on it, and the rest is done', async () => {
  const execution = await engine.start(
    onePlan([{ id: 'a', budget: { attempts: 1 }, input: { steps: [{ exit: 3 }] } }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }]),
  );
  await execution.authorize();
  const failure = await failureOf(execution);
  expect(failure).toMatchObject({ type: 'PlanFailed' });
  expect((failure as { details?: unknown[] }).details?.[0]).toMatchObject({
    phase: 'failed',
    report: { sha256: expect.any(String) },
  });
  expect(await states(execution)).toEqual({ a: 'failed', b: 'skipped', c: 'done' });
});
