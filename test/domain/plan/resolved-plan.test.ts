import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalHash } from '../../../src/domain/canonical-hash.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import {
  resolveInput,
  resolvePlan,
  restrictToSprint,
  toSpareRoster,
  toWorkerFacts,
  type WorkerFacts,
} from '../../../src/domain/plan/resolved-plan.ts';
import type { Sprint, Task } from '../../../src/domain/plan/plan.ts';
import { createPrecedence } from '../../../src/domain/plan/precedence.ts';
import { sequenceSprints } from '../../../src/domain/plan/sprint-order.ts';
import type { Config } from '../../../src/domain/config/config.ts';
import { dataSource } from '../../../src/domain/source/source.ts';
import { planOf, profile, roster, written } from './plan-fixture.ts';

const facts: WorkerFacts = {
  agents: [profile('tester', { skills: ['test'] }), profile('builder', { skills: ['build'], capacity: 3 }), profile('idle')],
  channels: ['ops'],
  checks: [
    { id: 'unit-tests', digest: 'c'.repeat(64) },
    { id: 'lint', digest: 'e'.repeat(64) },
  ],
  resources: [{ id: 'gpu', capacity: 4 }],
  authorization: { mode: 'named', approvers: ['ann'], required: 1, expiresMs: 86_400_000 },
  policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 2_000, notify: [] },
};

const sprint = (id: string, agents: string[], task: object = {}, changes: object = {}) => ({
  id,
  agents,
  dependsOn: [],
  tasks: [{ id: `t-${id}`, ...task }],
  ...changes,
});
const sequence = (...sprints: object[]) =>
  sequenceSprints(
    planOf(written({}, { sprints })),
    new Map([
      ['builder', 2],
      ['tester', 1],
      ['ann', 100],
    ]),
  );

describe('resolution', () => {
  const data = written({
    agents: ['tester', 'builder'],
    tasks: [{ id: 'a', agent: 'builder', checks: ['lint'], resources: ['gpu', 'printer'] }],
  });

  test('names who and what the plan uses, in order of ids', () => {
    const resolved = resolveInput(dataSource(data), facts);
    expect(resolved.ok && resolved.value).toMatchObject({
      agents: [{ id: 'builder' }, { id: 'tester' }],
      checks: [{ id: 'lint', digest: 'e'.repeat(64) }],
      resources: { gpu: 4, printer: 1 },
      order: [],
      capacities: { core: { builder: 3, tester: 1 } },
      authorization: facts.authorization,
      policies: facts.policies,
    });
  });

  test('hands on the problems of the plan and of the sprint asked for', () => {
    expect(resolveInput(dataSource({}), facts)).toMatchObject({ ok: false });
    expect(resolveInput(dataSource(data), facts, 'cor')).toMatchObject({
      ok: false,
      error: [{ path: 'sprintId', hint: 'did you mean "core"?' }],
    });
    expect(resolveInput(dataSource(data), facts, 'core')).toMatchObject({ ok: true });
  });

  test('refuses a plan of another roster', () => {
    const plan = planOf(written({ agents: ['builder'], tasks: [{ id: 'a', checks: ['lint'] }] }));
    const result = resolvePlan(plan, { ...facts, agents: [profile('buildr')], checks: [] });
    expect(result.ok ? [] : result.error.map(({ message, hint }) => [message, hint])).toEqual([
      ['unknown agent "builder"', 'did you mean "buildr"?'],
      ['unknown check "lint"', 'this worker has none'],
    ]);
  });

  test('takes its facts from a config', () => {
    const config = {
      resources: facts.resources,
      authorization: facts.authorization,
      channels: [{ id: 'ops' }],
      heartbeatTimeoutMs: 10_000,
      killGraceMs: 2_000,
      notify: [],
    };
    expect(toWorkerFacts(config as unknown as Config, facts.agents, facts.checks)).toEqual(facts);
  });

  test('leaves who and what it does not use for an amendment', () => {
    const plan = planOf(written({ agents: ['builder'], tasks: [{ id: 'a', agent: 'builder', checks: ['lint'] }] }));
    const resolved = resolvePlan(plan, facts);
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
    const spare = toSpareRoster(resolved.value, facts);
    expect(spare.agents.map(({ id }) => id)).toEqual(['tester', 'idle']);
    expect(spare.checks.map(({ id }) => id)).not.toContain('lint');
    expect(spare.channels).toEqual(['ops']);
  });

  test('has a hash that changes with the agents, and not with how the plan was written', () => {
    const hashOf = (plan: unknown, changes: Partial<WorkerFacts> = {}): string => {
      const resolved = resolveInput(dataSource(plan), { ...facts, ...changes });
      return resolved.ok ? planHash(resolved.value) : 'invalid';
    };
    const hash = hashOf(data);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf({ ...data, triggers: null, objectives: [] })).toBe(hash);
    expect(hashOf(data, { agents: facts.agents.map((agent) => ({ ...agent, digest: 'f'.repeat(64) })) })).not.toBe(hash);
    expect(hashOf(data, { authorization: { ...facts.authorization, required: 2 } })).not.toBe(hash);
  });

  test('has the hash of its RFC 8785 JSON as a whole, also when some of its tasks have been hashed before', () => {
    const resolved = resolveInput(dataSource(data), facts);
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
    const { plan } = resolved.value;
    const [first, ...others] = plan.sprints as [Sprint, ...Sprint[]];
    const added = { ...(first.tasks[0] as Task), id: 'ä"\u2028', input: { é: [1e21, null], a: undefined as unknown as null } };
    const next = { ...resolved.value, plan: { ...plan, sprints: [{ ...first, tasks: [...first.tasks, added] }, ...others] } };
    for (const each of [resolved.value, next, resolved.value]) expect(planHash(each)).toBe(canonicalHash(each));
    expect(planHash(next)).not.toBe(planHash(resolved.value));
  });
});

describe('the order of sprints', () => {
  test('is the declared one, with nothing added for sprints in a row', () => {
    const { order, capacities } = sequence(sprint('a', ['tester']), sprint('b', ['tester'], {}, { dependsOn: ['a'] }));
    expect(order).toEqual([{ before: 'a', after: 'b', reason: 'the plan says so' }]);
    expect(capacities).toEqual({ a: { tester: 1 }, b: { tester: 1 } });
  });

  test.each([
    ['a resource', { resources: ['gpu'] }, { resources: [{ id: 'gpu', mode: 'shared' }] }, 'both use the resource gpu'],
    ['a path', { paths: ['src'] }, { paths: ['./src/'] }, 'both change src'],
    ['overlapping paths', { paths: ['src/a.ts'] }, { paths: ['src'] }, 'src/a.ts and src, which they change, overlap'],
  ])('serialises parallel sprints that share %s, in the order of the list', (_, first, second, reason) => {
    const { order } = sequence(sprint('a', ['builder'], first), sprint('b', ['ann'], second));
    expect(order).toEqual([{ before: 'a', after: 'b', reason }]);
  });

  test('serialises sprints that share an agent with too few places, and divides one with enough', () => {
    const both = sequence(sprint('a', ['tester', 'builder']), sprint('b', ['tester', 'builder']));
    expect(both.order).toEqual([{ before: 'a', after: 'b', reason: 'both work with tester, who has 1 at a time' }]);
    const divided = sequence(
      sprint('a', ['builder', 'ann']),
      sprint('b', ['builder', 'ann']),
      sprint('c', ['ann']),
      sprint('d', ['ann'], {}, { dependsOn: ['a', 'b', 'c'] }),
    );
    expect(divided.capacities).toEqual({
      a: { builder: 1, ann: 34 },
      b: { builder: 1, ann: 33 },
      c: { ann: 33 },
      d: { ann: 100 },
    });
  });

  test('gives sprints in a row one share of an agent, beside a parallel one', () => {
    const { capacities } = sequence(sprint('a', ['ann']), sprint('b', ['ann']), sprint('c', ['ann'], {}, { dependsOn: ['a'] }));
    expect(capacities).toEqual({ a: { ann: 50 }, b: { ann: 50 }, c: { ann: 50 } });
  });

  test('takes one place at a time for an agent of no known roster', () => {
    const sprints = ['a', 'b'].map((id) => ({ id, dependsOn: [], tasks: [{ id: `${id}-task`, agent: 'somebody' }] }));
    const { order, capacities } = sequenceSprints(planOf(written({}, { sprints }), null), new Map());
    expect(order).toEqual([{ before: 'a', after: 'b', reason: 'both work with somebody, who has 1 at a time' }]);
    expect(capacities).toEqual({ a: { somebody: 1 }, b: { somebody: 1 } });
  });

  test('follows declared edges that point back in the list', () => {
    const { order } = sequence(
      sprint('a', ['tester'], {}, { dependsOn: ['c'] }),
      sprint('b', ['tester']),
      sprint('c', ['tester']),
    );
    expect(order.map(({ before, after }) => `${before} ${after}`)).toEqual(['c a', 'a b']);
  });

  test('never has a cycle, never lets an agent be overbooked and keeps what shares apart, for any plan', () => {
    const anySprint = fc.record({
      dependsOn: fc.array(fc.nat(19), { maxLength: 3 }),
      agents: fc.subarray(['builder', 'tester', 'ann'], { minLength: 1 }),
      resources: fc.subarray(['r', 'q']),
    });
    const capacities = new Map([
      ['builder', 2],
      ['tester', 1],
      ['ann', 3],
    ]);
    fc.assert(
      fc.property(fc.array(anySprint, { minLength: 1, maxLength: 20 }), (drawn) => {
        const sprints = drawn.map(({ dependsOn, agents, resources }, index) => ({
          ...sprint(`s${index}`, agents, { resources }),
          dependsOn: [...new Set(dependsOn.filter((other) => other < index))].map((other) => `s${other}`),
        }));
        const plan = planOf(written({}, { sprints }));
        const { order, capacities: shares } = sequenceSprints(plan, capacities);
        const precedence = createPrecedence(sprints.length);
        for (const { before, after } of order) {
          expect(precedence.isBefore(Number(after.slice(1)), Number(before.slice(1)))).toBe(false);
          precedence.add(Number(before.slice(1)), Number(after.slice(1)));
        }
        for (const [a, first] of drawn.entries()) {
          const parallel = drawn.flatMap((_, b) => (precedence.isParallel(a, b) ? [b] : []));
          for (const b of parallel) expect(first.resources.filter((id) => drawn[b]?.resources.includes(id))).toEqual([]);
          for (const agent of first.agents) {
            // Any set of pairwise parallel sprints, built greedily around this one.
            const together = [a];
            for (const b of parallel)
              if (drawn[b]?.agents.includes(agent) && together.every((other) => precedence.isParallel(other, b)))
                together.push(b);
            const used = together.reduce((sum, index) => sum + (shares[`s${index}`]?.[agent] ?? Number.NaN), 0);
            expect(used).toBeLessThanOrEqual(capacities.get(agent) ?? 0);
          }
        }
      }),
      { verbose: true },
    );
  });
});

describe('a sprint alone', () => {
  const sprints = [
    { id: 'a', agents: ['builder'], tasks: [{ id: 'x', deliverables: [{ id: 'd', path: 'd' }] }] },
    {
      id: 'b',
      agents: ['tester'],
      tasks: [{ id: 'y' }, { id: 'z', dependsOn: ['y'] }],
      checkpoints: [{ id: 'c', after: ['y'], agents: ['tester'] }],
    },
  ];

  test('is a plan of that sprint only', () => {
    const triggers = [
      { agent: 'builder', when: { after: '1s' } },
      { agent: 'tester', when: { any: [{ all: [{ checkpoint: 'c' }, { metric: 'error_rate', above: 1 }] }, { after: '1s' }] } },
    ];
    const result = restrictToSprint(planOf(written({}, { sprints, triggers })), 'b');
    expect(result.ok && result.value).toMatchObject({ sprints: [{ id: 'b', dependsOn: [] }], triggers: [{ agent: 'tester' }] });
    expect(result.ok && result.value.sprints).toHaveLength(1);
  });

  test('cannot wait for what other sprints do', () => {
    const second = { ...sprints[1], tasks: [{ id: 'y', dependsOn: ['x'] }] };
    const triggers = [
      {
        agent: 'tester',
        when: {
          any: [
            { deliverable: 'd', of: 'x' },
            { task: 'y', reached: 'failed' },
          ],
        },
      },
    ];
    const result = restrictToSprint(planOf(written({}, { sprints: [sprints[0], second], triggers })), 'b');
    expect(result.ok ? [] : result.error.map(({ path, message, hint }) => [path, message, hint])).toEqual([
      ['sprints[1].tasks[0].dependsOn[0]', 'task y depends on x of another sprint', 'start the whole plan instead'],
      ['triggers', 'the trigger of tester waits for x of another sprint', 'start the whole plan instead'],
    ]);
  });

  test('must be one of the plan', () => {
    const result = restrictToSprint(planOf(written(), roster), 'zzz');
    expect(result).toMatchObject({ ok: false, error: [{ message: 'unknown sprint "zzz"', hint: 'the plan has core' }] });
  });
});
