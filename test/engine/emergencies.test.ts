import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AmendmentAnswer } from '../../src/domain/execution/amendments/amendment-view.ts';
import type { EmergencyView } from '../../src/domain/views.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { artifactPath, readLedger } from '../support/artifacts.ts';
import { emergencyOf } from '../support/emergency-steps.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openProbedThings } from '../support/probed-things.ts';

const things = openProbedThings('rig', 'rig2', 'api', 'shop');
const { breakDown, fileOf, mend, probe } = things;

/** With the agents that its tasks name, and those who may stand in. */
const planOf = (tasks: readonly Record<string, unknown>[], ...others: string[]) => ({
  ...onePlan(tasks),
  sprints: [{ id: 'only', agents: [...new Set([...tasks.map(({ agent }) => agent), ...others])], tasks }],
});

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [scriptedAgent('worker', { capacity: 10 }), scriptedAgent('cloud', { capacity: 10, skills: ['cloud'] })],
      resources: ['rig', 'rig2'].map((id) => ({ id, probe: probe(id) })),
      dependencies: [
        { id: 'api', probe: probe('api'), openFor: '300ms' },
        { id: 'shop', failures: 2, openFor: '500ms' },
      ],
    },
  });
});
afterAll(async () => {
  await engine.close();
  things.remove();
});

const eventsOf = async (execution: Execution): Promise<string[]> =>
  (await readLedger(engine, execution.id)).map(({ event }) => event);

test.concurrent('a contingency puts another agent in the place of a resource that has failed, attempts at work included, and is undone', async () => {
  const busy = [
    { attempt: 1, write: 'part.txt' },
    { agent: 'worker', hang: true },
  ];
  const tasks = [
    { id: 'first', agent: 'worker', resources: ['rig'], input: { steps: busy } },
    { id: 'second', agent: 'worker', resources: ['rig'], dependsOn: ['gate'] },
    { id: 'gate', agent: 'worker', input: { steps: [{ until: fileOf('opened') }] } },
  ];
  const contingencies = [{ when: { resource: 'rig' }, do: [{ useAgent: 'cloud' }, { priority: 'high' }] }];
  const execution = await startAuthorized(engine, { ...planOf(tasks, 'cloud'), contingencies });
  await until(
    () => execution.status(),
    ({ coordination: { leases } }) => leases.some(({ resource }) => resource === 'rig'),
  );
  breakDown('rig');
  await until(
    () => execution.tasks(),
    (all) => all[0]?.state === 'done',
  );
  expect((await execution.tasks())[0]).toMatchObject({ agent_id: 'cloud', attempts: 2 });
  const { alerts } = await execution.status();
  expect(alerts.map(({ id }) => id)).toEqual(expect.arrayContaining(['resource/rig', 'contingency/1']));
  mend('rig');
  await until(
    () => emergencyOf(execution),
    (found) => found?.endedAt !== null,
  );
  mend('opened');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.tasks())[1]).toMatchObject({ agent_id: 'worker', priority: 'normal' });
  const report = JSON.parse(readFileSync(artifactPath(engine, execution.id, 'report.json'), 'utf8')) as {
    emergencies: EmergencyView[];
  };
  expect(report.emergencies[0]?.measures.join()).toContain('cloud does the work');
  expect(await eventsOf(execution)).toEqual(expect.arrayContaining(['contingencyActivated', 'contingencyUndone']));
});

test.concurrent('the probe of a dependency fails: the circuit opens, trials fail, then one succeeds and work goes on', async () => {
  const tasks = [
    { id: 'hold', agent: 'worker', input: { steps: [{ until: fileOf('held') }] } },
    { id: 'call', agent: 'worker', needs: ['api'], dependsOn: ['hold'] },
  ];
  const execution = await startAuthorized(engine, planOf(tasks));
  await until(
    () => execution.status(),
    ({ tasks: { running } }) => running === 1,
  );
  breakDown('api');
  expect(
    await until(
      () => emergencyOf(execution),
      (found) => found !== undefined,
    ),
  ).toMatchObject({ kind: 'dependencyDown', circuit: 'open' });
  mend('held');
  // Nothing is at work any more: people are asked, although the plan has no chain.
  await untilAsked(execution, ({ kind }) => kind === 'escalation');
  await until(
    () => eventsOf(execution),
    (events) => events.includes('circuitOpened'),
  );
  mend('api');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await eventsOf(execution)).toEqual(expect.arrayContaining(['circuitOpened', 'circuitHalfOpen', 'emergencyEnded']));
});

test.concurrent('while a resource is down a search for an order, the forecast and a preview of an amendment see it work again', async () => {
  const estimate = '20s';
  const bench = ['a', 'b', 'c'].map((id) => ({ id, agent: 'worker', estimate, resources: ['rig2'], dependsOn: ['long'] }));
  // It takes far less than estimated, which calls for another search.
  const long = { id: 'long', agent: 'worker', estimate, input: { steps: [{ until: fileOf('long') }] } };
  const execution = await startAuthorized(engine, planOf([long, ...bench]));
  await until(
    () => execution.status(),
    ({ tasks: { running } }) => running === 1,
  );
  breakDown('rig2');
  await until(
    () => emergencyOf(execution),
    (found) => found !== undefined,
  );
  mend('long');
  const ledger = await until(
    () => readLedger(engine, execution.id),
    (entries) => entries.filter(({ event }) => event === 'orderChosen' || event === 'orderSearchFailed').length === 2,
  );
  expect(ledger.filter(({ event }) => event === 'orderSearchFailed')).toEqual([]);
  const { forecastCompletion, tasks } = await execution.status();
  expect(tasks).toMatchObject({ done: 1, running: 0, waiting: 3 });
  expect(Date.parse(forecastCompletion ?? '')).toBeGreaterThan(Date.now());
  const changes = [{ changeTask: { task: 'c', set: { estimate: '80s' } } }];
  const { effect } = (await execution.update('amendPlan', { by: 'ann', changes, dryRun: true })) as AmendmentAnswer;
  // One after the other on the rig.
  expect(Date.parse(effect.forecastAfter ?? '') - Date.parse(effect.forecastBefore ?? '')).toBe(60_000);
  mend('rig2');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
});

test.concurrent('attempts say that a dependency is down: the circuit opens, and attempts are its trials, which do not use up the budget', async () => {
  const error = { type: 'DependencyDown', message: 'no answer from the shop', dependency: 'shop' };
  const steps = [1, 2, 3].flatMap((attempt) => [
    { attempt, error },
    { attempt, exit: 1 },
  ]);
  const execution = await startAuthorized(engine, planOf([{ id: 'buy', agent: 'worker', needs: ['shop'], input: { steps } }]));
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 4 });
  const circuit = ['emergencyStarted', 'circuitHalfOpen', 'circuitOpened', 'emergencyEnded'];
  const events = (await eventsOf(execution)).filter((event) => circuit.includes(event));
  expect(events).toEqual(['emergencyStarted', 'circuitHalfOpen', 'circuitOpened', 'circuitHalfOpen', 'emergencyEnded']);
});

test.concurrent('a quality crisis: so many fail in so short a time that one at a time is started, until as many have succeeded', async () => {
  const bad = ['a', 'b', 'c'].map((id) => ({ id, agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ exit: 1 }] } }));
  const held = [{ until: fileOf('sprouted') }];
  const good = ['d', 'e', 'f', 'g'].map((id) => ({ id, agent: 'worker', dependsOn: ['gate'] }));
  const tasks = [...bad, { id: 'gate', agent: 'worker', input: { steps: held } }, ...good];
  const execution = await startAuthorized(engine, {
    ...planOf(tasks),
    quality: { failures: 3, within: '5m' },
  });
  const found = await until(
    () => emergencyOf(execution),
    (one) => one !== undefined,
  );
  expect(found).toMatchObject({ kind: 'qualityCrisis', measures: ['one attempt at a time'], endedAt: null });
  expect((await execution.status()).alerts).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: 'quality/only', kind: 'quality' })]),
  );
  mend('sprouted');
  expect(
    await execution.handle.result().then(
      () => null,
      () => 'failed',
    ),
  ).toBe('failed');
  expect(await emergencyOf(execution)).toMatchObject({ kind: 'qualityCrisis', endedAt: expect.any(String) as string });
  expect((await execution.tasks()).filter(({ state }) => state === 'done').map(({ id }) => id)).toEqual([
    'gate',
    'd',
    'e',
    'f',
    'g',
  ]);
});

test.concurrent('a plan that uses nothing with a probe is not watched', async () => {
  const execution = await startAuthorized(engine, planOf([{ id: 'plain', agent: 'worker' }]));
  await execution.result();
  const history = await engine.client.workflow.getHandle(`${execution.id}/sprint/only`).fetchHistory();
  const activities = (history.events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
  );
  expect(activities).not.toContain('watchProbes');
});
