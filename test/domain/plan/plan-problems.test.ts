import { describe, expect, test } from 'vitest';
import { MAX_PROBLEMS } from '../../../src/domain/source/problem.ts';
import { problemsOf, roster, withTasks, written } from './plan-fixture.ts';

const sprints = (...list: object[]) => written({}, { sprints: list });
const task = (id: string, changes: object = {}) => ({ id, agent: 'builder', ...changes });
const triggers = (...list: object[]) =>
  written({ tasks: [task('lexer', { deliverables: [{ id: 'code', path: 'a' }] }), task('parser')] }, { triggers: list });

interface Case {
  readonly name: string;
  readonly data: unknown;
  readonly path: string;
  readonly says: RegExp;
  readonly hint?: RegExp;
}

const CASES: readonly Case[] = [
  { name: 'a plan is a map', data: 'plan', path: '', says: /expected a map; got "plan"/ },
  { name: 'nothing at all is said to be nothing', data: null, path: '', says: /expected a map; got null/ },
  {
    name: 'another version of the format is refused',
    data: written({}, { pact: 2 }),
    path: 'pact',
    says: /expected 1, the version.*got 2/,
  },
  { name: 'a plan needs a sprint', data: sprints(), path: 'sprints', says: /at least one sprint; got an empty list/ },
  {
    name: 'a field that is missing is named',
    data: withTasks({ agent: 'builder' }),
    path: 'sprints[0].tasks[0].id',
    says: /"id" is missing: expected an id/,
  },
  {
    name: 'a number for an id wants quotes',
    data: withTasks({ id: 7 }),
    path: 'sprints[0].tasks[0].id',
    says: /got 7/,
    hint: /quotes/,
  },
  {
    name: 'an unknown field has its nearest known one',
    data: withTasks(task('a', { titel: 'x' })),
    path: 'sprints[0].tasks[0].titel',
    says: /unknown field "titel"/,
    hint: /"title"/,
  },
  {
    name: 'an unknown field like no other lists the known ones',
    data: written({}, { xyzzy: 1 }),
    path: 'xyzzy',
    says: /unknown field/,
    hint: /known here: pact, project/,
  },
  {
    name: 'review is not supported yet',
    data: withTasks(task('a', { review: {} })),
    path: 'sprints[0].tasks[0].review',
    says: /"review" in sprints\[0\]\.tasks\[0\] is not supported yet/,
  },
  { name: 'gates are not supported yet', data: written({ gates: [] }), path: 'sprints[0].gates', says: /not supported yet/ },
  {
    name: 'escalation is not supported yet',
    data: written({}, { escalation: {} }),
    path: 'escalation',
    says: /not supported yet/,
  },
  {
    name: 'contingencies are not supported yet',
    data: written({}, { contingencies: [] }),
    path: 'contingencies',
    says: /not supported yet/,
  },
  { name: 'targets are not supported yet', data: written({}, { targets: {} }), path: 'targets', says: /not supported yet/ },
  {
    name: 'checks of objectives are not supported yet',
    data: written({}, { objectives: [{ id: 'a', text: 'b', check: 'c' }] }),
    path: 'objectives[0].check',
    says: /not supported yet/,
  },
  {
    name: 'budgets in tokens are not supported yet',
    data: withTasks(task('a', { budget: { tokens: 5 } })),
    path: 'sprints[0].tasks[0].budget.tokens',
    says: /not supported yet/,
  },
  ...['reviewed', 'integrated', 'approved'].map((until) => ({
    name: `a dependency until ${until} is not supported yet`,
    data: withTasks(task('a'), task('b', { dependsOn: [{ task: 'a', until }] })),
    path: 'sprints[0].tasks[1].dependsOn[0].until',
    says: new RegExp(`"${until}" is not supported yet`),
  })),
  {
    name: 'a gate as condition is not supported yet',
    data: triggers({ agent: 'tester', when: { any: [{ gate: 'green' }] } }),
    path: 'triggers[0].when.any[0].gate',
    says: /not supported yet/,
  },
  {
    name: 'a metric of a later version is not supported yet',
    data: triggers({ agent: 'tester', when: { metric: 'quality_score', below: 80 } }),
    path: 'triggers[0].when.metric',
    says: /not supported yet/,
  },
  {
    name: 'a condition with a misspelt field is taken for the nearest form',
    data: triggers({ agent: 'tester', when: { chekpoint: 'a' } }),
    path: 'triggers[0].when.chekpoint',
    says: /unknown field/,
    hint: /"checkpoint"/,
  },
  {
    name: 'a condition on a metric needs a limit',
    data: triggers({ agent: 'tester', when: { metric: 'error_rate' } }),
    path: 'triggers[0].when',
    says: /a limit: above or below/,
  },
  {
    name: 'a condition is a map',
    data: triggers({ agent: 'tester', when: 'later' }),
    path: 'triggers[0].when',
    says: /expected a map; got "later"/,
  },
  {
    name: 'a time must exist in the calendar',
    data: triggers({ agent: 'tester', when: { at: '2026-02-30T10:00:00Z' } }),
    path: 'triggers[0].when.at',
    says: /that exists/,
  },
  {
    name: 'a misspelt value has the nearest one',
    data: withTasks(task('a', { priority: 'hihg' })),
    path: 'sprints[0].tasks[0].priority',
    says: /one of "urgent", "high"/,
    hint: /"high"/,
  },
  {
    name: 'a duration says how to write one',
    data: withTasks(task('a', { estimate: '1 hour' })),
    path: 'sprints[0].tasks[0].estimate',
    says: /such as 350ms.*got "1 hour"/,
  },
  {
    name: 'a duration of zero is none',
    data: withTasks(task('a', { estimate: '0s' })),
    path: 'sprints[0].tasks[0].estimate',
    says: /above zero/,
  },
  {
    name: 'a timeline does not end before it starts',
    data: written({}, { project: { name: 'a', timeline: { start: '2026-12-05', end: '2026-12-01' } } }),
    path: 'project.timeline.end',
    says: /not before the start/,
  },
  {
    name: 'a dependency is an id or a map',
    data: withTasks(task('a', { dependsOn: [7] })),
    path: 'sprints[0].tasks[0].dependsOn[0]',
    says: /expected an id.*, or a map; got 7/,
  },
  {
    name: 'input that JSON cannot hold is refused',
    data: withTasks(task('a', { input: { x: Number.NaN } })),
    path: 'sprints[0].tasks[0].input.x',
    says: /JSON data; got NaN/,
  },

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

  ...(['/etc/passwd', '~/x', 'C:\\x', '../x', 'a/../../x', 'a\\b', 'a\nb', 'src/**'] as const).map((path) => ({
    name: `the deliverable path ${JSON.stringify(path)} is refused`,
    data: withTasks(task('a', { deliverables: [{ id: 'x', path }] })),
    path: 'sprints[0].tasks[0].deliverables[0].path',
    says: /must/,
  })),
  {
    name: 'declared paths stay inside too',
    data: withTasks(task('a', { paths: ['../x'] })),
    path: 'sprints[0].tasks[0].paths[0]',
    says: /stay inside/,
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
    name: 'a plan of more than 1 MiB is refused',
    data: withTasks(...Array.from({ length: 20 }, (_, n) => task(`t${n}`, { input: { x: 'x'.repeat(60_000) } }))),
    path: '',
    says: /the plan takes \d+ bytes.*the limit is 1048576/,
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
];

describe('problems of a plan', () => {
  test.each(CASES)('$name', ({ data, path, says, hint }) => {
    const problems = problemsOf(data);
    const found = problems.find((problem) => problem.path === path && says.test(problem.message));
    expect(found, JSON.stringify(problems, null, 2)).toBeDefined();
    expect(found?.hint ?? '').toMatch(hint ?? /^/);
  });

  test('all mistakes come at once, without ones that only follow from others', () => {
    const data = withTasks(
      { id: 'a b', agent: 'bulder' },
      task('b', { dependsOn: ['a b', 'c'], estimate: 5 }),
      task('c', { dependsOn: ['b'] }),
    );
    expect(
      problemsOf(data)
        .map(({ path }) => path)
        .sort(),
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

  test('a roster without agents or checks says so', () => {
    const problems = problemsOf(withTasks(task('a', { checks: ['c'] }), { id: 'b' }), { ...roster, agents: [], checks: [] });
    expect(problems.map(({ hint }) => hint).sort()).toEqual([
      'the config has no agents',
      'the config has no agents',
      'the config has no checks',
    ]);
  });
});
