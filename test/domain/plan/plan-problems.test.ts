import { describe, expect, test } from 'vitest';
import { MAX_PROBLEMS } from '../../../src/domain/source/problem.ts';
import { problemsOf, roster, withTasks, written } from './plan-fixture.ts';
import { task } from './problem-cases.ts';

describe('problems of a plan', () => {
  test('all mistakes come at once, without ones that only follow from others', () => {
    const data = withTasks(
      { id: 'a b', agent: 'bulder' },
      task('b', { dependsOn: ['a b', 'c'], estimate: 5 }),
      task('c', { dependsOn: ['b'] }),
    );
    expect(
      problemsOf(data)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([
      'sprints[0].tasks[0].agent',
      'sprints[0].tasks[0].id',
      'sprints[0].tasks[1].dependsOn',
      'sprints[0].tasks[1].dependsOn[0]',
      'sprints[0].tasks[1].estimate',
    ]);
  });

  test('a sprint with an unknown agent does not accuse its tasks as well', () => {
    expect(problemsOf(written({ agents: ['bulder'] })).map(({ path }) => path)).toEqual(['sprints[0].agents[0]']);
    expect(problemsOf(written({ agents: ['bulder'], tasks: [{ id: 'a', skills: ['build'] }] })).map(({ path }) => path)).toEqual([
      'sprints[0].agents[0]',
    ]);
  });

  test('more problems than fit are counted', () => {
    const problems = problemsOf(withTasks(...Array.from({ length: 300 }, (_, n) => task(`t${n}`, { nope: 1 }))));
    expect(problems).toHaveLength(MAX_PROBLEMS + 1);
    expect(problems.at(-1)?.message).toBe('and 100 more problems');
  });

  test('a cycle of thousands is shown with both ends', () => {
    const [problem] = problemsOf(
      withTasks(...Array.from({ length: 5_000 }, (_, n) => task(`t${n}`, { dependsOn: [`t${(n + 1) % 5_000}`] }))),
    );
    expect(problem?.message).toMatch(/t0 → t1 → .* → … 4951 more … → .* → t0$/);
  });

  test('without a roster its ids are not checked', () => {
    expect(problemsOf(withTasks({ id: 'a', agent: 'whoever', checks: ['any'] }), null)).toEqual([]);
    const [problem] = problemsOf(written({ agents: ['someone'], tasks: [{ id: 'a', agent: 'other' }] }, {}), null);
    expect(problem?.message).toMatch(/other does not work in sprint core/);
  });

  test('of a large roster the first ten agents are named', () => {
    const agents = Array.from({ length: 11 }, (_, n) => ({
      id: `worker-${n + 10}`,
      kind: 'command' as const,
      skills: [],
      capacity: 1,
    }));
    const [problem] = problemsOf(withTasks({ id: 'a', agent: 'zoe' }), { ...roster, agents });
    expect(problem?.hint).toMatch(/^the config has worker-10, .*worker-19, …$/);
  });

  test('a roster without agents or checks says so', () => {
    const problems = problemsOf(withTasks(task('a', { checks: ['c'] }), { id: 'b' }), { ...roster, agents: [], checks: [] });
    expect(problems.map(({ hint }) => hint).toSorted()).toEqual([
      'the config has no agents',
      'the config has no agents',
      'the config has no checks',
    ]);
  });
});
