import { describe, expect, it } from 'vitest';
import { planOrder } from '../../../src/domain/simulation/plan-order.ts';
import { takeSnapshot } from '../../../src/domain/simulation/snapshot.ts';
import { runThrough } from '../../../src/domain/simulation/play-sprint.ts';
import { forecastEnd } from '../../../src/domain/sprint/forecast.ts';
import { agent, task } from '../sprint/sprint-definition.ts';
import { runSprint } from '../sprint/sprint-run.ts';

const SECOND = 1_000;
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
