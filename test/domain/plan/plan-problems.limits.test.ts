import { describe } from 'vitest';
import { withTasks, written } from './plan-fixture.ts';
import { sprints, task, testCases } from './problem-cases.ts';

describe('limits and triggers of a plan', () => {
  testCases([
    ...(['/etc/passwd', '~/x', 'C:\\x', '../x', 'a/../../x', 'a\\b', 'a\nb', 'src/**'] as const).map((path) => ({
      name: `the deliverable path ${JSON.stringify(path)} is refused`,
      data: withTasks(task('a', { deliverables: [{ id: 'x', path }] })),
      path: 'sprints[0].tasks[0].deliverables[0].path',
      says: /must/,
    })),
    {
      name: 'a deliverable without a path is asked for one',
      data: withTasks(task('a', { deliverables: [{ id: 'x' }] })),
      path: 'sprints[0].tasks[0].deliverables[0].path',
      says: /"path" is missing/,
    },
    {
      name: 'declared paths stay inside too',
      data: withTasks(task('a', { paths: ['../x'] })),
      path: 'sprints[0].tasks[0].paths[0]',
      says: /stay inside/,
    },
    {
      name: 'a task with more tokens than its sprint is refused',
      data: sprints({ id: 's', budget: { tokens: 10 }, tasks: [task('a', { budget: { tokens: 11 } })] }),
      path: 'sprints[0].tasks[0].budget.tokens',
      says: /the budget of task a is larger than that of its sprint s: tokens 11 tokens, of 10 tokens/,
      hint: /give task a less, or its sprint s more/,
    },
    {
      name: 'a task with more time than the plan is refused',
      data: written({ tasks: [task('a', { budget: { time: '2h' } })] }, { budget: { time: '1h', cost: 1 } }),
      path: 'sprints[0].tasks[0].budget.time',
      says: /task a is larger than that of the plan: time 2h, of 1h/,
    },
    {
      name: 'a sprint with more money than the plan is refused, whatever else is wrong with its budget',
      data: written(
        { tasks: [task('a')], budget: { cost: 2, time: 'soon', tokens: 'many' } },
        { budget: { cost: 1, tokens: 1 } },
      ),
      path: 'sprints[0].budget.cost',
      says: /sprint .* is larger than that of the plan: cost 2.00, of 1.00/,
    },
    {
      name: 'an input of more than 64 KiB is refused',
      data: withTasks(task('a', { input: { x: 'ä'.repeat(33_000) } })),
      path: 'sprints[0].tasks[0].input',
      says: /660\d\d bytes as JSON; the limit is 65536/,
    },
    {
      name: 'more than 10,000 tasks are refused',
      data: withTasks(...Array.from({ length: 10_001 }, (_, n) => task(`t${n}`))),
      path: 'sprints',
      says: /too many tasks: 10001/,
    },
    {
      name: 'more than 1,000 deliverables of a task are refused',
      data: withTasks(task('a', { deliverables: Array.from({ length: 1_001 }, (_, n) => ({ id: `d${n}`, path: `d${n}` })) })),
      path: 'sprints[0].tasks[0].deliverables',
      says: /too many deliverables: 1001; the limit is 1000/,
    },
    {
      name: 'a plan of more than 8 MiB is refused',
      data: withTasks(...Array.from({ length: 150 }, (_, n) => task(`t${n}`, { input: { x: 'x'.repeat(60_000) } }))),
      path: '',
      says: /the plan takes \d+ bytes.*the limit is 8388608/,
    },
    {
      name: 'a plan cannot give a resource more capacity than the config',
      data: written({}, { resources: [{ id: 'bench-machine', capacity: 3 }] }),
      path: 'resources[0].id',
      says: /capacity 2 in the config, the plan wants 3/,
    },

    {
      name: 'an agent whose trigger needs what only it can do never starts',
      data: written(
        { tasks: [{ id: 'a', agent: 'tester' }] },
        { triggers: [{ agent: 'tester', when: { task: 'a', reached: 'finished' } }] },
      ),
      path: 'triggers[0].when',
      says: /agent tester can never start: its trigger needs a/,
    },
    {
      name: 'agents that wait for each other never start',
      data: written(
        { tasks: [{ id: 'a', agent: 'tester' }, task('b')] },
        {
          triggers: [
            { agent: 'tester', when: { task: 'b', reached: 'started' } },
            { agent: 'builder', when: { all: [{ after: '1s' }, { task: 'a', reached: 'failed' }] } },
          ],
        },
      ),
      path: 'triggers[1].when',
      says: /builder can never start/,
    },
    {
      name: 'an agent that waits for a later sprint than its own never starts',
      data: written(
        {},
        {
          sprints: [
            { id: 'x', tasks: [{ id: 'a', agent: 'tester' }] },
            { id: 'y', tasks: [task('b', { deliverables: [{ id: 'd', path: 'd' }] })] },
          ],
          triggers: [{ agent: 'tester', when: { deliverable: 'd', of: 'b' } }],
        },
      ),
      path: 'triggers[0].when',
      says: /needs b/,
    },
    {
      name: 'a checkpoint behind its own agent never comes',
      data: written(
        { tasks: [{ id: 'a', agent: 'tester' }], checkpoints: [{ id: 'c', after: ['a'], agents: ['builder'] }] },
        { triggers: [{ agent: 'tester', when: { checkpoint: 'c' } }] },
      ),
      path: 'triggers[0].when',
      says: /never start.*needs a/,
    },
  ]);
});
