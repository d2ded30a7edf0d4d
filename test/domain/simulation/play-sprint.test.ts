import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import { criticalChain, playSprint, runThrough } from '../../../src/domain/simulation/play-sprint.ts';
import { toRehearsed } from '../../../src/domain/simulation/rehearsal.ts';
import { createSampler } from '../../../src/domain/simulation/sampler.ts';
import { definitions } from '../sprint/sprint-arbitrary.ts';
import { agent, START, task, toDefinition, type GivenSprint } from '../sprint/sprint-definition.ts';
import { checkInvariants, remember } from '../sprint/sprint-invariants.ts';

const exact = { spread: 0, failureRate: 0 };
const once = { seed: 1, replication: 0 };

function play(given: GivenSprint, uncertainty = exact) {
  const sprint = createSprint(toDefinition(given), START);
  const played = runThrough(playSprint(sprint, createSampler(uncertainty, once)));
  const names = (numbers: readonly number[]) => numbers.map((number) => sprint.index.tasks[number]?.id).join(' ');
  return { ...played, order: names(played.started), chain: names(criticalChain(played)) };
}

describe('a sprint in virtual time', () => {
  it('takes as long as its longest path when there are agents enough', () => {
    const tasks = [
      task('a'),
      task('b', { dependsOn: ['a'], estimateMs: 5_000 }),
      task('c'),
      task('d', { dependsOn: ['b', 'c'] }),
    ];
    expect(play({ tasks, agents: [agent('one', { capacity: 4 })] })).toMatchObject({
      phase: 'completed',
      makespanMs: 125_000,
      order: 'a c b d',
      chain: 'a b d',
      busyMs: [185_000],
    });
  });

  it('takes as long as its work where one agent does it all, and the chain goes over the agent', () => {
    const tasks = [task('a'), task('b'), task('c')];
    expect(play({ tasks, agents: [agent('one')] })).toMatchObject({ makespanMs: 180_000, order: 'a b c', chain: 'a b c' });
  });

  it('waits for leases as the real one does', () => {
    const resources = [{ id: 'gpu', mode: 'exclusive' as const }];
    const tasks = [task('a', { resources }), task('b', { resources }), task('c')];
    expect(play({ tasks, agents: [agent('one', { capacity: 3 })] })).toMatchObject({ makespanMs: 120_000, chain: 'a b' });
  });

  it('lets people answer when their estimate has passed, and deadlines come', () => {
    const ann = agent('ann', { kind: 'human', capacity: 2 });
    expect(play({ tasks: [task('sign', { agent: 'ann' })], agents: [ann] })).toMatchObject({
      makespanMs: 60_000,
      phase: 'completed',
    });
    const late = task('late', { agent: 'ann', estimateMs: 7_200_000 });
    expect(play({ tasks: [late], agents: [ann] })).toMatchObject({ makespanMs: 3_600_000, phase: 'failed' });
  });

  it('ends attempts when their time is up, does them again, and fails in the end', () => {
    const tasks = [task('long', { budget: { timeMs: 1_000, attempts: 2 }, estimateMs: 5_000 })];
    expect(play({ tasks, agents: [agent('one')] })).toMatchObject({ makespanMs: 2_000, phase: 'failed', order: 'long' });
  });

  it('holds and slows down what the plan says while people are asked about a task', () => {
    const once = { budget: { timeMs: 1_000, attempts: 1 }, estimateMs: 5_000 };
    const tasks = [
      task('shaky', { ...once, agent: 'one' }),
      task('gate', { agent: 'two', estimateMs: 2_000 }),
      task('same', { agent: 'one', dependsOn: ['gate'] }),
    ];
    const escalation = { levels: [{ to: ['ann'], via: [], withinMs: 100_000 }], otherwise: 'skip' as const };
    const given = { tasks, agents: [agent('one', { capacity: 2 }), agent('two')], escalation };
    const startOf = (more: Partial<GivenSprint>) => {
      const sprint = createSprint(toRehearsed(toDefinition({ ...given, ...more })), START);
      runThrough(playSprint(sprint, createSampler(exact, { seed: 1, replication: 0 })));
      return (sprint.state.tasks[2]?.startedAt as number) - START;
    };
    const when = { task: 'shaky', state: 'escalated' as const };
    expect(startOf({})).toBe(2_000);
    expect(startOf({ contingencies: [{ when, do: [{ hold: true }] }] })).toBeGreaterThan(50_000);
    expect(
      startOf({ contingencies: [{ when: { agent: 'two', state: 'unavailable' }, tasks: ['same'], do: [{ hold: true }] }] }),
    ).toBe(2_000);
  });

  it('fires triggers by time and by what was delivered', () => {
    const tasks = [
      task('a', { agent: 'one', deliverables: [{ id: 'out', path: 'out' }] }),
      task('b', { agent: 'two' }),
      task('c', { agent: 'three' }),
    ];
    const triggers = [
      { agent: 'two', when: { afterMs: 500_000 } },
      { agent: 'three', when: { deliverable: 'out', of: 'a' } },
    ];
    const agents = [agent('one'), agent('three'), agent('two')];
    expect(play({ tasks, agents, triggers })).toMatchObject({ makespanMs: 560_000, order: 'a c b', chain: 'b' });
  });

  it('with failures takes longer, the same for the same seed', () => {
    const tasks = Array.from({ length: 40 }, (_, number) => task(`t${number}`, { budget: { timeMs: null, attempts: 9 } }));
    const given = { tasks, agents: [agent('one', { capacity: 4 })] };
    const uncertain = { spread: 0.5, failureRate: 0.2 };
    const first = play(given, uncertain);
    expect(first.makespanMs).toBeGreaterThan(600_000);
    expect(play(given, uncertain)).toEqual(first);
  });

  it('a sprint that nothing can end is an error, not an endless loop', () => {
    const sprint = createSprint(toDefinition({ tasks: [task('a')], agents: [agent('one')] }), START);
    const deaf = () => [];
    expect(() => runThrough(playSprint(sprint, createSampler(exact, once), deaf))).toThrow(/core stands still/);
  });

  it('never breaks a rule of a sprint, whatever the plan, the durations and the failures', () => {
    fc.assert(
      fc.property(
        definitions,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.nat(),
        (whole, spread, failureRate, seed) => {
          const sprint = createSprint(toRehearsed(whole), START);
          const sampler = createSampler({ spread, failureRate }, { seed, replication: 0 });
          const played = runThrough(
            playSprint(sprint, sampler, (one, event) => {
              const before = remember(one);
              const effects = evolve(one, event);
              checkInvariants(one, before, effects);
              return effects;
            }),
          );
          expect(['completed', 'failed']).toContain(played.phase);
          expect(criticalChain(played).length).toBeLessThanOrEqual(sprint.definition.sprint.tasks.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});
