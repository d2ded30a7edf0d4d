import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLedger } from '../support/artifacts.ts';
import { startAuthorized } from '../support/authorized.ts';
import { chain, emergencyOf, untilRaised, untilReviewed, type ExpectedEmergency } from '../support/emergency-steps.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openProbedThings } from '../support/probed-things.ts';

/**
 * Each kind of emergency from its beginning to its end: detection, alert, chain, temporary measure, recovery, review. Channels, of which the
 * execution itself takes care, have a file of their own.
 */
const things = openProbedThings('bench', 'web');
const { breakDown, fileOf, mend, probe } = things;

let engine: Engine;
/** Its workers come and go, which would take attempts from the others. */
let distant: Engine;
const remoteQueue = `remote-${process.pid}-${Date.now()}`;
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [scriptedAgent('worker', { capacity: 10 }), scriptedAgent('frail'), scriptedAgent('talker', { input: 'stream' })],
      resources: [{ id: 'bench', probe: probe('bench') }],
      dependencies: [{ id: 'web', probe: probe('web'), openFor: '300ms' }],
    },
  });
  distant = await openEngine({
    worker: { agentQueues: [] },
    config: { agents: [{ ...scriptedAgent('remote'), queue: remoteQueue }] },
  });
});
afterAll(async () => {
  await engine.close();
  await distant.close();
  things.remove();
});

/** A plan with a chain, and with the agents that its tasks name. */
const planOf = (tasks: readonly Record<string, unknown>[], more: Record<string, unknown> = {}) => ({
  ...onePlan(tasks, { agents: [...new Set(tasks.map(({ agent }) => agent))] }),
  escalation: chain('stop'),
  ...more,
});
const untilRunning = (execution: Execution): Promise<unknown> =>
  until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
/** Of what waits for the gate `held` needs something that fails meanwhile. */
const gated = (name: string, more: object) => [
  { id: 'gate', agent: 'worker', input: { steps: [{ until: fileOf(name) }] } },
  { id: 'held', agent: 'worker', dependsOn: ['gate'], ...more },
  { id: 'free', agent: 'worker', dependsOn: ['gate'] },
];

async function expectHeld(execution: Execution, name: string): Promise<void> {
  mend(name);
  await until(
    () => execution.tasks(),
    (all) => all.find(({ id }) => id === 'free')?.state === 'done',
  );
  expect((await execution.tasks()).find(({ id }) => id === 'held')).toMatchObject({ state: 'waiting', attempts: 0 });
}

test.concurrent.each<[string, { gate: string; needs: object; expected: ExpectedEmergency }]>([
  [
    'a resource fails: nothing that needs it starts, until its probe succeeds again',
    {
      gate: 'bench-gate',
      needs: { resources: ['bench'] },
      expected: {
        kind: 'resourceFailure',
        id: 'bench',
        alert: { id: 'resource/bench', kind: 'resource' },
        title: 'resource bench has failed',
        measure: 'nothing that needs it starts; what is at work goes on',
      },
    },
  ],
  [
    'an external dependency is down: its circuit opens, until a trial succeeds',
    {
      gate: 'web-gate',
      needs: { needs: ['web'] },
      expected: {
        kind: 'dependencyDown',
        id: 'web',
        alert: { id: 'dependency/web', kind: 'resource' },
        title: 'web is down',
        measure: 'nothing that needs it starts until a trial succeeds',
      },
    },
  ],
])('%s', async (_, { gate, needs, expected }) => {
  const execution = await startAuthorized(engine, planOf(gated(gate, needs)));
  await untilRunning(execution);
  breakDown(expected.id);
  const item = await untilRaised(engine, execution, expected);
  expect(item.options).toEqual(expect.arrayContaining(['wait', 'override', 'skip', 'rollback', 'stop']));
  expect((await emergencyOf(execution))?.circuit).toBe(expected.kind === 'dependencyDown' ? 'open' : undefined);
  await expectHeld(execution, gate);
  mend(expected.id);
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  await untilReviewed(engine, execution, expected);
});

test.concurrent('a quality crisis: one attempt at a time is started, until as many have succeeded as had failed', async () => {
  const expected: ExpectedEmergency = {
    kind: 'qualityCrisis',
    id: 'only',
    alert: { id: 'quality/only', kind: 'quality' },
    title: '3 attempts have failed within 5m',
    measure: 'one attempt at a time',
  };
  const steps = [
    { attempt: 1, exit: 1 },
    { attempt: 2, until: fileOf('good') },
  ];
  const tasks = ['a', 'b', 'c'].map((id) => ({ id, agent: 'worker', budget: { attempts: 3 }, input: { steps } }));
  const execution = await startAuthorized(engine, planOf(tasks, { quality: { failures: 3, within: '5m' } }));
  await untilRaised(engine, execution, expected);
  mend('good');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  await untilReviewed(engine, execution, expected);
});

test.concurrent('an agent that dies again and again has failed: it rests, and is good when it finishes', async () => {
  const expected: ExpectedEmergency = {
    kind: 'agentFailure',
    id: 'frail',
    alert: { id: 'agent/frail', kind: 'performance' },
    title: 'agent frail has failed',
    measure: 'frail gets no new work until',
  };
  const steps = [1, 2].flatMap((attempt) => [
    { attempt, error: { type: 'unavailable', message: 'my model is down' } },
    { attempt, exit: 1 },
  ]);
  const task = { id: 'page', agent: 'frail', input: { steps: [...steps, { until: fileOf('well') }] } };
  const execution = await startAuthorized(engine, planOf([task], { supervision: { agentFailures: 2, restFor: '1s' } }));
  await untilRaised(engine, execution, expected);
  mend('well');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 3 });
  await untilReviewed(engine, execution, expected);
});

test.concurrent('no worker takes what is given out: a communication breakdown, until one does', async () => {
  const expected: ExpectedEmergency = {
    kind: 'communicationBreakdown',
    id: remoteQueue,
    alert: { id: `queue/${remoteQueue}`, kind: 'communication' },
    title: `no worker of the task queue ${remoteQueue} can be reached`,
    measure: 'attempts are given out again until a worker takes them',
  };
  const remote = await distant.startWorker({ agentQueues: [remoteQueue] });
  const execution = await distant.start(planOf([{ id: 'far', agent: 'remote' }], { supervision: { pickUpWithin: '1s' } }));
  await execution.authorization();
  await remote.shutdown();
  await execution.authorize('dora');
  await untilRaised(distant, execution, expected);
  await distant.startWorker({ agentQueues: [remoteQueue] });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  await untilReviewed(distant, execution, expected);
});

test.concurrent('a streaming agent that says nothing although it lives: a communication breakdown, until it is heard again', async () => {
  const expected: ExpectedEmergency = {
    kind: 'communicationBreakdown',
    id: 'talker',
    alert: { id: 'silence/talker/talk', kind: 'communication' },
    title: 'agent talker is silent',
    measure: 'the attempt goes on until its own limits end it',
  };
  const steps = [{ until: fileOf('spoken') }, { status: { progress_percentage: 50 } }, { until: fileOf('over') }];
  const talk = { id: 'talk', agent: 'talker', input: { steps } };
  const execution = await startAuthorized(engine, planOf([talk], { supervision: { silentFor: '500ms' } }));
  await untilRaised(engine, execution, expected);
  mend('spoken');
  await until(
    () => readLedger(engine, execution.id),
    (ledger) => ledger.some(({ event, text }) => event === 'emergencyEnded' && text.includes('talker has said something')),
  );
  mend('over');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  await untilReviewed(engine, execution, expected);
});
