import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCriticalPath } from '../../../src/domain/plan/critical-path.ts';
import { findCycles } from '../../../src/domain/plan/cycles.ts';
import { scheduleByList } from '../../../src/domain/plan/list-schedule.ts';
import { topologicalOrder } from '../../../src/domain/plan/network.ts';
import { planOf, roster, withTasks, written } from './plan-fixture.ts';

const diamond = withTasks(
  { id: 'a', agent: 'builder', estimate: '1m' },
  { id: 'b', agent: 'builder', estimate: '5m', dependsOn: ['a'] },
  { id: 'c', agent: 'tester', estimate: '2m', dependsOn: ['a'] },
  { id: 'd', agent: 'builder', estimate: '1m', dependsOn: ['b', 'c'] },
);

describe('the critical path', () => {
  test('is the longest one; the others have slack', () => {
    const { lengthMs, path, times } = findCriticalPath(planOf(diamond));
    expect([lengthMs, path]).toEqual([420_000, ['a', 'b', 'd']]);
    expect(
      [...times.values()].map(({ task, earliestStartMs, tailMs, slackMs, level }) => [
        task.id,
        earliestStartMs,
        tailMs,
        slackMs,
        level,
      ]),
    ).toEqual([
      ['a', 0, 420_000, 0, 0],
      ['b', 60_000, 360_000, 0, 1],
      ['c', 60_000, 180_000, 180_000, 1],
      ['d', 360_000, 60_000, 0, 2],
    ]);
  });

  test('goes over the barriers between sprints, declared or forced', () => {
    const sprints = ['x', 'y'].map((id) => ({
      id,
      dependsOn: [],
      tasks: [
        { id: `${id}1`, estimate: '1m' },
        { id: `${id}2`, estimate: '2m' },
      ],
    }));
    const plan = planOf(written({}, { sprints }));
    expect(findCriticalPath(plan).lengthMs).toBe(120_000);
    expect(findCriticalPath(plan, [{ before: 'x', after: 'y' }])).toMatchObject({ lengthMs: 240_000, path: ['x2', 'y2'] });
    const declared = planOf(written({}, { sprints: [sprints[0], { ...sprints[1], dependsOn: ['x'] }] }));
    const tails = [...findCriticalPath(declared).times].map(([id, { tailMs }]) => [id, tailMs]);
    expect(Object.fromEntries(tails)).toEqual({ x1: 180_000, x2: 240_000, y1: 60_000, y2: 120_000 });
  });

  test('of one sprint alone leaves out what it waits for in others', () => {
    const sprints = [
      { id: 'x', tasks: [{ id: 'x1', estimate: '1m' }] },
      { id: 'y', tasks: [{ id: 'y1', estimate: '2m', dependsOn: ['x1'] }] },
    ];
    const plan = planOf(written({}, { sprints }));
    const alone = { ...plan, sprints: plan.sprints.slice(1) };
    expect(findCriticalPath(plan)).toMatchObject({ lengthMs: 180_000, path: ['x1', 'y1'] });
    expect(findCriticalPath(alone)).toMatchObject({ lengthMs: 120_000, path: ['y1'] });
    expect(scheduleByList(alone, roster.agents)).toMatchObject({ makespanMs: 120_000, sequence: { order: [] } });
  });

  test('of no tasks is empty', () => {
    expect(findCriticalPath({ ...planOf(written()), sprints: [] })).toEqual({ lengthMs: 0, path: [], times: new Map() });
  });

  test('takes ten minutes for a task without an estimate', () => {
    expect(findCriticalPath(planOf(withTasks({ id: 'a' }))).lengthMs).toBe(600_000);
  });

  test('is linear: 10,000 tasks in a chain and 10,000 beside each other', () => {
    const chain = planOf(
      withTasks(
        ...Array.from({ length: 10_000 }, (_, n) => ({
          id: `t${n}`,
          agent: 'builder',
          estimate: '1s',
          dependsOn: n > 0 ? [`t${n - 1}`] : [],
        })),
      ),
    );
    expect(findCriticalPath(chain)).toMatchObject({ lengthMs: 10_000_000 });
    const wide = planOf(
      withTasks(...Array.from({ length: 10_000 }, (_, n) => ({ id: `t${n}`, agent: 'builder', estimate: '1s' }))),
    );
    expect(scheduleByList(wide, roster.agents).makespanMs).toBe(5_000_000);
  });
});

describe('graphs', () => {
  const anyGraph = fc
    .integer({ min: 1, max: 12 })
    .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1)), { minLength: size, maxLength: size }));

  test('have either a whole topological order or a cycle that is shown', () => {
    fc.assert(
      fc.property(anyGraph, (edges) => {
        const cycles = findCycles(edges);
        expect(topologicalOrder(edges).length === edges.length).toBe(cycles.length === 0);
        for (const cycle of cycles) {
          for (const [place, node] of cycle.entries()) expect(edges[node]).toContain(cycle[(place + 1) % cycle.length]);
        }
      }),
      { verbose: true },
    );
  });
});

describe('the list schedule', () => {
  test('keeps dependencies and capacities, and lies between its bounds, for any plan', () => {
    const anyTask = fc.record({
      dependsOn: fc.array(fc.nat(29), { maxLength: 3 }),
      who: fc.nat(3),
      seconds: fc.integer({ min: 1, max: 100 }),
      second: fc.boolean(),
    });
    const whos = [{ agent: 'builder' }, { agent: 'tester' }, { skills: ['review'] }, {}];
    fc.assert(
      fc.property(fc.array(anyTask, { minLength: 1, maxLength: 30 }), (drawn) => {
        const tasks = drawn.map(({ dependsOn, who, seconds }, index) => ({
          id: `t${index}`,
          estimate: `${seconds}s`,
          ...whos[who],
          dependsOn: [...new Set(dependsOn.filter((other) => other < index))].map((other) => `t${other}`),
        }));
        const cut = Math.ceil(tasks.length / 2);
        const sprints = [
          { id: 'x', tasks: tasks.slice(0, cut) },
          ...(cut < tasks.length ? [{ id: 'y', tasks: tasks.slice(cut) }] : []),
        ];
        const { assignments, makespanMs, criticalPath } = scheduleByList(planOf(written({}, { sprints })), roster.agents);
        const byId = new Map(assignments.map((assignment) => [assignment.task.id, assignment]));
        expect(byId.size).toBe(tasks.length);
        for (const { task, startMs, agent } of assignments) {
          for (const on of task.dependsOn) expect(byId.get(on.task)?.endMs).toBeLessThanOrEqual(startMs);
          const atOnce = assignments.filter(
            (other) => other.agent === agent && other.startMs <= startMs && other.endMs > startMs,
          );
          expect(atOnce.length).toBeLessThanOrEqual(roster.agents.find(({ id }) => id === agent)?.capacity ?? 0);
        }
        expect(makespanMs).toBeGreaterThanOrEqual(criticalPath.lengthMs);
        expect(makespanMs).toBeLessThanOrEqual(assignments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0));
      }),
      { verbose: true },
    );
  });

  test('chooses by load, then specialists, and says why', () => {
    const plan = planOf(
      withTasks({ id: 'a', skills: ['test'] }, { id: 'b', agent: 'builder' }, { id: 'c' }, { id: 'd', skills: ['x'] }),
      {
        ...roster,
        agents: [
          ...roster.agents,
          { id: 'x1', kind: 'command', skills: ['x', 'y'], capacity: 1 },
          { id: 'x2', kind: 'command', skills: ['x', 'z'], capacity: 1 },
        ],
      },
    );
    const agents = [
      ...roster.agents,
      { id: 'x2', kind: 'command' as const, skills: ['x', 'z'], capacity: 1 },
      { id: 'x1', kind: 'command' as const, skills: ['x', 'y'], capacity: 1 },
    ];
    const why = scheduleByList(plan, agents).assignments.map(({ task, agent, reason }) => [task.id, agent, reason]);
    expect(why).toEqual([
      ['a', 'tester', 'the only one who has test'],
      ['b', 'builder', 'named by the plan'],
      ['c', 'ann', 'no skills asked for; least load of 5 (builder, tester, x2, … could too)'],
      ['d', 'x1', 'has x; least load of 2 (x2 could too)'],
    ]);
  });

  test('starts a sprint after one that stands behind it in the list', () => {
    const sprints = [
      { id: 'late', dependsOn: ['early'], tasks: [{ id: 'b', estimate: '1m' }] },
      { id: 'early', dependsOn: [], tasks: [{ id: 'a', estimate: '2m' }] },
    ];
    const { assignments } = scheduleByList(planOf(written({}, { sprints })), roster.agents);
    expect(assignments.map(({ task, startMs }) => [task.id, startMs])).toEqual([
      ['a', 0],
      ['b', 120_000],
    ]);
  });

  test('says of a lone agent that it is the only one', () => {
    const agents = roster.agents.slice(1, 2);
    const plan = planOf(withTasks({ id: 'a' }), { ...roster, agents });
    expect(scheduleByList(plan, agents).assignments[0]).toMatchObject({
      agent: 'builder',
      reason: 'the only one who is there',
    });
  });

  test('of an order with a cycle is refused', () => {
    const plan = planOf(written());
    const [core] = plan.sprints;
    expect(() =>
      scheduleByList({ ...plan, sprints: core === undefined ? [] : [{ ...core, dependsOn: ['core'] }] }, roster.agents),
    ).toThrow(/dependency cycle/);
  });
});
