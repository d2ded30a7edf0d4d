import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { planOrder } from '../../../src/domain/simulation/plan-order.ts';
import { playSprint, runThrough, type SprintPlay } from '../../../src/domain/simulation/play-sprint.ts';
import { toRehearsed } from '../../../src/domain/simulation/rehearsal.ts';
import { createSampler } from '../../../src/domain/simulation/sampler.ts';
import { createRevival, takeSnapshot } from '../../../src/domain/simulation/snapshot.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import { forecastEnd } from '../../../src/domain/sprint/forecast.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { escalatingSprint } from '../sprint/escalation-run.ts';
import { chain, runWatched } from '../sprint/emergency-run.ts';
import { runMoving } from '../sprint/moving-run.ts';
import { definitions } from '../sprint/sprint-arbitrary.ts';
import { agent, START, task, type GivenSprint } from '../sprint/sprint-definition.ts';

const SECOND = 1_000;
const certain = createSampler({ spread: 0, failureRate: 0 }, { seed: 1, replication: 0 });
const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const simulate = (sprint: Sprint): SprintPlay =>
  runThrough(playSprint(createRevival(travelled(takeSnapshot(sprint)))(), certain));

/** So many events of the sprint, then no more. */
function playSome(sprint: Sprint, steps: number): void {
  const enough = new Error('enough');
  let events = 0;
  const step: typeof evolve = (one, event) => {
    events += 1;
    if (events > steps) throw enough;
    return evolve(one, event);
  };
  expect(() => {
    runThrough(playSprint(sprint, certain, step));
    throw enough;
  }).toThrow(enough);
}

describe('a snapshot', () => {
  it('has work that is being moved as if it were not', () => {
    const tasks = ['held', 'blocked', 'leaving', 'last'].map((id) => task(id, { estimateMs: 10 * SECOND }));
    const run = runMoving({ agents: [agent('a1', { capacity: 4 }), agent('a2', { skills: ['s'] })], tasks });
    const [held, leaving] = ['held', 'leaving'];
    run.report('blocked', { status: 'blocked' });
    run.quit(held);
    run.back('a1', { capacity: 1 });
    run.award(run.agentIdOf(leaving) === 'a1' ? 'a2' : 'a1', 2);
    expect(run.runOf(held).moves?.isHeld).toBe(true);
    const snapshot = travelled(takeSnapshot(run.sprint));
    expect(snapshot.definition).not.toHaveProperty('reallocation');
    expect(snapshot.state).not.toHaveProperty('reallocations');
    expect(JSON.stringify(snapshot.runs)).not.toMatch(/moves|blockedUntil|withdrawn/);
    const sprint = createRevival(snapshot)();
    expect(sprint.state.ready.flat()).toContain(run.sprint.index.taskNumber.get(held));
    expect(runThrough(playSprint(sprint, certain)).phase).toBe('completed');
  });

  it('has measures while people are asked end with their answer', () => {
    const run = runWatched({
      tasks: [
        task('shaky', { agent: 'a1', budget: { timeMs: null, attempts: 1 } }),
        task('gate', { agent: 'a2' }),
        task('same', { agent: 'a1', dependsOn: ['gate'] }),
      ],
      agents: [agent('a1', { capacity: 2 }), agent('a2')],
      escalation: { ...chain, meanwhile: [{ hold: true }, { pause: true }, { concurrency: 1 }] },
    });
    run.start();
    run.fail('shaky');
    run.finish('gate');
    expect([run.state.phase, run.runOf('same').isHeld]).toEqual(['paused', true]);
    const played = simulate(run.sprint);
    expect([played.phase, played.makespanMs]).toEqual(['completed', 60 * SECOND]);
  });

  it('leaves out texts, inputs and what is over, and is played as the sprint itself would be', () => {
    fc.assert(
      fc.property(definitions, fc.nat({ max: 40 }), (whole, steps) => {
        const sprint = createSprint(toRehearsed(whole), START);
        playSome(sprint, steps);
        const snapshot = travelled(takeSnapshot(sprint));
        const revived = createRevival(snapshot)();
        expect(revived.places).toEqual(sprint.places);
        expect(revived.state.tasks.map(({ state }) => state)).toEqual(sprint.state.tasks.map(({ state }) => state));
        const [played, again] = [playSprint(revived, certain), playSprint(createRevival(snapshot)(), certain)].map((one) =>
          runThrough(one),
        );
        expect(['completed', 'failed']).toContain(played?.phase);
        expect(again).toEqual(played);
      }),
      { numRuns: 60 },
    );
  });
});

const worker = agent('worker', { capacity: 3 });
const works = (id: string, given: Parameters<typeof task>[1] = {}) => task(id, { estimateMs: 10 * SECOND, ...given });
const bench = (id: string, given = {}) => works(id, { resources: [{ id: 'bench', mode: 'exclusive' }], ...given });
const mail = (id: string) => works(id, { needs: ['mail'] });

function started(given: Partial<GivenSprint> & Pick<GivenSprint, 'tasks'>) {
  const run = runWatched({ agents: [worker], resources: { bench: 1 }, ...given });
  run.start();
  return run;
}

describe('what is wrong around the work, as a simulation sees it', () => {
  test('a resource that has failed works again: its tasks have their turns, and the forecast stays', () => {
    const run = started({ tasks: [bench('a'), bench('b'), bench('c'), works('d')] });
    const [before, forecast] = [runThrough(planOrder(takeSnapshot(run.sprint))), forecastEnd(run.sprint)];
    run.probe('resource', 'bench', 'down');
    expect(forecastEnd(run.sprint)).toBe(forecast);
    run.finish('a');
    run.finish('d');
    expect(run.atWork()).toEqual([]);
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
    expect(runThrough(planOrder(travelled(takeSnapshot(run.sprint)))).meanMs).toBe(before.meanMs - 10 * SECOND);
    // Nothing of it has come back to the sprint itself.
    expect(run.emergencies()).toMatchObject([{ endedAt: null }]);
    expect(run.atWork()).toEqual([]);
  });

  test('nor does anybody wait for what people say about it', () => {
    const run = started({ tasks: [bench('a'), bench('b')], escalation: chain });
    run.probe('resource', 'bench', 'down');
    run.finish('a');
    expect(run.asked()).toEqual(['resource/bench']);
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 10 * SECOND });
    run.decide('wait');
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 10 * SECOND });
  });

  test.each([
    ['open', 0],
    ['half-open', 10 * SECOND],
  ])('a circuit that is %s is closed', (_, passed) => {
    const run = started({ tasks: ['a', 'b', 'c', 'd', 'e', 'f'].map(mail) });
    for (const id of ['a', 'b']) run.fail(id, { message: 'no mail', dependencyDown: null });
    for (const id of run.atWork()) run.finish(id);
    run.passTime(passed);
    expect(run.emergencies()).toMatchObject([{ circuit: passed === 0 ? 'open' : 'halfOpen' }]);
    expect(run.atWork()).toHaveLength(passed === 0 ? 0 : 1);
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
  });

  test.each(['pause', 'throttle'] as const)('a crisis of quality (%s) is over', (measure) => {
    const run = started({
      tasks: ['a', 'b', 'c', 'd'].map((id) => works(id)),
      quality: { failures: 2, withinMs: 60 * SECOND, measure },
    });
    for (const id of ['a', 'b']) run.fail(id, { retryable: false });
    run.finish('c');
    expect(run.emergencies()).toMatchObject([{ kind: 'qualityCrisis', endedAt: null }]);
    const { makespanMs } = simulate(run.sprint);
    expect(makespanMs).toBeLessThanOrEqual(10 * SECOND);
  });

  test('a contingency in force stays: whoever stands in does the work', () => {
    const cloud = agent('cloud', { capacity: 2, skills: ['cloud'] });
    const run = started({
      tasks: [works('first'), ...['a', 'b', 'c', 'd'].map((id) => bench(id, { agent: 'worker', dependsOn: ['first'] }))],
      agents: [cloud, worker],
      contingencies: [{ when: { resource: 'bench', state: 'failed' }, do: [{ useAgent: 'cloud' }] }],
    });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 50 * SECOND });
    run.probe('resource', 'bench', 'down');
    const { makespanMs, busyMs } = simulate(run.sprint);
    expect(makespanMs).toBe(30 * SECOND);
    expect(busyMs[0]).toBeGreaterThanOrEqual(40 * SECOND);
  });

  test('a pause and a stop end at once, a cancel does not', () => {
    const run = started({ tasks: [bench('a'), bench('b')] });
    run.send('pause', { by: 'ann' });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
    run.send('emergencyStop', { by: 'ann', reason: 'smoke', mode: 'drain' });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
    run.happen({ type: 'cancelRequested' });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'cancelled', makespanMs: 10 * SECOND });
  });

  test('tasks that wait for a revision of the plan go on as they are', () => {
    const run = escalatingSprint();
    run.fail('shaky');
    run.end({ decision: 'change', data: { estimate: '9h' } });
    expect(run.sprint.state.proposals).toBeDefined();
    run.happen({ type: 'tasksHeld', revision: 2, taskIds: ['after'] });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 120 * SECOND });
  });

  test('an agent that has said when it comes back is away until then', () => {
    const run = started({ tasks: ['a', 'b'].map((id) => works(id)), agents: [agent('worker')] });
    const until = new Date(run.now() + 60 * SECOND).toISOString();
    run.send('agentAvailability', { agent_id: 'worker', available: false, until });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 70 * SECOND });
  });

  test.each([{}, { capacity: 0 }])('one that has not is back where nobody else could do the work: %j', (given) => {
    const tasks = ['a', 'b', 'c'].map((id) => works(id, { skills: ['s'] }));
    const run = started({ tasks, agents: [agent('able', { skills: ['s'] }), agent('away', { skills: ['s'] })] });
    run.send('agentAvailability', { agent_id: 'away', available: false, ...given });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
    run.send('agentAvailability', { agent_id: 'able', available: false, ...given });
    expect(simulate(run.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
    const alone = started({ tasks: tasks.slice(0, 2), agents: [agent('able', { skills: ['s'] })] });
    alone.send('agentAvailability', { agent_id: 'able', available: false, ...given });
    expect(simulate(alone.sprint)).toMatchObject({ phase: 'completed', makespanMs: 20 * SECOND });
  });
});
