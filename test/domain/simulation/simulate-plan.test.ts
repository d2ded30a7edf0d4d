import { describe, expect, it } from 'vitest';
import { sequenceSprints } from '../../../src/domain/plan/sprint-order.ts';
import type { Plan, Sprint, Task } from '../../../src/domain/plan/plan.ts';
import type { ResolvedPlan } from '../../../src/domain/prepared.ts';
import { simulatePlan } from '../../../src/domain/simulation/simulate-plan.ts';
import { agent, START, task } from '../sprint/sprint-definition.ts';

const sprint = (id: string, tasks: readonly Task[], dependsOn: readonly string[] = []): Sprint => ({
  id,
  title: id,
  dependsOn,
  durationMs: null,
  agents: ['one', 'two'],
  tasks,
  checkpoints: [],
});

function resolved(sprints: readonly Sprint[], triggers: Plan['triggers'] = []): ResolvedPlan {
  const agents = [agent('one', { capacity: 2 }), agent('two')];
  const plan: Plan = {
    pact: 1,
    project: { name: 'Test', description: null, timeline: null },
    objectives: [],
    resources: [],
    sprints,
    triggers,
  };
  return {
    plan,
    agents,
    checks: [],
    ...sequenceSprints(plan, new Map(agents.map(({ id, capacity }) => [id, capacity]))),
    resources: {},
    authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 1 },
    policies: { heartbeatTimeoutMs: 1, killGraceMs: 1, notify: [] },
  };
}

const certain = { runs: 10, seed: 1, spread: 0, failureRate: 0, startAt: START };

describe('a plan in virtual time', () => {
  it('runs sprints in their order, each with the capacities that it has', () => {
    const plan = resolved([
      sprint('first', [task('a', { agent: 'one' }), task('b', { agent: 'one' }), task('c', { agent: 'one' })]),
      sprint('second', [task('d', { dependsOn: ['a'] })], ['first']),
    ]);
    expect(simulatePlan(plan, certain)).toMatchObject({
      makespanMs: { p50: 180_000, p90: 180_000 },
      lowerBoundMs: 150_000,
      order: ['a', 'b', 'c', 'd'],
      criticalPath: ['a', 'd'],
      agents: [
        { agent_id: 'one', utilization: 240_000 / 360_000, oneMoreSlotSavesMs: 60_000 },
        { agent_id: 'two', utilization: 0, oneMoreSlotSavesMs: 0 },
      ],
      sprints: [
        {
          id: 'first',
          startMs: 0,
          endMs: 120_000,
          longestPathMs: 120_000,
          order: { rule: 'longestPath', seed: 0, text: 'longest path' },
        },
        { id: 'second', startMs: 120_000, endMs: 180_000 },
      ],
      completedShare: 1,
      runs: 1,
    });
  });

  it('shows the spread of the end, the same for the same seed', () => {
    const tasks = Array.from({ length: 30 }, (_, number) => task(`t${number}`));
    const plan = resolved([sprint('only', tasks)]);
    const uncertain = { ...certain, spread: 0.5, runs: 40 };
    const { makespanMs, criticality, lowerBoundMs, ...rest } = simulatePlan(plan, uncertain);
    expect(makespanMs.p90).toBeGreaterThan(makespanMs.p50);
    expect(makespanMs.p50).toBeGreaterThan(lowerBoundMs);
    expect(criticality[0]?.share).toBeLessThan(1);
    expect(criticality.reduce((sum, { share }) => sum + share, 0)).toBeGreaterThanOrEqual(1);
    expect(simulatePlan(plan, uncertain)).toEqual({ makespanMs, criticality, lowerBoundMs, ...rest });
    expect(simulatePlan(plan, { ...uncertain, seed: 2 }).makespanMs).not.toEqual(makespanMs);
  });

  it('leaves out what comes after a sprint that fails, and says how often all completed', () => {
    const once = { budget: { timeMs: null, attempts: 1 } };
    const plan = resolved([sprint('first', [task('a', once)]), sprint('second', [task('b', once)], ['first'])]);
    const { completedShare, sprints } = simulatePlan(plan, { ...certain, failureRate: 0.3, runs: 200 });
    expect(completedShare).toBeGreaterThan(0.3);
    expect(completedShare).toBeLessThan(0.7);
    expect(sprints).toHaveLength(2);
    const overdue = { estimateMs: 9_000, budget: { timeMs: 1_000, attempts: 1 } };
    const hopeless = resolved([
      sprint('first', [task('a', overdue)]),
      sprint('second', [task('b')], ['first']),
      sprint('third', [task('c')], ['second']),
    ]);
    expect(simulatePlan(hopeless, certain)).toMatchObject({
      completedShare: 0,
      sprints: [{ id: 'first', endMs: 1_000 }],
      order: ['a'],
    });
  });

  it('lets triggers see what earlier sprints have delivered', () => {
    const plan = resolved(
      [
        sprint('first', [task('a', { agent: 'one', deliverables: [{ id: 'out', path: 'out' }] })]),
        sprint('second', [task('b', { agent: 'two' })], ['first']),
      ],
      [{ agent: 'two', when: { deliverable: 'out', of: 'a' } }],
    );
    expect(simulatePlan(plan, certain)).toMatchObject({ makespanMs: { p50: 120_000 }, completedShare: 1 });
  });

  it('of very many agents is not asked what one more slot of each brings', () => {
    const tasks = Array.from({ length: 1_000 }, (_, number) => task(`t${number}`, { agent: 'one' }));
    const plan = resolved([sprint('only', tasks)]);
    const crowd = Array.from({ length: 300 }, (_, number) => agent(`x${number}`));
    const { agents } = simulatePlan({ ...plan, agents: [...plan.agents, ...crowd] }, certain);
    expect(agents[0]?.oneMoreSlotSavesMs).toBe(null);
  });
});
