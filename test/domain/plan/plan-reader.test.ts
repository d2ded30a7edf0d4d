import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import { compactBytes, fromCompact, toCompact } from '../../../src/domain/plan/compact-form.ts';
import { parsePlan } from '../../../src/domain/plan/plan-reader.ts';
import { dataSource } from '../../../src/domain/source/source.ts';
import { readYaml } from '../../../src/domain/source/yaml-source.ts';
import { planOf, roster, withTasks, written } from './plan-fixture.ts';

describe('the normal form of a plan', () => {
  test('fills in every default', () => {
    expect(planOf(written())).toEqual({
      pact: 1,
      project: { name: 'Parser', description: null, timeline: null },
      objectives: [],
      resources: [],
      sprints: [
        {
          id: 'core',
          title: 'core',
          dependsOn: [],
          durationMs: null,
          agents: ['ann', 'builder', 'tester'],
          tasks: [
            {
              id: 'lexer',
              title: 'lexer',
              description: null,
              agent: 'builder',
              skills: [],
              dependsOn: [],
              deliverables: [],
              estimateMs: null,
              priority: 'normal',
              paths: [],
              resources: [],
              input: {},
              checks: [],
              budget: { timeMs: null, attempts: 3 },
              stallAfterMs: null,
            },
          ],
          checkpoints: [],
        },
      ],
      triggers: [],
    });
  });

  test('keeps everything that is written', () => {
    const task = {
      id: 'a',
      title: 'A',
      description: 'd',
      skills: ['build'],
      deliverables: [{ id: 'x', path: './out//x/' }],
      estimate: '1h30m',
      priority: 'high',
      paths: ['src/'],
      resources: ['r', { id: 's', mode: 'shared' }, { id: 't' }],
      input: { spec: [1, null] },
      checks: ['lint'],
      budget: { time: '1d', attempts: 7 },
      stallAfter: '350ms',
    };
    const sprint = {
      title: 'Core',
      duration: '4h',
      agents: ['builder'],
      tasks: [task, { id: 'b', dependsOn: [{ task: 'a', until: 'finished' }] }],
    };
    const checkpoints = [{ id: 'c', after: ['a'], agents: ['builder'] }];
    const project = { name: 'P', description: 'D', timeline: { start: '2026-12-01', end: '2026-12-05' } };
    const rest = { project, objectives: [{ id: 'o', text: 't' }], resources: [{ id: 'r', capacity: 2 }, { id: 's' }] };
    const plan = planOf(written({ ...sprint, checkpoints }, rest));
    expect(plan.project).toEqual(project);
    expect([plan.objectives, plan.resources]).toEqual([
      [{ id: 'o', text: 't' }],
      [
        { id: 'r', capacity: 2 },
        { id: 's', capacity: 1 },
      ],
    ]);
    expect(plan.sprints[0]).toMatchObject({ title: 'Core', durationMs: 14_400_000, agents: ['builder'], checkpoints });
    expect(plan.sprints[0]?.tasks[0]).toEqual({
      id: 'a',
      title: 'A',
      description: 'd',
      agent: null,
      skills: ['build'],
      dependsOn: [],
      priority: 'high',
      checks: ['lint'],
      deliverables: [
        {
          id: 'x',
          path: 'out/x',
        },
      ],
      estimateMs: 54e5,
      paths: ['src'],
      resources: [
        {
          id: 'r',
          mode: 'exclusive',
        },
        {
          id: 's',
          mode: 'shared',
        },
        {
          id: 't',
          mode: 'exclusive',
        },
      ],
      input: { spec: [1, null] },
      budget: {
        timeMs: 864e5,
        attempts: 7,
      },
      stallAfterMs: 350,
    });
    expect(plan.sprints[0]?.tasks[1]?.dependsOn).toEqual([{ task: 'a', until: 'finished' }]);
  });

  test('reads every form of condition', () => {
    const when = {
      any: [
        {
          all: [
            { task: 'lexer', reached: 'failed' },
            { deliverable: 'd', of: 'lexer' },
          ],
        },
        { checkpoint: 'c' },
        { metric: 'error_rate', above: 10 },
        { metric: 'overall_progress', above: 1, below: 90 },
        { message: 'notice' },
        { message: 'request', from: 'tester' },
        { message: 'announcement', from: 'a-program-outside' },
        { after: '10m' },
        { at: '2026-12-01T10:00:00+01:00' },
      ],
    };
    const tasks = [{ id: 'lexer', agent: 'builder', deliverables: [{ id: 'd', path: '.' }] }];
    const sprint = { tasks, checkpoints: [{ id: 'c', after: ['lexer'], agents: ['tester'] }] };
    expect(planOf(written(sprint, { triggers: [{ agent: 'tester', when }] })).triggers).toEqual([
      { agent: 'tester', when: { any: [...when.any.slice(0, 7), { afterMs: 600_000 }, { at: '2026-12-01T09:00:00.000Z' }] } },
    ]);
  });

  test('reads the chains of plan, sprints and tasks, and leaves out what is not given', () => {
    const levels = [{ to: ['ann'], within: '10m' }];
    const [of, without] = [(otherwise: string) => ({ levels, otherwise }), planOf(written())];
    const plan = planOf(
      written(
        { tasks: [{ id: 'lexer', agent: 'builder', escalation: of('skip') }], escalation: of('hold') },
        { escalation: of('stop') },
      ),
    );
    const read = [plan, plan.sprints[0], plan.sprints[0]?.tasks[0]].map((part) => part?.escalation);
    expect(read.map((chain) => chain?.otherwise)).toEqual(['stop', 'hold', 'skip']);
    expect(read[0]?.levels).toEqual([{ to: ['ann'], via: [], withinMs: 600_000 }]);
    expect(without).not.toHaveProperty('escalation');
  });

  test('asks a person once, and an agent three times', () => {
    const plan = planOf(
      withTasks(
        { id: 'a', agent: 'ann' },
        { id: 'b', skills: ['review'] },
        { id: 'c' },
        { id: 'd', agent: 'ann', budget: { attempts: 2 } },
      ),
    );
    expect(plan.sprints[0]?.tasks.map(({ budget }) => budget.attempts)).toEqual([1, 1, 3, 2]);
  });

  test('takes null for an empty list and for a field that is not given, so that hashes agree', () => {
    const full = { skills: [], dependsOn: [], deliverables: [], paths: [], resources: [], checks: [] };
    const none = Object.fromEntries(Object.keys(full).map((key) => [key, null]));
    const sprint = { dependsOn: [], checkpoints: [] };
    const asLists = planOf(
      written({ ...sprint, tasks: [{ id: 'a', ...full }] }, { triggers: [], objectives: [], resources: [] }),
    );
    const asNulls = planOf(
      written(
        {
          dependsOn: null,
          checkpoints: null,
          title: null,
          tasks: [{ id: 'a', agent: null, input: null, budget: null, ...none }],
        },
        { triggers: null, objectives: null, resources: null },
      ),
    );
    expect(asNulls).toEqual(asLists);
  });

  test('puts a sprint without dependsOn after the one before it, and one with none at the start', () => {
    const sprints = ['a', 'b', 'c', 'd'].map((id) => ({ id, tasks: [{ id: `t${id}` }] }));
    const [a, b, c, d] = sprints;
    const plan = planOf(written({}, { sprints: [a, b, { ...c, dependsOn: [] }, { ...d, dependsOn: ['a'] }] }));
    expect(plan.sprints.map(({ dependsOn }) => dependsOn)).toEqual([[], ['a'], [], ['a']]);
  });

  test('takes the agents that a plan names where no roster is known', () => {
    const sprint = {
      tasks: [{ id: 'a', agent: 'x' }, { id: 'b' }],
      checkpoints: [{ id: 'c', after: ['a'], agents: ['w', 'x'] }],
    };
    expect(planOf(written(sprint, { triggers: [{ agent: 'v', when: { after: '1s' } }] }), null).sprints[0]?.agents).toEqual([
      'v',
      'w',
      'x',
    ]);
  });

  test('takes null for an empty list of agents', () => {
    expect(planOf(written({ agents: null, tasks: [{ id: 'a' }] }), null).sprints[0]?.agents).toEqual([]);
  });

  test('survives its compact form, which holds 10,000 tasks in a payload', () => {
    const tasks = Array.from({ length: 10_000 }, (_, n) => ({
      id: `t${n}`,
      agent: 'builder',
      ...(n > 0 ? { dependsOn: [`t${n - 1}`] } : {}),
    }));
    const plan = planOf(withTasks(...tasks));
    const compact = JSON.parse(JSON.stringify(toCompact(plan)));
    expect(fromCompact(compact)).toEqual(plan);
    expect([compactBytes(plan), compactBytes(plan)]).toEqual([jsonBytes(compact), jsonBytes(compact)]);
    expect(JSON.stringify(compact).length).toBeLessThan(JSON.stringify(plan).length / 4);
  });

  test('accepts triggers that can fire, by way of others', () => {
    const tasks = [
      { id: 'a', agent: 'builder' },
      { id: 'b', agent: 'tester' },
      { id: 'c', agent: 'ann' },
    ];
    const triggers = [
      { agent: 'ann', when: { all: [{ task: 'b', reached: 'finished' }, { at: '2026-12-01T00:00Z' }] } },
      {
        agent: 'tester',
        when: {
          any: [
            { task: 'c', reached: 'started' },
            { task: 'a', reached: 'started' },
          ],
        },
      },
    ];
    expect(planOf(written({ tasks }, { triggers })).triggers).toHaveLength(2);
  });
});

describe('reading garbage', () => {
  test('never throws on any data', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }), (data) => {
        expect(parsePlan(dataSource(data), roster).ok).toBe(false);
      }),
      { verbose: true },
    );
  });

  test('never throws on a plan with any value at any place', () => {
    const keys = [
      'sprints',
      'tasks',
      'id',
      'dependsOn',
      'agents',
      'checkpoints',
      'after',
      'triggers',
      'when',
      'all',
      'any',
      'task',
      'skills',
      'input',
      'path',
    ];
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom<unknown>('core', 'lexer', 'builder', 1, null, '', true, '../x', '1h'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(tree, tree, (sprints, triggers) => {
        expect(parsePlan(dataSource({ pact: 1, project: { name: 'x' }, sprints, triggers }), roster)).toHaveProperty('ok');
        expect(parsePlan(dataSource(written({ tasks: [sprints, triggers] })), null)).toHaveProperty('ok');
      }),
      { verbose: true },
    );
  });

  test('never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom('{', '[', ':', '-', ' ', '\n', '&a', '*a', '"', '?', '|', '!', 'a') }),
        ),
        (text) => {
          const { source, findings } = readYaml(text, 'plan.yaml');
          expect(findings.length > 0 || !parsePlan(source, roster).ok).toBe(true);
        },
      ),
      { numRuns: 1_000, verbose: true },
    );
  });

  test('refuses depth, size and prototype keys before any schema sees them', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const nine = Array.from({ length: 9 });
    let wide: unknown = 1;
    for (let level = 0; level < 9; level++) wide = nine.map(() => wide);
    const messageOf = (data: unknown): string => {
      const result = parsePlan(dataSource(data), roster);
      return result.ok ? '' : result.error.map(({ message }) => message).join();
    };
    expect(messageOf(deep)).toMatch(/more than 64 levels/);
    expect(messageOf(wide)).toMatch(/more than 1000000 values/);
    expect(messageOf(JSON.parse('{"__proto__": {"pact": 1}}'))).toMatch(/__proto__/);
    expect(messageOf(JSON.parse(String.raw`{"pact": 1, "project": {"name": "a \ud800"}}`))).toMatch(
      /^half a surrogate pair in the text "a \\ud800"/,
    );
    expect(messageOf(JSON.parse(String.raw`{"\udc00": 1}`))).toMatch(/half a surrogate pair/);
    expect(messageOf({ pact: undefined })).toMatch(/JSON data; got undefined/);
  });
});
