import { Context } from '@temporalio/activity';
import { afterAll, expect, inject, test } from 'vitest';
import type { PactActivities } from '../../src/activities/index.ts';
import { readLedger } from '../support/artifacts.ts';
import { startAuthorized } from '../support/authorized.ts';
import { fetchRuns, onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openProbedThings } from '../support/probed-things.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** By test: a resource of its own, whose probe is a file. */
const things = openProbedThings('killed', 'ended', 'continued', 'deaf');
const engines: Engine[] = [];
const workers: WorkerProcess[] = [];
afterAll(async () => {
  for (const worker of workers) await worker.kill();
  for (const engine of engines) await engine.close();
  things.remove();
}, 60_000);

async function open(name: string, options: Parameters<typeof openEngine>[0] = {}): Promise<Engine> {
  const config = {
    agents: [scriptedAgent('worker', { capacity: 4 })],
    resources: [{ id: name, probe: things.probe(name) }],
    heartbeatTimeout: '5m',
    ...options.config,
  };
  const engine = await openEngine({ ...options, config });
  engines.push(engine);
  return engine;
}

async function startProcess({ configPath }: Engine): Promise<WorkerProcess> {
  const start = { configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
  const worker = await startWorkerProcess(start);
  workers.push(worker);
  return worker;
}

const gateOf = (name: string): string => things.fileOf(`gate-${name}`);
const hold = (id: string, name: string, more = {}) => ({ id, agent: 'worker', input: { steps: [{ until: name }] }, ...more });
/** One task is at work all the time, the other one needs what is watched. */
const planOf = (name: string, last = hold('hold', gateOf(name)), ...before: readonly Record<string, unknown>[]) =>
  onePlan([...before, last, { id: 'measure', agent: 'worker', resources: [name], dependsOn: ['hold'] }]);

/** How many outages have been noticed so far, and how many of them are over. */
async function outagesOf(execution: Execution): Promise<{ readonly found: number; readonly over: number }> {
  const all = (await execution.status()).coordination.emergencies ?? [];
  return { found: all.length, over: all.filter(({ endedAt }) => endedAt !== null).length };
}
const untilOutages = (execution: Execution, found: number, over: number): Promise<unknown> =>
  until(
    () => outagesOf(execution),
    (now) => now.found >= found && now.over >= over,
  );

/** One more outage begins, is noticed, and goes; then the work ends. Everything is told once. */
async function expectWatched(engine: Engine, execution: Execution, name: string, before: number): Promise<void> {
  things.breakDown(name);
  await untilOutages(execution, before + 1, before);
  things.mend(name);
  await untilOutages(execution, before + 1, before + 1);
  things.mend(`gate-${name}`);
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
  for (const event of ['emergencyStarted', 'emergencyEnded'])
    expect(
      events.filter((one) => one === event),
      event,
    ).toHaveLength(before + 1);
}

const running = (execution: Execution): Promise<unknown> =>
  until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );

test.concurrent('watch of probes: kill -9 of the worker: what was down across it is seen to work, what begins after it is noticed', async () => {
  const engine = await open('killed', { worker: null });
  const first = await startProcess(engine);
  const execution = await startAuthorized(engine, planOf('killed'));
  await running(execution);
  things.breakDown('killed');
  await untilOutages(execution, 1, 0);
  await first.kill();
  await startProcess(engine);
  await running(execution);
  expect(await outagesOf(execution)).toEqual({ found: 1, over: 0 });
  things.mend('killed');
  await untilOutages(execution, 1, 1);
  await expectWatched(engine, execution, 'killed', 1);
});

test.concurrent('watch of probes: a worker that ends in order hands it on', async () => {
  const engine = await open('ended');
  const execution = await startAuthorized(engine, planOf('ended'));
  await running(execution);
  things.breakDown('ended');
  await untilOutages(execution, 1, 0);
  await engine.worker?.shutdown();
  things.mend('ended');
  await engine.startWorker();
  await untilOutages(execution, 1, 1);
  await expectWatched(engine, execution, 'ended', 1);
});

test.concurrent('watch of probes: runs of the sprint that continue as new hand it on', async () => {
  const engine = await open('continued', { worker: { continueAfterEvents: 30 } });
  const quick = Array.from({ length: 8 }, (_, n) => ({
    id: `quick-${n}`,
    agent: 'worker',
    dependsOn: [n === 0 ? 'first' : `quick-${n - 1}`],
  }));
  const first = hold('first', gateOf('first'));
  const last = hold('hold', gateOf('continued'), { dependsOn: ['quick-7'] });
  const execution = await startAuthorized(engine, planOf('continued', last, first, ...quick));
  const runs = async (): Promise<number> => (await fetchRuns(engine.client, `${execution.id}/sprint/only`)).length;
  await running(execution);
  things.breakDown('continued');
  await untilOutages(execution, 1, 0);
  things.mend('gate-first');
  await until(runs, (count) => count > 1);
  expect(await outagesOf(execution)).toEqual({ found: 1, over: 0 });
  things.mend('continued');
  await untilOutages(execution, 1, 1);
  await expectWatched(engine, execution, 'continued', 1);
});

test.concurrent('watch of probes: one whose heartbeats are lost is done anew beside it, and nothing is told twice', async () => {
  /** The first attempt goes on, and the server hears nothing of it: as behind a broken line. */
  const adaptActivities = (activities: PactActivities): PactActivities => {
    const { watchProbes } = activities.agentActivities;
    const deaf: typeof watchProbes = (input) => {
      const context = Context.current();
      if (context.info.attempt === 1) Object.defineProperty(context, 'heartbeat', { value: () => undefined });
      return watchProbes(input);
    };
    return { ...activities, agentActivities: { ...activities.agentActivities, watchProbes: deaf } };
  };
  const engine = await open('deaf', { worker: { adaptActivities }, config: { heartbeatTimeout: '3s' } });
  const execution = await startAuthorized(engine, planOf('deaf'));
  await running(execution);
  things.breakDown('deaf');
  await untilOutages(execution, 1, 0);
  await until(
    async () => (await execution.sprint('only').describe()).raw.pendingActivities ?? [],
    (pending) => pending.some(({ activityType, attempt }) => activityType?.name === 'watchProbes' && (attempt ?? 0) > 1),
  );
  things.mend('deaf');
  await untilOutages(execution, 1, 1);
  await expectWatched(engine, execution, 'deaf', 1);
});
