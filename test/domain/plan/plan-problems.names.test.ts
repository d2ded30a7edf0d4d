import { describe } from 'vitest';
import { withTasks, written } from './plan-fixture.ts';
import { sprints, task, triggers, testCases } from './problem-cases.ts';

describe('the names in a plan', () => {
  testCases([
    {
      name: 'an unknown agent has the nearest ones',
      data: withTasks({ id: 'a', agent: 'bulder' }),
      path: 'sprints[0].tasks[0].agent',
      says: /unknown agent "bulder"/,
      hint: /"builder"/,
    },
    {
      name: 'an unknown agent like no other lists those of the config',
      data: withTasks({ id: 'a', agent: 'zorro' }),
      path: 'sprints[0].tasks[0].agent',
      says: /unknown agent/,
      hint: /the config has ann, builder, tester/,
    },
    {
      name: 'an unknown task has the nearest ones, swaps of letters too',
      data: withTasks(task('lexer'), task('b', { dependsOn: ['lexre'] })),
      path: 'sprints[0].tasks[1].dependsOn[0]',
      says: /unknown task/,
      hint: /"lexer"/,
    },
    {
      name: 'an unknown task like no other says so',
      data: withTasks(task('lexer', { dependsOn: ['zzz'] })),
      path: 'sprints[0].tasks[0].dependsOn[0]',
      says: /unknown task "zzz"/,
      hint: /no task of that id/,
    },
    {
      name: 'an unknown check has the nearest ones',
      data: withTasks(task('a', { checks: ['unit-test'] })),
      path: 'sprints[0].tasks[0].checks[0]',
      says: /unknown check/,
      hint: /"unit-tests"/,
    },
    {
      name: 'an unknown sprint has the nearest ones',
      data: sprints({ id: 'core', tasks: [task('a')] }, { id: 'rest', dependsOn: ['coer'], tasks: [task('b')] }),
      path: 'sprints[1].dependsOn[0]',
      says: /unknown sprint/,
      hint: /"core"/,
    },
    {
      name: 'an unknown agent of a sprint is found',
      data: written({ agents: ['builder', 'testr'] }),
      path: 'sprints[0].agents[1]',
      says: /unknown agent/,
      hint: /"tester"/,
    },
    {
      name: 'an unknown agent of a trigger is found',
      data: triggers({ agent: 'testr', when: { after: '1s' } }),
      path: 'triggers[0].agent',
      says: /unknown agent/,
      hint: /"tester"/,
    },
    {
      name: 'a sender of a message that is an agent misspelt is found',
      data: triggers({ agent: 'tester', when: { message: 'notice', from: 'testr' } }),
      path: 'triggers[0].when.from',
      says: /unknown agent "testr"/,
      hint: /"tester"/,
    },
    {
      name: 'an unknown checkpoint of a trigger is found',
      data: triggers({ agent: 'tester', when: { checkpoint: 'freeze' } }),
      path: 'triggers[0].when.checkpoint',
      says: /unknown checkpoint/,
    },
    {
      name: 'an unknown deliverable has the nearest ones',
      data: triggers({ agent: 'tester', when: { deliverable: 'cod', of: 'lexer' } }),
      path: 'triggers[0].when.deliverable',
      says: /unknown deliverable/,
      hint: /"code"/,
    },
    {
      name: 'a deliverable of a task that declares none says so',
      data: triggers({ agent: 'tester', when: { deliverable: 'x', of: 'parser' } }),
      path: 'triggers[0].when.deliverable',
      says: /unknown deliverable/,
      hint: /declares none/,
    },
    {
      name: 'a deliverable like no other lists those of the task',
      data: triggers({ agent: 'tester', when: { deliverable: 'zzz', of: 'lexer' } }),
      path: 'triggers[0].when.deliverable',
      says: /unknown deliverable/,
      hint: /declares code/,
    },
    {
      name: 'an undeclared resource that nearly is a declared one is asked about',
      data: withTasks(task('a', { resources: ['bench-machin'] })),
      path: 'sprints[0].tasks[0].resources[0]',
      says: /undeclared resource/,
      hint: /"bench-machine".*declare it/,
    },

    {
      name: 'task ids are unique in the whole plan',
      data: sprints({ id: 'one', tasks: [task('a')] }, { id: 'two', tasks: [task('a')] }),
      path: 'sprints[1].tasks[0].id',
      says: /task id "a" is there twice/,
      hint: /sprints\[0\]\.tasks\[0\]\.id/,
    },
    {
      name: 'sprint ids are unique',
      data: sprints({ id: 'one', tasks: [task('a')] }, { id: 'one', dependsOn: [], tasks: [task('b')] }),
      path: 'sprints[1].id',
      says: /sprint id "one" is there twice/,
    },
    {
      name: 'deliverable ids are unique within their task',
      data: withTasks(
        task('a', {
          deliverables: [
            { id: 'x', path: 'a' },
            { id: 'x', path: 'b' },
          ],
        }),
      ),
      path: 'sprints[0].tasks[0].deliverables[1].id',
      says: /deliverable id "x" is there twice/,
    },
    {
      name: 'deliverables have paths of their own',
      data: withTasks(
        task('a', {
          deliverables: [
            { id: 'x', path: 'a' },
            { id: 'y', path: './a' },
          ],
        }),
      ),
      path: 'sprints[0].tasks[0].deliverables[1].path',
      says: /two deliverables/,
    },
    {
      name: 'a dependency is named once',
      data: withTasks(task('a'), task('b', { dependsOn: ['a', { task: 'a' }] })),
      path: 'sprints[0].tasks[1].dependsOn[1].task',
      says: /twice/,
    },
  ]);
});
