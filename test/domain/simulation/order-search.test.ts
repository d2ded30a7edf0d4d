import { describe, expect, it } from 'vitest';
import { findOrder, ordersWithin } from '../../../src/domain/simulation/order-search.ts';
import { playSprint, runThrough } from '../../../src/domain/simulation/play-sprint.ts';
import { createRehearsal, toSprint } from '../../../src/domain/simulation/rehearsal.ts';
import { toSamplers } from '../../../src/domain/simulation/sampler.ts';
import { lowerBoundMs } from '../../../src/domain/simulation/lower-bound.ts';
import { describeOrder, LONGEST_PATH, ORDER_RULES, rankTasks } from '../../../src/domain/sprint/task-order.ts';
import { createRandom } from '../../support/random.ts';
import { agent, START, task, toDefinition } from '../sprint/sprint-definition.ts';

const exact = { spread: 0, failureRate: 0 };

/** Tasks in a random graph: each waits for up to three earlier ones. */
function randomSprint(seed: number, count: number, capacity: number) {
  const random = createRandom(seed);
  const tasks = Array.from({ length: count }, (_, number) =>
    task(`t${number}`, {
      estimateMs: 1_000 + random.below(60_000),
      dependsOn: [...new Set(Array.from({ length: random.below(4) }, () => random.below(number)))]
        .filter((before) => before < number)
        .map((before) => `t${before}`),
    }),
  );
  return createRehearsal(toDefinition({ tasks, agents: [agent('one', { capacity })] }));
}

const search = (rehearsal: ReturnType<typeof randomSprint>, samplers = toSamplers(exact, 1)) =>
  runThrough(
    findOrder((order) => toSprint(rehearsal, order, START), samplers, {
      current: LONGEST_PATH,
      maxOrders: 40,
      boundMs: rehearsal.boundMs,
      seed: 5,
    }),
  );

describe('search for an order', () => {
  it.each([1, 2, 3, 4, 5, 6])('is never worse than the longest path first and never better than the bound (seed %i)', (seed) => {
    const rehearsal = randomSprint(seed, 60, 3);
    const { meanMs, currentMs, order, tried } = search(rehearsal);
    expect(meanMs).toBeLessThanOrEqual(currentMs);
    expect(meanMs).toBeGreaterThanOrEqual(rehearsal.boundMs);
    expect(tried).toBeLessThanOrEqual(40);
    const again = runThrough(playSprint(toSprint(rehearsal, order, START), toSamplers(exact, 9)[0]!));
    expect(again.makespanMs).toBe(meanMs);
    expect(search(rehearsal)).toEqual({ meanMs, currentMs, order, tried });
  });

  it('finds a better order than the longest path where there is one', () => {
    // Two slots: 3+3 beside 2+2+2, but by longest path a 3 and a 2 … go first and leave a 2 for the end.
    const tasks = ['a3', 'b3', 'c2', 'd2', 'e2'].map((id) => task(id, { estimateMs: Number(id[1]) * 1_000 }));
    const rehearsal = createRehearsal(toDefinition({ tasks, agents: [agent('one', { capacity: 2 })] }));
    expect(search(rehearsal)).toMatchObject({ currentMs: 7_000, meanMs: 6_000 });
  });

  it('stops at once when no order could be better', () => {
    const tasks = [task('a'), task('b', { dependsOn: ['a'] })];
    const rehearsal = createRehearsal(toDefinition({ tasks, agents: [agent('one', { capacity: 2 })] }));
    expect(search(rehearsal)).toEqual({ order: LONGEST_PATH, meanMs: 120_000, currentMs: 120_000, tried: 1 });
  });

  it('compares means over samples where estimates are uncertain', () => {
    const rehearsal = randomSprint(7, 40, 3);
    const samplers = toSamplers({ spread: 0.5, failureRate: 0.1 }, 1);
    expect(samplers).toHaveLength(5);
    const { meanMs, currentMs, tried } = search(rehearsal, samplers);
    expect(meanMs).toBeLessThanOrEqual(currentMs);
    expect(tried).toBe(40);
  });

  it('is bounded by the tasks that it plays', () => {
    expect([
      ordersWithin(10, 1),
      ordersWithin(10_000, 1),
      ordersWithin(10_000, 5),
      ordersWithin(0, 1),
      ordersWithin(1e6, 1),
    ]).toEqual([128, 30, 6, 128, 0]);
  });

  it('takes no longer than what is left is worth', () => {
    expect([ordersWithin(200, 5, 15_000), ordersWithin(200, 1, 15_000), ordersWithin(200, 5, 1_000)]).toEqual([30, 128, 0]);
  });
});

describe('orders', () => {
  it.each(ORDER_RULES)('%s ranks every task once, the same each time, and a seed moves some', (rule) => {
    const { index } = randomSprint(3, 50, 2);
    const places = [...index.tasks.keys()];
    const plain = rankTasks(index, { rule, seed: 0 });
    expect(plain.toSorted((a, b) => a - b)).toEqual(places);
    const varied = rankTasks(index, { rule, seed: 3 });
    expect(varied.toSorted((a, b) => a - b)).toEqual(places);
    expect(varied).not.toEqual(plain);
    expect(rankTasks(index, { rule, seed: 3 })).toEqual(varied);
  });

  it('by contended paths lets go first what waits for scarce agents and resources', () => {
    const gpu = (mode: 'shared' | 'exclusive') => ({ resources: [{ id: 'gpu', mode }] });
    const tasks = [task('a'), task('b', gpu('exclusive')), task('c', gpu('shared')), task('d', gpu('exclusive'))];
    const agents = [agent('one', { capacity: 9 })];
    const { index } = createRehearsal(toDefinition({ tasks, agents, resources: { gpu: 2 } }));
    expect(rankTasks(index, { rule: 'contendedPath', seed: 0 })).toEqual([3, 0, 1, 2]);
  });

  it('are called by their rule and the number of the variation', () => {
    expect(describeOrder(LONGEST_PATH)).toBe('longest path');
    expect(describeOrder({ rule: 'pathAndWork', seed: 7 })).toBe('path and work, variation 7');
  });
});

describe('the lower bound', () => {
  const bound = (tasks: Parameters<typeof toDefinition>[0]['tasks'], agents = [agent('one', { capacity: 2 })]) =>
    lowerBoundMs(createRehearsal(toDefinition({ tasks, agents, resources: { gpu: 2 } })).index);

  it('is the longest path, the work over the slots, the work of those who alone can do it, or that under a lease', () => {
    expect(bound([task('a'), task('b', { dependsOn: ['a'] }), task('c')])).toBe(120_000);
    expect(bound([task('a'), task('b'), task('c')])).toBe(90_000);
    const two = [agent('one'), agent('two', { skills: ['x'] })];
    expect(bound([task('a'), task('b', { skills: ['x'] }), task('c', { skills: ['x'] })], two)).toBe(120_000);
    expect(bound([task('a', { agent: 'one' }), task('b'), task('c')], two)).toBe(90_000);
    const gpu = (mode: 'shared' | 'exclusive') => ({ resources: [{ id: 'gpu', mode }] });
    const wide = [agent('one', { capacity: 9 })];
    expect(bound([task('a', gpu('exclusive')), task('b', gpu('exclusive')), task('c', gpu('shared'))], wide)).toBe(150_000);
    expect(bound([task('a', { skills: ['nobody has'] })], wide)).toBe(60_000);
  });
});
