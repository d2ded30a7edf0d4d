import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOrder } from '../../../src/domain/simulation/plan-order.ts';
import { playSprint, runThrough } from '../../../src/domain/simulation/play-sprint.ts';
import { createSampler } from '../../../src/domain/simulation/sampler.ts';
import { createRevival, takeSnapshot } from '../../../src/domain/simulation/snapshot.ts';
import { forecastEnd } from '../../../src/domain/sprint/forecast.ts';
import { toRehearsed } from '../../../src/domain/simulation/rehearsal.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { definitions } from '../sprint/sprint-arbitrary.ts';
import { agent, START, task } from '../sprint/sprint-definition.ts';
import { runMoving } from '../sprint/moving-run.ts';
import { runSprint } from '../sprint/sprint-run.ts';

const SECOND = 1_000;
const certain = createSampler({ spread: 0, failureRate: 0 }, { seed: 1, replication: 0 });
const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Two slots; longest first leaves a short one for the end, 7 s in all, where 6 s are possible. */
const packing = () => {
  const tasks = ['a3', 'b3', 'c2', 'd2', 'e2'].map((id) => task(id, { estimateMs: Number(id[1]) * SECOND }));
  return runSprint({
    tasks: [...tasks, task('z', { estimateMs: SECOND, dependsOn: tasks.map(({ id }) => id) })],
    agents: [agent('one', { capacity: 2 })],
  });
};

describe('a search from a sprint under way', () => {
  it('keeps what is at work and finds the best order of the rest', () => {
    const run = packing();
    run.start();
    expect(runThrough(planOrder(travelled(takeSnapshot(run.sprint))))).toMatchObject({ currentMs: 8 * SECOND, tried: 128 });
    run.passTime(2 * SECOND);
    const { meanMs, currentMs, forecastFactor } = runThrough(planOrder(travelled(takeSnapshot(run.sprint))));
    expect(currentMs).toBe(6 * SECOND);
    expect(meanMs).toBe(6 * SECOND);
    expect(forecastFactor).toBeGreaterThan(1);
    run.happen({
      type: 'orderChosen',
      search: 1,
      order: { rule: 'longestPath', seed: 0 },
      meanMs,
      currentMs,
      tried: 1,
      forecastFactor,
    });
    expect(forecastEnd(run.sprint)).toBe(run.now() + meanMs);
  });

  it('goes by the spread and bias of what has been done', () => {
    const tasks = Array.from({ length: 60 }, (_, number) => task(`t${number}`, { estimateMs: 10 * SECOND }));
    const run = runSprint({ tasks, agents: [agent('one', { capacity: 3 })] });
    run.start();
    for (let done = 0; done < 30; done += 1) {
      run.passTime((done % 3) * 5 * SECOND);
      run.finish(run.atWork()[0] ?? '');
    }
    const slow = runThrough(planOrder(takeSnapshot(run.sprint)));
    expect(slow.meanMs).toBeGreaterThan((27 * 10 * SECOND) / 3);
    expect(runThrough(planOrder(takeSnapshot(run.sprint)))).toEqual(slow);
  });
});

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

  it('leaves out texts, inputs and what is over, and is played as the sprint itself would be', () => {
    fc.assert(
      fc.property(definitions, fc.nat({ max: 40 }), (whole, steps) => {
        const sprint = createSprint(toRehearsed(whole), START);
        playSome(sprint, steps);
        const snapshot = travelled(takeSnapshot(sprint));
        const revived = createRevival(snapshot)();
        expect(revived.places).toEqual(sprint.places);
        expect(revived.state.tasks.map(({ state }) => state)).toEqual(sprint.state.tasks.map(({ state }) => state));
        expect(revived.state.ready).toEqual(sprint.state.ready);
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
