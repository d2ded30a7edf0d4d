import { describe, expect, it } from 'vitest';
import { isContended, MAX_SEARCHES, measuredEstimates } from '../../../src/domain/sprint/ordering.ts';
import { buildIndex } from '../../../src/domain/sprint/sprint-index.ts';
import { forecastEnd } from '../../../src/domain/sprint/forecast.ts';
import { agent, START, task, toDefinition, type GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const MINUTE = 60_000;
const abc = [task('a'), task('b'), task('c'), task('d')];
const one = agent('one');

const searches = (run: ReturnType<typeof runSprint>): number[] =>
  run.effects().flatMap((effect) => (effect.type === 'searchOrder' ? [effect.search] : []));

function started(given: GivenSprint) {
  const run = runSprint(given);
  run.start();
  return run;
}

const found = { meanMs: 7 * MINUTE, currentMs: 8 * MINUTE, tried: 40, forecastFactor: 1.25 };

describe('a search for an order', () => {
  it.each<[string, GivenSprint, boolean]>([
    ['is asked for where more could be at work than there are slots', { tasks: abc, agents: [one] }, true],
    ['not where everything can be at work at once', { tasks: abc, agents: [agent('one', { capacity: 4 })] }, false],
    [
      'but there too with leases',
      {
        tasks: abc.map((each) => ({ ...each, resources: [{ id: 'gpu', mode: 'exclusive' }] })),
        agents: [agent('one', { capacity: 4 })],
      },
      true,
    ],
    ['not for a handful', { tasks: abc.slice(0, 2), agents: [one] }, false],
    ['not for what ends in a moment', { tasks: abc.map((each) => ({ ...each, estimateMs: 100 })), agents: [one] }, false],
    [
      'not where most tasks have no estimate',
      { tasks: abc.map((each, number) => ({ ...each, estimateMs: number === 0 ? 1e6 : null })), agents: [one] },
      false,
    ],
  ])('%s', (_, given, isAsked) => {
    expect(searches(started(given))).toEqual(isAsked ? [1] : []);
  });

  it('brings its order into force, says so in words, and the forecast goes by it', () => {
    const run = started({ tasks: [...abc, task('z', { estimateMs: 5_000 })], agents: [one] });
    run.happen({ type: 'orderChosen', search: 1, order: { rule: 'smallestWork', seed: 0 }, ...found });
    expect(run.textsOf('orderChosen')).toEqual([
      'order "smallest work" chosen: the rest simulated in 7m against 8m for longest path; 40 orders tried',
    ]);
    expect(forecastEnd(run.sprint)).toBe(START + 1.25 * (4 * MINUTE + 5_000));
    run.finish('a');
    expect(run.order()).toEqual(['a', 'z']);
  });

  it('is measured when the sprint completes, against what was simulated with it and without it', () => {
    const run = started({ tasks: abc, agents: [one] });
    run.happen({ type: 'orderChosen', search: 1, order: { rule: 'smallestWork', seed: 0 }, ...found });
    for (let next = run.atWork()[0]; next !== undefined; next = run.atWork()[0]) {
      run.passTime(2 * MINUTE);
      run.finish(next);
    }
    expect(run.state.phase).toBe('completed');
    expect(run.textsOf('orderMeasured')).toEqual(['order "smallest work": the rest took 8m, simulated in 7m; 8m without it']);
  });

  it('that finds nothing better says that too', () => {
    const run = started({ tasks: abc, agents: [one] });
    const order = { rule: 'longestPath' as const, seed: 0 };
    run.happen({ type: 'orderChosen', search: 1, ...found, order, meanMs: 4_240 });
    expect(run.textsOf('orderChosen')[0]).toBe(
      'order "longest path" stays: the rest simulated in 4s200ms, none of 40 orders is better',
    );
    const other = started({ tasks: abc, agents: [one] });
    other.happen({ type: 'orderChosen', search: 1, ...found, order, tried: 1, forecastFactor: 0.5 });
    expect(other.textsOf('orderChosen')[0]).toMatch(/simulated in 7m, no order can be better$/);
    expect(forecastEnd(other.sprint)).toBe(START + 4 * MINUTE);
  });

  it('that failed leaves the order as it was, and says why', () => {
    const run = started({ tasks: abc, agents: [one] });
    run.happen({ type: 'orderSearchFailed', search: 1, reason: 'no worker' });
    run.happen({ type: 'orderSearchFailed', search: 1, reason: 'no worker' });
    expect(run.textsOf('orderSearchFailed')).toEqual([
      'the search for a better order of tasks failed, longest path stays: no worker',
    ]);
  });

  it('answers only the last question', () => {
    const run = started({ tasks: abc, agents: [one] });
    run.happen({ type: 'orderChosen', search: 2, order: { rule: 'smallestWork', seed: 0 }, ...found });
    expect(run.state.ordering.order.rule).toBe('longestPath');
  });

  it('is asked for again when tasks take longer or shorter than estimated, with growing gaps and not for ever', () => {
    const tasks = Array.from({ length: 400 }, (_, number) => task(`t${number}`));
    const run = started({ tasks, agents: [agent('one', { capacity: 4 })] });
    const askedAt: number[] = [];
    for (let done = 0; done < 380; done += 1) {
      const [next] = run.atWork();
      run.passTime(done % 2 === 0 ? 50 * MINUTE : 0);
      run.finish(next ?? '');
      const { asked, askedAt: since } = run.state.ordering;
      if (since === null) continue;
      askedAt.push(done);
      run.happen({ type: 'orderChosen', search: asked, order: { rule: 'sharedWork', seed: asked }, ...found });
    }
    expect(askedAt.length).toBeGreaterThan(5);
    expect(askedAt.length).toBeLessThanOrEqual(MAX_SEARCHES);
    const gaps = askedAt.slice(1).map((done, number) => done - (askedAt[number] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(2 * (gaps[1] ?? 0));
  });

  it('that never comes back is given up, and the next one counts', () => {
    const run = started({
      tasks: Array.from({ length: 40 }, (_, number) => task(`t${number}`)),
      agents: [agent('one', { capacity: 4 })],
    });
    run.passTime(MINUTE);
    run.finish('t0');
    for (const id of ['t1', 't10', 't11', 't12']) {
      run.passTime(30 * MINUTE);
      run.finish(id);
    }
    expect(searches(run).slice(0, 2)).toEqual([1, 2]);
  });
});

describe('contention', () => {
  const contended = (tasks: GivenSprint['tasks'], agents = [agent('one', { capacity: 2 })]) =>
    isContended(buildIndex(toDefinition({ tasks, agents })));

  it('is there when the earliest starts need more slots than there are, of all agents or of those who can', () => {
    expect(contended([task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })])).toBe(false);
    expect(contended([task('a'), task('b'), task('c')])).toBe(true);
    const two = [agent('one', { skills: ['x'] }), agent('two')];
    expect(contended([task('a', { skills: ['x'] }), task('b', { skills: ['x'] })], two)).toBe(true);
    expect(contended([task('a', { skills: ['x'] }), task('b')], two)).toBe(false);
  });
});

describe('what has been measured of the estimates', () => {
  const measure = (pairs: readonly (readonly [estimate: number, actual: number])[], meanLeftMs = 0) => {
    const sum = (of: (estimate: number, actual: number) => number): number => pairs.reduce((all, pair) => all + of(...pair), 0);
    const measured = {
      tasks: pairs.length,
      estimatedMs: sum((estimate) => estimate),
      actualMs: sum((_, actual) => actual),
      estimatedSquare: sum((estimate) => estimate ** 2),
      actualSquare: sum((_, actual) => actual ** 2),
      product: sum((estimate, actual) => estimate * actual),
    };
    return measuredEstimates({ measured }, meanLeftMs);
  };
  const spreadOut = [100, 1_000, 2_000, 5_000, 10_000, 60_000];

  it('is nothing before some tasks are done, and nothing where the estimates are right', () => {
    expect(measure([[10, 20]])).toEqual({ delayMs: 0, bias: 1, spread: 0 });
    expect(measure(spreadOut.map((ms) => [ms, ms]))).toEqual({ delayMs: 0, bias: 1, spread: 0 });
  });

  it('tells what a machine adds to each task from a factor on all', () => {
    const delayed = measure(spreadOut.map((ms) => [ms, ms + 3_000]));
    expect([delayed.delayMs, delayed.bias, delayed.spread]).toEqual([expect.closeTo(3_000, 3), expect.closeTo(1, 6), 0]);
    const twice = measure(spreadOut.map((ms) => [ms, 2 * ms]));
    expect(twice.bias).toBeGreaterThan(1.9);
    expect(measure(Array.from({ length: 9 }, () => [100, 3_100] as const)).delayMs).toBeCloseTo(3_000);
    expect(measure(spreadOut.map((ms) => [ms, ms / 2])).bias).toBeCloseTo(0.5, 1);
    expect(measure(spreadOut.map((ms) => [ms, 0]))).toMatchObject({ delayMs: 0, bias: 0.05 });
  });

  it('has a spread, which matters less for tasks that are larger', () => {
    const off = Array.from({ length: 20 }, (_, number) => [1_000, number % 2 === 0 ? 500 : 1_500] as const);
    expect(measure(off).spread).toBeCloseTo(0.5);
    expect(measure(off, 5_000).spread).toBeCloseTo(0.1);
    expect(measure(off, 50_000).spread).toBe(0);
  });

  it('leaves out how soon people answer', () => {
    const run = started({
      tasks: [task('sign', { agent: 'ann' }), task('a', { agent: 'one' })],
      agents: [agent('ann', { kind: 'human' }), one],
    });
    run.passTime(5);
    run.finish('sign');
    run.finish('a');
    expect(run.state.ordering.measured).toMatchObject({ tasks: 1, estimatedMs: 60_000, actualMs: 5, product: 300_000 });
  });
});
