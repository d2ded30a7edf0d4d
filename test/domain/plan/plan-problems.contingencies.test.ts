import { describe, expect, test } from 'vitest';
import { describeContingency } from '../../../src/domain/emergencies/contingency.ts';
import { toContingencies, toWatched } from '../../../src/domain/plan/watched.ts';
import { planOf, problemsOf, roster, written } from './plan-fixture.ts';

const facts = { ...roster, probed: { resources: ['bench-machine'], dependencies: ['mail'] } };
const tasks = [
  { id: 'bench', agent: 'tester', resources: ['bench-machine'] },
  { id: 'post', agent: 'builder', needs: ['mail'] },
  { id: 'other', agent: 'builder', resources: ['desk'] },
];
const planWith = (contingency: object, sprint: object = {}) => written({ tasks, ...sprint }, { contingencies: [contingency] });
const pause = [{ pause: true }];

describe('contingencies', () => {
  test.each([
    ['an unknown resource', { when: { resource: 'bench' }, do: pause }, /unknown resource that a task uses "bench"/],
    [
      'a resource that nobody watches',
      { when: { resource: 'desk' }, do: pause },
      /nothing would notice that resource "desk" fails/,
    ],
    ['an unknown dependency', { when: { dependency: 'mial' }, do: pause }, /unknown dependency "mial"/],
    ['an unknown agent', { when: { agent: 'nobody' }, do: pause }, /unknown agent "nobody"/],
    ['an unknown sprint', { when: { sprint: 'cor' }, do: pause }, /unknown sprint "cor"/],
    ['an unknown task', { when: { sprint: 'core' }, tasks: ['bnch'], do: pause }, /unknown task "bnch"/],
    ['an unknown stand-in', { when: { resource: 'bench-machine' }, do: [{ useAgent: 'zorro' }] }, /unknown agent "zorro"/],
    ['an unknown channel', { when: { sprint: 'core' }, do: [{ notify: ['op'] }] }, /unknown channel "op"/],
    ['a resource for no resource', { when: { agent: 'builder' }, do: [{ useResource: 'desk' }] }, /no resource has failed/],
    [
      'a resource for itself',
      { when: { resource: 'bench-machine' }, do: [{ useResource: 'bench-machine' }] },
      /stand in for itself/,
    ],
    ['an action of no kind', { when: { sprint: 'core' }, do: [{ explode: true }] }, /explode/],
    ['an unknown escalated task', { when: { task: 'bnch' }, do: pause }, /unknown task "bnch"/],
    ['a task that nothing escalates', { when: { task: 'bench' }, do: pause }, /nothing would escalate task "bench"/],
    ['more at a time than there are', { when: { sprint: 'core' }, do: [{ concurrency: 1_001 }] }, /whole number from 1 to 1000/],
    [
      'what is held for good',
      { when: { sprint: 'core' }, do: [{ hold: true }] },
      /stays late, so what is held would never start/,
    ],
    ['what waits anyway', { when: { agent: 'tester' }, do: [{ hold: true }] }, /what needs tester waits for it anyway/],
  ])('%s is refused', (_title, contingency, says) => {
    expect(
      problemsOf(planWith(contingency), facts)
        .map(({ message }) => message)
        .join('\n'),
    ).toMatch(says);
  });

  test.each([
    { when: { resource: 'bench-machine' } },
    { when: { dependency: 'mail' } },
    { when: { agent: 'tester' } },
    { when: { sprint: 'core' }, tasks: ['bench'] },
  ])('whoever stands in works in the sprint of the tasks: %j', (cause) => {
    const contingency = { ...cause, do: [{ useAgent: 'ann' }] };
    const messages = problemsOf(planWith(contingency, { agents: ['builder', 'tester'] }), facts).map(({ message }) => message);
    expect(messages).toEqual(['agent ann does not work in sprint core']);
    expect(problemsOf(planWith(contingency), facts)).toEqual([]);
  });

  describe('of a task that people are asked about', () => {
    const escalation = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' };
    const sprints = [
      { id: 'core', agents: ['builder', 'tester'], tasks },
      { id: 'late', tasks: [{ id: 'end', agent: 'ann' }] },
    ];
    const messagesOf = (contingency: object, plan: object = { escalation }) =>
      problemsOf(written({}, { sprints, contingencies: [contingency], ...plan }), facts).map(({ message }) => message);
    const bench = { task: 'bench', state: 'escalated' };

    test.each([
      [
        'with all that makes sense',
        { when: bench, do: [{ hold: true }, { concurrency: 2 }, { priority: 'low' }, { useAgent: 'builder' }] },
      ],
      ['naming others', { when: bench, tasks: ['post'], do: [{ skip: true }, { hold: true }] }],
    ])('pass %s', (_title, contingency) => {
      expect(messagesOf(contingency)).toEqual([]);
    });

    test.each([
      ['itself', { when: bench, tasks: ['bench'], do: pause }, 'bench itself waits for people then'],
      [
        'a task of another sprint',
        { when: bench, tasks: ['end'], do: pause },
        'end is a task of sprint late: what sprint core escalates changes nothing there',
      ],
      [
        'what waits for the answer, to be skipped',
        { when: bench, do: [{ skip: true }] },
        'what waits for the answer about bench would be skipped for good',
      ],
      ['a resource', { when: bench, do: [{ useResource: 'desk' }] }, 'no resource has failed that desk could stand in for'],
      ['whoever does not work there', { when: bench, do: [{ useAgent: 'ann' }] }, 'agent ann does not work in sprint core'],
    ])('do not name %s', (_title, contingency, message) => {
      expect(messagesOf(contingency)).toEqual([message]);
    });

    test('are escalated by a chain of their own, of their sprint or of the plan, or by what else asks people', () => {
      const contingency = { when: bench, do: pause };
      const of = (task: object, sprint: object = {}) => [
        { ...sprints[0], ...sprint, tasks: [{ ...tasks[0], ...task }, ...tasks.slice(1)] },
        sprints[1],
      ];
      expect(messagesOf(contingency, { sprints: of({ escalation }) })).toEqual([]);
      expect(messagesOf(contingency, { sprints: of({}, { escalation }) })).toEqual([]);
      for (const policy of [{ reallocation: {} }, { mediation: { to: ['ann'] } }])
        expect(messagesOf(contingency, policy)).toEqual([]);
    });

    test('a chain tells channels that there are, wherever it is declared', () => {
      const chain = { ...escalation, meanwhile: [{ pause: true }, { notify: ['opps'] }] };
      const all = [
        { ...sprints[0], escalation: chain },
        { id: 'late', tasks: [{ id: 'end', agent: 'ann', escalation: chain }] },
      ];
      const problems = problemsOf(written({}, { sprints: all, escalation: chain }), facts);
      expect(problems.map(({ path, message }) => [path, message])).toEqual(
        ['', 'sprints[0].', 'sprints[1].tasks[0].'].map((at) => [
          `${at}escalation.meanwhile[1].notify[0]`,
          'unknown channel "opps"',
        ]),
      );
      expect(problemsOf(written({}, { escalation: { ...escalation, meanwhile: [{ useAgent: 'ann' }] } }), facts)).not.toEqual([]);
    });
  });

  test('without a roster what only that knows passes', () => {
    expect(problemsOf(planWith({ when: { dependency: 'x' }, do: [{ useAgent: 'y' }, { notify: ['z'] }] }), null)).toEqual([]);
  });

  test('an unknown dependency of a task is refused', () => {
    expect(problemsOf(written({ tasks: [{ id: 'a', agent: 'builder', needs: ['ftp'] }] }), facts)[0]?.message).toBe(
      'unknown dependency "ftp"',
    );
    expect(problemsOf(written({ tasks: [{ id: 'a', agent: 'builder', needs: ['ftp'] }] }))[0]?.hint).toBe(
      'the config has no dependencies',
    );
  });

  test('of a config that watches nothing there is no dependency to wait for', () => {
    const [problem] = problemsOf(
      planWith({ when: { dependency: 'mail' }, do: pause }, { tasks: [{ id: 'a', agent: 'builder' }] }),
    );
    expect(problem).toMatchObject({ message: 'unknown dependency "mail"', hint: 'there is none' });
  });

  test('they are read with the state that fits, and put in words', () => {
    const actions = [
      { useAgent: 'ann' },
      { useResource: 'desk' },
      { skip: true },
      { priority: 'high' },
      { notify: ['ops'] },
      { pause: true },
      { concurrency: 2 },
      { hold: true },
    ];
    const plan = planOf(planWith({ when: { resource: 'bench-machine' }, tasks: ['bench'], do: actions }), facts);
    expect(plan.contingencies?.map(describeContingency)).toEqual([
      'when resource bench-machine is failed: ann does the work, desk is used, the work is skipped, priority is high, ops is told, the sprint is paused, at most 2 at work at a time, the work is held (bench)',
    ]);
    for (const [when, state] of [
      [{ dependency: 'mail' }, 'down'],
      [{ agent: 'tester' }, 'unavailable'],
      [{ sprint: 'core' }, 'late'],
      [{ task: 'bench' }, 'escalated'],
    ])
      expect(planOf({ ...planWith({ when, do: pause }), mediation: {} }, facts).contingencies?.[0]?.when).toEqual({
        ...(when as object),
        state,
      });
  });

  test('a sprint hears of what it uses, and of contingencies that can come in it', () => {
    const target = (kind: 'resource' | 'dependency', id: string) => ({ kind, id, digest: 'd' });
    const watched = {
      queue: 'q',
      targets: [target('resource', 'bench-machine'), target('dependency', 'mail'), target('resource', 'rig')],
    };
    const two = {
      sprints: [
        { id: 'core', tasks },
        { id: 'late', tasks: [{ id: 'end', agent: 'ann' }] },
      ],
    };
    const causes = [
      { resource: 'bench-machine' },
      { dependency: 'mail' },
      { agent: 'ann' },
      { sprint: 'late' },
      { task: 'post' },
    ];
    const contingencies = causes.map((when) => ({ when, ...('task' in when ? {} : { tasks: ['bench', 'end'] }), do: pause }));
    const plan = planOf(written({}, { ...two, contingencies, mediation: {} }), facts);
    const [core, late] = plan.sprints;
    if (!core || !late) throw new Error('two sprints');
    expect(toWatched(plan, [core], watched).watched?.targets.map(({ id }) => id)).toEqual(['bench-machine', 'mail']);
    expect(toWatched(plan, [late], watched)).toEqual({});
    expect(toWatched(plan, [core], undefined)).toEqual({});
    const keys = (sprint: typeof core) =>
      (toContingencies(plan, sprint).contingencies ?? []).map(({ when }) => Object.keys(when)[0]);
    expect([keys(core), keys(late)]).toEqual([
      ['resource', 'dependency', 'agent', 'task'],
      ['agent', 'sprint'],
    ]);
    expect(toContingencies(plan, late).contingencies?.[0]?.tasks).toEqual(['end']);
    expect(toContingencies(planOf(written()), core)).toEqual({});
  });
});
