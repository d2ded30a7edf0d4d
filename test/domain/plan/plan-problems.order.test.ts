import { describe } from 'vitest';
import { withTasks, written } from './plan-fixture.ts';
import { sprints, task, testCases } from './problem-cases.ts';

describe('the order and allocation of a plan', () => {
  testCases([
    {
      name: 'a cycle of tasks is shown whole',
      data: withTasks(task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['c'] }), task('c', { dependsOn: ['a'] })),
      path: 'sprints[0].tasks[0].dependsOn',
      says: /dependency cycle of tasks: a → b → c → a/,
    },
    {
      name: 'a task that depends on itself is said so',
      data: withTasks(task('a', { dependsOn: ['a'] })),
      path: 'sprints[0].tasks[0].dependsOn[0]',
      says: /task a depends on itself/,
    },
    {
      name: 'a cycle of sprints is shown whole',
      data: sprints({ id: 'x', dependsOn: ['y'], tasks: [task('a')] }, { id: 'y', dependsOn: ['x'], tasks: [task('b')] }),
      path: 'sprints[0].dependsOn',
      says: /cycle of sprints: x → y → x/,
      hint: /take one/,
    },
    {
      name: 'a cycle over the order of the list explains the default',
      data: sprints({ id: 'x', dependsOn: ['y'], tasks: [task('a')] }, { id: 'y', tasks: [task('b')] }),
      path: 'sprints[0].dependsOn',
      says: /x → y → x/,
      hint: /dependsOn: \[\]/,
    },
    {
      name: 'a cycle that begins at a sprint without dependsOn points to its id',
      data: sprints(
        { id: 'x', dependsOn: ['z'], tasks: [task('a')] },
        { id: 'y', dependsOn: ['z'], tasks: [task('b')] },
        { id: 'z', tasks: [task('c')] },
      ),
      path: 'sprints[2].id',
      says: /z → y → z/,
      hint: /dependsOn: \[\]/,
    },
    {
      name: 'a sprint that depends on itself is said so',
      data: written({ dependsOn: ['core'] }),
      path: 'sprints[0].dependsOn',
      says: /depends on itself/,
    },
    {
      name: 'a dependency on a later sprint is refused',
      data: sprints({ id: 'x', tasks: [task('a', { dependsOn: ['b'] })] }, { id: 'y', tasks: [task('b')] }),
      path: 'sprints[0].tasks[0].dependsOn[0]',
      says: /b of sprint y, which does not come before sprint x/,
      hint: /add y/,
    },
    {
      name: 'a dependency on an independent sprint is refused',
      data: sprints({ id: 'x', tasks: [task('a')] }, { id: 'y', dependsOn: null, tasks: [task('b', { dependsOn: ['a'] })] }),
      path: 'sprints[1].tasks[0].dependsOn[0]',
      says: /does not come before/,
    },
    {
      name: 'a checkpoint waits for tasks of its sprint',
      data: sprints(
        { id: 'x', tasks: [task('a')] },
        { id: 'y', tasks: [task('b')], checkpoints: [{ id: 'c', after: ['a'], agents: ['tester'] }] },
      ),
      path: 'sprints[1].checkpoints[0].after[0]',
      says: /another sprint, x/,
    },

    {
      name: 'a task names an agent of its sprint',
      data: written({ agents: ['tester'] }),
      path: 'sprints[0].tasks[0].agent',
      says: /builder does not work in sprint core/,
      hint: /which has tester/,
    },
    {
      name: 'a task of a sprint with an empty list of agents is told that it has none',
      data: written({ agents: [] }),
      path: 'sprints[0].tasks[0].agent',
      says: /builder does not work in sprint core/,
      hint: /which has none$/,
    },
    {
      name: 'a checkpoint names agents of its sprint',
      data: written({ agents: ['builder'], checkpoints: [{ id: 'c', after: ['lexer'], agents: ['tester'] }] }),
      path: 'sprints[0].checkpoints[0].agents[0]',
      says: /tester does not work in/,
    },
    {
      name: 'skills that no agent has are named',
      data: withTasks({ id: 'a', skills: ['typescrpt'] }),
      path: 'sprints[0].tasks[0].skills',
      says: /nobody in sprint core has all the skills of task a: typescrpt/,
      hint: /no agent has typescrpt \(did you mean "typescript"\?\)/,
    },
    {
      name: 'skills that nothing is near to are only named',
      data: withTasks({ id: 'a', skills: ['astrology'] }),
      path: 'sprints[0].tasks[0].skills',
      says: /nobody/,
      hint: /^no agent has astrology$/,
    },
    {
      name: 'skills that no single agent has are refused',
      data: withTasks({ id: 'a', skills: ['build', 'test'] }),
      path: 'sprints[0].tasks[0].skills',
      says: /nobody/,
      hint: /some have builder, tester/,
    },
    {
      name: 'who could do it outside the sprint is named',
      data: written({ agents: ['tester'], tasks: [{ id: 'a', skills: ['build'] }] }),
      path: 'sprints[0].tasks[0].skills',
      says: /nobody/,
      hint: /builder of the roster could/,
    },
    {
      name: 'skills spread outside the sprint are said to be',
      data: written({ agents: ['ann'], tasks: [{ id: 'a', skills: ['build', 'test'] }] }),
      path: 'sprints[0].tasks[0].skills',
      says: /nobody/,
      hint: /only agents outside the sprint/,
    },
    {
      name: 'a named agent has the skills too',
      data: withTasks(task('a', { skills: ['build', 'test'] })),
      path: 'sprints[0].tasks[0].skills',
      says: /builder does not have test/,
    },
    {
      name: 'an empty list of agents can do nothing',
      data: written({ agents: [], tasks: [{ id: 'a' }] }),
      path: 'sprints[0].tasks[0].id',
      says: /its sprint has no agents/,
      hint: /leave agents/,
    },
  ]);
});
