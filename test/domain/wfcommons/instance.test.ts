import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../src/domain/source/problem.ts';
import { readInstance, toPlanIds } from '../../../src/domain/wfcommons/instance.ts';
import { wfInstance } from './wf-instance.ts';

const read = (data: unknown) => {
  const result = readInstance(data, 'run.json');
  return result.ok ? result.value : formatProblems(result.error);
};

describe('WfCommons instances', () => {
  it('1.5: edges of the specification, run times of the execution', () => {
    expect(
      read(
        wfInstance([
          ['split', 1.5],
          ['left', 2, 'split'],
          ['right', null, 'split'],
          ['join', 0, 'left', 'right'],
        ]),
      ),
    ).toEqual({
      name: 'synthetic',
      withoutRuntime: 1,
      tasks: [
        { id: 'split', runtimeSeconds: 1.5, dependsOn: [] },
        { id: 'left', runtimeSeconds: 2, dependsOn: [0] },
        { id: 'right', runtimeSeconds: 0, dependsOn: [0] },
        { id: 'join', runtimeSeconds: 0, dependsOn: [1, 2] },
      ],
    });
  });

  it.each([
    ['1.3: tasks with their run times, referring by name', 'tasks', 'runtimeInSeconds'],
    ['1.1: jobs', 'jobs', 'runtime'],
  ])('%s', (_, list, runtime) => {
    const tasks = [
      { name: 'a', id: 'ID1', children: ['b'], [runtime]: 3 },
      { name: 'b', id: 'ID2', parents: ['a'], [runtime]: 4 },
    ];
    expect(read({ workflow: { [list]: tasks } })).toEqual({
      name: 'workflow',
      withoutRuntime: 0,
      tasks: [
        { id: 'ID1', runtimeSeconds: 3, dependsOn: [] },
        { id: 'ID2', runtimeSeconds: 4, dependsOn: [0] },
      ],
    });
  });

  it('an edge counts that only one of its ends names, and names may repeat where ids do not', () => {
    const tasks = [
      { name: 'same', id: 'a' },
      { name: 'same', id: 'b', parents: ['a'], children: ['c'] },
      { name: 'same', id: 'c' },
      { name: 'alone' },
    ];
    expect(read({ name: '', workflow: { specification: { tasks }, execution: null } })).toMatchObject({
      tasks: [
        { id: 'a', dependsOn: [] },
        { id: 'b', dependsOn: [0] },
        { id: 'c', dependsOn: [1] },
        { id: 'alone', dependsOn: [] },
      ],
      withoutRuntime: 4,
    });
  });

  const specified = (...tasks: unknown[]) => ({ workflow: { specification: { tasks } } });

  it.each([
    ['nothing', null, /^run\.json: expected a map; got null/],
    ['no workflow', {}, /run\.json: workflow: "workflow" is missing/],
    ['no tasks', specified(), /workflow\.specification\.tasks: expected at least one task; got an empty list/],
    ['a task that is none', { workflow: { tasks: [7] } }, /workflow\.tasks\[0\]: expected a map; got 7/],
    ['a job that is none', { workflow: { jobs: [7] } }, /workflow\.jobs\[0\]: expected a map; got 7/],
    ['a nameless task', specified({ runtime: 1 }), /tasks\[0\]: a task without id and name/],
    [
      'a negative run time',
      specified({ id: 'a', runtime: -1 }),
      /tasks\[0\]\.runtime: expected seconds, a number from 0; got -1/,
    ],
    ['an id twice', specified({ id: 'a' }, { id: 'a' }), /tasks\[1\]\.id: two tasks have the id "a": numbers 0 and 1/],
    [
      'an unknown parent',
      specified({ id: 'aa', parents: ['ab'] }),
      /tasks\[0\]\.parents\[0\]: unknown task "ab"; did you mean "aa"\?/,
    ],
    ['an unknown child', specified({ id: 'a', children: ['zzzz'] }), /tasks\[0\]\.children\[0\]: unknown task "zzzz"/],
    [
      'a cycle',
      specified({ id: 'a', parents: ['b'] }, { id: 'b', parents: ['a'] }),
      /in a circle: [ab] → [ab] → [ab]; a workflow/,
    ],
    ['itself', specified({ id: 'a', parents: ['a'] }), /in a circle: a → a/],
    [
      'too many',
      specified(...Array.from({ length: 10_001 }, (_, number) => ({ id: `t${number}` }))),
      /tasks: too many tasks: 10001; a plan has at most 10000/,
    ],
    [
      'an unknown task among thousands',
      specified(...Array.from({ length: 1_001 }, (_, number) => ({ id: `t${number}`, parents: number === 0 ? ['x'] : [] }))),
      /tasks\[0\]\.parents\[0\]: unknown task "x"$/,
    ],
  ])('%s is refused with its place', (_, data, message) => {
    expect(read(data)).toMatch(message);
  });
});

describe('ids of a plan', () => {
  it('keep what they can of the names and are unique', () => {
    const long = 'x'.repeat(200);
    expect(toPlanIds(['a b', 'a_b', 'a/b', 'ok', '_x', long, `${long}y`])).toEqual([
      'a_b-2',
      'a_b',
      'a_b-3',
      'ok',
      't_x',
      long.slice(0, 120),
      `${long.slice(0, 120)}-2`,
    ]);
  });
});
