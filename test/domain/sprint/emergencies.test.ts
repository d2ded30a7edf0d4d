import { describe, expect, test } from 'vitest';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { agent, task } from './sprint-definition.ts';
import { chain, runWatched } from './emergency-run.ts';

const worker = agent('worker', { capacity: 5 });
const bench = (id: string, given = {}) => task(id, { resources: [{ id: 'bench', mode: 'exclusive' }], ...given });
const mail = (id: string, given = {}) => task(id, { needs: ['mail'], ...given });
const dependencyDown = { message: 'no mail', dependencyDown: null };

describe('a resource that has failed', () => {
  test('keeps its tasks back, and others go on, until its probe succeeds', () => {
    const run = runWatched({ tasks: [bench('a'), bench('b'), task('c')], agents: [worker], resources: { bench: 1 } });
    run.start();
    expect(run.effects().filter(({ type }) => type === 'watchProbes')).toHaveLength(1);
    run.probe('resource', 'bench', 'down');
    run.probe('resource', 'bench', 'down');
    run.probe('resource', 'unknown', 'down');
    run.finish('a');
    expect(run.atWork()).toEqual(['c']);
    expect(run.emergencies()).toMatchObject([{ kind: 'resourceFailure', id: 'bench', endedAt: null }]);
    expect(run.alerts()).toEqual(['resource/bench']);
    run.probe('resource', 'bench', 'up');
    run.probe('resource', 'bench', 'up');
    expect(run.atWork()).toEqual(['b', 'c']);
    expect(run.alerts()).toEqual([]);
    expect(run.emergencies()).toMatchObject([{ endedAt: expect.any(String) as string }]);
    expect(run.events().filter((event) => event.startsWith('emergency'))).toEqual(['emergencyStarted', 'emergencyEnded']);
  });

  test.each([
    ['override', ['a'], 'waiting'],
    ['skip', [], 'skipped'],
    ['reject', [], 'failed'],
    ['wait', [], 'waiting'],
  ])('goes before the chain, which decides: %s', (decision, atWork, next) => {
    const run = runWatched({
      tasks: [bench('a', { dependsOn: ['gate'] }), task('gate'), bench('z', { dependsOn: ['a'] })],
      agents: [worker],
      escalation: chain,
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    expect(run.asked()).toEqual(['resource/bench']);
    run.finish('gate');
    run.decide(decision);
    expect(run.atWork()).toEqual(atWork);
    expect(run.stateOf('z')).toBe(next === 'failed' ? 'skipped' : next);
  });

  test('is asked about again a day after people decided to wait, and not any more when it works', () => {
    const run = runWatched({ tasks: [bench('a')], agents: [worker], escalation: chain });
    run.probe('resource', 'bench', 'down');
    run.start();
    run.decide('wait');
    expect(run.asked()).toEqual([]);
    run.passTime(86_400_000);
    expect(run.asked()).toEqual(['resource/bench']);
    run.probe('resource', 'bench', 'up');
    expect(run.asked()).toEqual([]);
    expect(run.effects()).toContainEqual(
      expect.objectContaining({ type: 'tellProcedure', n: 2, news: expect.objectContaining({ type: 'withdrawn' }) as object }),
    );
    run.decide('skip', {}, 2);
    expect(run.atWork()).toEqual(['a']);
  });

  test('is asked about without a chain when nothing else is left to do', () => {
    const run = runWatched({ tasks: [bench('a'), task('b')], agents: [worker] });
    run.probe('resource', 'bench', 'down');
    run.start();
    expect(run.asked()).toEqual([]);
    run.finish('b');
    expect(run.asked()).toEqual(['resource/bench']);
    run.decide('override');
    expect(run.atWork()).toEqual(['a']);
  });

  test('stays so in the next run and after an amendment', () => {
    const run = runWatched({ tasks: [bench('a')], agents: [worker] });
    run.start();
    run.probe('resource', 'bench', 'down');
    const amendment = { revision: 1, tasks: [bench('n')], watched: run.sprint.definition.watched as object as never };
    run.happen({ type: 'amended', amendment });
    expect(run.effects().filter(({ type }) => type === 'watchProbes')).toHaveLength(2);
    run.finish('a');
    expect(run.atWork()).toEqual([]);
    const next = fromCarriedState(
      run.sprint.definition,
      JSON.parse(JSON.stringify(toCarriedState(run.sprint))) as ReturnType<typeof toCarriedState>,
    );
    expect(next.state.resources).toEqual(run.state.resources);
    expect(next.state.emergencies).toEqual(run.state.emergencies);
  });
});

test('a note of a kind that nobody knows is loud, not lost', () => {
  const run = runWatched({ tasks: [task('a')], agents: [worker] });
  run.probe('resource', 'bench', 'down');
  run.state.emergencies?.heard.push({ type: 'alien' } as never);
  expect(() => run.start()).toThrow('Unhandled case: {"type":"alien"}');
});

describe('the circuit of a dependency', () => {
  test('opens and closes by its probe, with trials in between', () => {
    const run = runWatched({ tasks: [mail('a')], agents: [worker] });
    run.probe('dependency', 'mail', 'down');
    run.probe('dependency', 'mail', 'trialFailed');
    run.start();
    expect(run.atWork()).toEqual([]);
    expect(run.emergencies()).toMatchObject([{ kind: 'dependencyDown', circuit: 'open' }]);
    run.probe('dependency', 'mail', 'up');
    run.probe('dependency', 'mail', 'up');
    expect(run.atWork()).toEqual(['a']);
    expect(run.events().filter((event) => event.startsWith('circuit'))).toEqual(['circuitOpened', 'circuitHalfOpen']);
  });

  test('opens by attempts in a row; one attempt is its trial, at no cost for the task', () => {
    const run = runWatched({ tasks: [mail('a'), mail('b'), mail('c')], agents: [worker] });
    run.start();
    run.fail('a', dependencyDown);
    run.fail('b', { ...dependencyDown, dependencyDown: 'ftp' });
    run.fail('b', { ...dependencyDown, dependencyDown: 'mail' });
    run.fail('c', dependencyDown);
    expect(run.emergencies()).toMatchObject([{ circuit: 'open' }]);
    run.probe('dependency', 'mail', 'up');
    run.fail('a', dependencyDown);
    expect(run.atWork()).toEqual([]);
    run.passTime(10_000);
    expect(run.emergencies()).toMatchObject([{ circuit: 'halfOpen' }]);
    expect(run.atWork()).toHaveLength(1);
    const [trial = ''] = run.atWork();
    const { failures } = run.runOf(trial);
    run.fail(trial, dependencyDown);
    expect(run.runOf(trial).failures).toBe(failures);
    expect(run.emergencies()).toMatchObject([{ circuit: 'open' }]);
    run.passTime(10_000);
    run.finish(run.atWork()[0] ?? '');
    expect(run.emergencies()).toMatchObject([{ endedAt: expect.any(String) as string }]);
    expect(run.atWork()).toHaveLength(2);
  });

  test('is not opened by failures with a success between them, nor of what nobody watches', () => {
    const run = runWatched({ tasks: [mail('a'), mail('b'), task('c', { needs: ['ftp'] })], agents: [worker] });
    run.start();
    run.fail('a', dependencyDown);
    run.finish('b');
    run.fail('a', dependencyDown);
    run.fail('c', dependencyDown);
    expect(run.emergencies()).toEqual([]);
  });
});

describe('a quality crisis', () => {
  const quality = { failures: 2, withinMs: 60_000, measure: 'throttle' as const };
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((id) => task(id, { budget: { timeMs: null, attempts: 1 } }));

  test('throttles, until as many attempts have succeeded', () => {
    const run = runWatched({ tasks, agents: [agent('worker', { capacity: 2 })], quality });
    run.start();
    const [a = '', b = ''] = run.atWork();
    run.fail(a, { cause: 'lost' });
    for (const id of [a, b]) run.fail(id, { cause: 'check' });
    expect(run.emergencies()).toMatchObject([{ kind: 'qualityCrisis', id: 'core', measures: ['one attempt at a time'] }]);
    const [still = ''] = run.atWork();
    run.finish(still);
    expect(run.atWork()).toHaveLength(1);
    for (let [next] = run.atWork(); next; [next] = run.atWork()) run.finish(next);
    expect(run.alerts()).toEqual([]);
  });

  test('is none when the failures are far apart', () => {
    const run = runWatched({ tasks, agents: [worker], quality });
    run.start();
    run.fail('a');
    run.passTime(60_000);
    run.fail('b');
    expect(run.emergencies()).toEqual([]);
  });

  test('pauses, and people who are asked let it go on', () => {
    const run = runWatched({ tasks, agents: [agent('worker', { capacity: 1 })], quality: { ...quality, measure: 'pause' } });
    run.start();
    for (const _ of [1, 2]) run.fail(run.atWork()[0] ?? '');
    expect(run.atWork()).toEqual([]);
    expect(run.asked()).toEqual(['quality/core']);
    run.decide('reject', { how: 'silence', by: null });
    expect(run.atWork()).toEqual([]);
    run.passTime(86_400_000);
    run.decide('override', {}, 2);
    expect(run.atWork()).toHaveLength(1);
  });
});

describe('supervision', () => {
  const died = { fault: 'died' as const };

  test('an agent that fails again and again rests, and is good when it has finished an attempt', () => {
    const supervision = { agentFailures: 2, restForMs: 5_000 };
    const run = runWatched({
      tasks: [task('a', { budget: { timeMs: null, attempts: 9 } }), task('p', { agent: 'ann' })],
      agents: [worker, agent('ann', { kind: 'human' })],
      supervision,
      escalation: chain,
    });
    run.start();
    run.fail('a');
    run.fail('a', died);
    run.passTime(1_000);
    run.fail('a', died);
    expect(run.emergencies()).toMatchObject([{ kind: 'agentFailure', id: 'worker' }]);
    expect(run.asked()).toEqual([]);
    run.finish('p');
    run.passTime(5_000);
    expect(run.agentIdOf('a')).toBe('ann');
  });

  test('an agent that nobody can replace is asked about; what only it can do may be skipped', () => {
    const supervision = { agentFailures: 1, restForMs: 5_000 };
    const run = runWatched({
      tasks: [task('a', { budget: { timeMs: null, attempts: 9 } }), task('b')],
      agents: [agent('worker', { capacity: 2 })],
      supervision,
      escalation: chain,
    });
    run.start();
    run.fail('a', died);
    expect(run.asked()).toEqual(['agent/worker']);
    run.passTime(5_000);
    run.fail('a', died);
    expect(run.emergencies()[0]?.measures).toHaveLength(2);
    run.decide('skip');
    expect(run.stateOf('a')).toBe('skipped');
    run.finish('b');
    expect(run.emergencies()).toMatchObject([{ endedAt: expect.any(String) as string }]);
  });

  test('an agent that is away for longer than it would rest is not called back for that', () => {
    const supervision = { agentFailures: 1, restForMs: 5_000 };
    const run = runWatched({ tasks: [task('a'), task('b')], agents: [agent('worker', { capacity: 2 })], supervision });
    run.start();
    run.send('agentAvailability', { agent_id: 'worker', available: false, until: new Date(run.now() + 60_000).toISOString() });
    run.fail('a', died);
    expect(run.emergencies()).toMatchObject([{ kind: 'agentFailure' }]);
    run.passTime(10_000);
    expect(run.state.agents[0]).toMatchObject({ available: false });
    run.passTime(50_000);
    expect(run.state.agents[0]).toMatchObject({ available: true });
    run.send('agentAvailability', { agent_id: 'worker', available: false, until: new Date(run.now() + 1_000).toISOString() });
    run.fail('b', died);
    run.passTime(2_000);
    expect(run.state.agents[0]).toMatchObject({ available: false });
  });

  test('a queue that no worker serves is a breakdown, until one reports or carries out an attempt', () => {
    const supervision = { pickUpWithinMs: 5_000 };
    const lost = { cause: 'lost' as const, fault: 'unreachable' as const };
    const run = runWatched({ tasks: [task('a')], agents: [worker], supervision, escalation: chain });
    run.start();
    run.fail('a', lost);
    expect(run.emergencies()).toMatchObject([{ kind: 'communicationBreakdown', id: 'pact-agents' }]);
    expect(run.asked()).toEqual([]);
    expect(run.performed().at(-1)).toMatchObject({ announce: true });
    run.fail('a', { ...lost, notTaken: true });
    expect(run.asked()).toEqual(['queue/pact-agents']);
    run.passTime(2_000);
    run.report('a');
    expect(run.emergencies()).toMatchObject([{ endedAt: expect.any(String) as string }]);
    run.fail('a', { ...lost, notTaken: true });
    run.passTime(5_000);
    run.fail('a', { cause: 'lost' });
    run.passTime(60_000);
    run.finish('a');
    expect(run.emergencies().every(({ endedAt }) => endedAt !== null)).toBe(true);
  });

  test('a streaming agent that says nothing is told of, and heard again', () => {
    const run = runWatched({
      tasks: [task('a'), task('b')],
      agents: [agent('talker', { input: 'stream', capacity: 2 })],
      supervision: { silentForMs: 1_000 },
    });
    run.start();
    expect(run.performed()[0]).toMatchObject({ silentForMs: 1_000 });
    run.report('a', { silent: true });
    run.report('b');
    expect(run.alerts()).toEqual(['silence/talker/a']);
    run.report('a', { silent: false });
    expect(run.alerts()).toEqual([]);
    run.report('a', { silent: true });
    run.finish('a');
    expect(run.alerts()).toEqual([]);
  });
});
