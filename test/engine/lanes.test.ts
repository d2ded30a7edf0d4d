import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { fillRun, passRuns, SHORT_RUN } from '../support/runs.ts';

const journal = openAgentJournal();
let engine: Engine;
beforeAll(async () => {
  const agents = [journal.agent('worker', { capacity: 20 })];
  engine = await openEngine({ config: { agents, killGrace: '1s' }, worker: { continueAfterEvents: SHORT_RUN } });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

/** On a machine that others load, too. */
const LONG_MS = 90_000;

const isRunning = async (id: string): Promise<boolean> =>
  (await engine.client.workflow.getHandle(id).describe()).status.name === 'RUNNING';

/** Tasks with an attempt at work: `<task>/<attempt>`. */
const atWork = (execution: Execution): string[] =>
  attemptProcesses(execution.id).map(({ marker }) => marker.slice(execution.id.length + 1));

const startsOf = (execution: Execution): string[] =>
  journal
    .starts(execution.id)
    .map(({ request }) => `${request.task.id}#${request.attempt}`)
    .toSorted();

interface Bridge {
  readonly execution: Execution;
  readonly sprintId: string;
  readonly laneId: string;
  open(gate: string): void;
}

/**
 * An execution whose sprint has work in a lane: its run is full, `holder` keeps it from ending until the gate `holder` opens, and each
 * task of `held` is at work in the lane until its gate opens.
 */
async function startBridge(
  held: readonly string[],
  more: readonly Record<string, unknown>[] = [],
  on: Engine = engine,
): Promise<Bridge> {
  const gates = join(on.baseDir, `gate-${Math.random()}`);
  const waiting = (id: string, given = {}) => ({
    id,
    agent: 'worker',
    budget: { attempts: 1 },
    input: { steps: [{ until: `${gates}-${id}` }] },
    ...given,
  });
  const behind = held.map((id) => waiting(id, { dependsOn: ['opener'] }));
  const execution = await on.start(onePlan([waiting('holder'), waiting('opener'), ...behind, ...more]));
  const open = (gate: string): void => writeFileSync(`${gates}-${gate}`, '');
  const sprintId = `${execution.id}/sprint/only`;
  await execution.authorize();
  await until(
    () => atWork(execution),
    (tasks) => tasks.length === 2,
    LONG_MS,
  );
  await fillRun(engine.client, sprintId);
  open('opener');
  await until(
    () => atWork(execution),
    (tasks) => held.every((id) => tasks.includes(`${id}/1`)),
    LONG_MS,
  );
  return { execution, sprintId, laneId: `${sprintId}/lane/1`, open };
}

/** Lets the run that has opened the lane end. */
async function leaveFirstRun({ sprintId, open }: Bridge): Promise<void> {
  const sprint = engine.client.workflow.getHandle(sprintId);
  const { runId } = await sprint.describe();
  open('holder');
  await until(
    async () => (await sprint.describe()).runId,
    (id) => id !== runId,
    LONG_MS,
  );
}

test.concurrent('lanes: one that is terminated by hand, in the run that has opened it or later, costs no attempt: all is done again', async () => {
  const bridge = await startBridge(['held']);
  const { execution, sprintId, laneId } = bridge;
  const terminate = async (id: string, attempt: number): Promise<void> => {
    await engine.client.workflow.getHandle(id).terminate('by hand');
    await until(
      () => startsOf(execution),
      (starts) => starts.includes(`held#${attempt + 1}`),
      LONG_MS,
    );
    await until(
      () => atWork(execution),
      (tasks) => !tasks.includes(`held/${attempt}`),
      LONG_MS,
    );
  };
  await terminate(laneId, 1);
  await leaveFirstRun(bridge);
  await terminate(`${sprintId}/lane/2`, 2);
  bridge.open('held');
  expect(await execution.result()).toMatchObject({ phase: 'completed', summary: 'completed: 3 of 3 tasks done' });
  expect(startsOf(execution)).toEqual(['held#1', 'held#2', 'held#3', 'holder#1', 'opener#1']);
  const failures = (await readLedger(engine, execution.id)).filter(({ event }) => event === 'attemptFailed');
  expect(failures.map(({ data }) => [data.task, data.cause])).toEqual([
    ['held', 'lost'],
    ['held', 'lost'],
  ]);
});

test.concurrent('lanes: an attempt goes on beside several runs of its sprint, while others come and go, each told once', async () => {
  const quick = Array.from({ length: 6 }, (_, n) => ({ id: `quick-${n}`, agent: 'worker', dependsOn: ['holder'] }));
  const bridge = await startBridge(['long'], quick);
  const { execution, sprintId, open } = bridge;
  await leaveFirstRun(bridge);
  // Results come while runs end: the six are at work meanwhile.
  await passRuns(engine.client, sprintId, 2);
  expect(atWork(execution)).toContain('long/1');
  open('long');
  expect((await execution.result()).phase).toBe('completed');
  const once = ['holder', 'opener', 'long', ...quick.map(({ id }) => id)];
  expect(startsOf(execution)).toEqual(once.map((id) => `${id}#1`).toSorted());
  const finished = (await readLedger(engine, execution.id)).filter(({ event }) => event === 'taskFinished');
  expect(finished.map(({ data }) => data.task).toSorted()).toEqual(once.toSorted());
});

test.concurrent('lanes: stop, resume and pause reach attempts in them; what is done is not repeated', async () => {
  const held = ['one', 'two', 'three'];
  const bridge = await startBridge(held);
  const { execution } = bridge;
  await leaveFirstRun(bridge);
  await execution.update('pause', { by: 'ann' });
  expect(atWork(execution).toSorted()).toEqual(['one/1', 'three/1', 'two/1']);
  await execution.update('emergencyStop', { by: 'ann', reason: 'a drill' });
  const { coordination } = await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopped',
  );
  expect(coordination.drained).toEqual({ done: 3, of: 3 });
  expect(atWork(execution)).toEqual([]);
  held.forEach(bridge.open);
  await execution.update('resume', { by: 'ann' });
  expect(await execution.result()).toMatchObject({ phase: 'completed', summary: 'completed: 5 of 5 tasks done' });
  const again = ['one#1', 'one#2', 'three#1', 'three#2', 'two#1', 'two#2'];
  expect(startsOf(execution)).toEqual(['holder#1', ...again, 'opener#1'].toSorted());
});

test.concurrent('lanes: a cancel of the execution reaches attempts in them', async () => {
  const bridge = await startBridge(['held']);
  await leaveFirstRun(bridge);
  await bridge.execution.handle.cancel();
  await expect(bridge.execution.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(atWork(bridge.execution)).toEqual([]);
  await until(
    () => isRunning(bridge.laneId),
    (running) => !running,
  );
});

/** So much that the input of its sprint travels by reference: each run of it begins by loading pages. */
const ballast = Array.from({ length: 5 }, (_, n) => ({
  id: `ballast-${n}`,
  agent: 'worker',
  dependsOn: ['held'],
  input: { noise: randomBytes(44_000).toString('base64') },
}));

test.concurrent('lanes: a cancel that comes before the first step of a new run ends attempts in them before the execution ends', async () => {
  const agents = [journal.agent('worker', { capacity: 20 })];
  const own = await openEngine({ config: { agents, killGrace: '1s' }, worker: { continueAfterEvents: SHORT_RUN } });
  try {
    const bridge = await startBridge(['held'], ballast, own);
    const { execution, sprintId } = bridge;
    const blobs = join(own.baseDir, '.pact', 'blobs');
    renameSync(blobs, `${blobs}-away`);
    await leaveFirstRun(bridge);
    await execution.handle.cancel();
    await until(
      async () => (await own.client.workflow.getHandle(sprintId).fetchHistory()).events ?? [],
      (events) => events.some((event) => event.workflowExecutionCancelRequestedEventAttributes),
      LONG_MS,
    );
    renameSync(`${blobs}-away`, blobs);
    await expect(execution.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(atWork(execution)).toEqual([]);
  } finally {
    await own.close();
  }
});

test.concurrent('lanes: an execution that is terminated by hand in a later run takes its sprints, lanes and agents with it', async () => {
  const bridge = await startBridge(['held']);
  const { execution, sprintId, laneId } = bridge;
  await leaveFirstRun(bridge);
  await passRuns(engine.client, execution.id);
  await execution.handle.terminate('by hand');
  await until(
    async () => [await isRunning(sprintId), await isRunning(laneId), atWork(execution).length > 0],
    (alive) => !alive.includes(true),
    LONG_MS,
  );
});

test.concurrent('lanes: a sprint that is terminated by hand after its execution has continued ends it, and its agents', async () => {
  const bridge = await startBridge(['held']);
  const { execution, sprintId, laneId } = bridge;
  await leaveFirstRun(bridge);
  await passRuns(engine.client, execution.id);
  await engine.client.workflow.getHandle(sprintId).terminate('by hand');
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  await until(
    async () => [await isRunning(laneId), atWork(execution).length > 0],
    (alive) => !alive.includes(true),
    LONG_MS,
  );
});

test.concurrent('lanes: past half of a run, what is estimated to take long goes to a lane at once, and nothing else does', async () => {
  const roomy = await openEngine({
    config: { agents: [journal.agent('worker', { capacity: 20 })] },
    worker: { continueAfterEvents: 400 },
  });
  try {
    const gate = join(roomy.baseDir, 'gate');
    const hanging = (id: string, estimate: string) => ({
      id,
      agent: 'worker',
      estimate,
      dependsOn: ['opener'],
      input: { steps: [{ hang: true }] },
    });
    const opener = { id: 'opener', agent: 'worker', input: { steps: [{ until: gate }] } };
    const execution = await roomy.start(onePlan([opener, hanging('short', '10m'), hanging('long', '11m')]));
    await execution.authorize();
    const sprintId = `${execution.id}/sprint/only`;
    await until(
      () => atWork(execution),
      (tasks) => tasks.length === 1,
      LONG_MS,
    );
    await fillRun(roomy.client, sprintId, 200);
    writeFileSync(gate, '');
    await until(
      () => atWork(execution),
      (tasks) => tasks.includes('short/1') && tasks.includes('long/1'),
      LONG_MS,
    );
    const attemptsOf = async (id: string): Promise<unknown> => {
      const { raw } = await roomy.client.workflow.getHandle(id).describe();
      return raw.pendingActivities?.map(({ activityId }) => activityId);
    };
    expect(await attemptsOf(sprintId)).toContain('short#1');
    expect(await attemptsOf(`${sprintId}/lane/1`)).toEqual(['long#1']);
    await execution.handle.cancel();
    await expect(execution.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  } finally {
    await roomy.close();
  }
});
