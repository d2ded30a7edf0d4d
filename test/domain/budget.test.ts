import { describe, expect, test } from 'vitest';
import { describeBudget, describeUse, readTopUp, toBudget } from '../../src/domain/budget.ts';
import { showPlan } from '../../src/domain/plan/plan-show.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { resolvePlan } from '../../src/domain/plan/resolved-plan.ts';
import { reviewDocument } from '../../src/domain/plan/review-document.ts';
import { toSprintDefinition } from '../../src/domain/sprint/definition.ts';
import { planOf, profile, written } from './plan/plan-fixture.ts';

describe('a budget', () => {
  test.each([
    [{ tokens: 5, cost: 2.5, time: '90s', attempts: 1 }, '5 tokens, cost 2.50, time 1m30s, 1 attempt'],
    [{ attempts: 3, ask: false }, '3 attempts, without asking for more'],
    [{ ask: true, tokens: 1 }, '1 tokens'],
  ])('written %j reads %s', (given, words) => {
    expect(describeBudget(toBudget(given) ?? {})).toBe(words);
  });

  test('that limits nothing is none', () => {
    expect([toBudget(null), toBudget(undefined), toBudget({}), toBudget({ ask: false })]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is topped up in what it limits, and in nothing else', () => {
    expect(readTopUp({ time: '1h', attempts: 2 }, ['time', 'attempts'])).toEqual({
      ok: true,
      value: { tokens: 0, cost: 0, time: 3_600_000, attempts: 2 },
    });
    expect(readTopUp({ time: '1 hour' }, ['time'])).toEqual({
      ok: false,
      error: 'data: expected at least one of {time: a duration such as 30m}, got {"time":"1 hour"}',
    });
    expect(readTopUp({ tokens: 5, cost: 1 }, ['tokens']).ok).toBe(false);
  });

  test('is shown as used of how much', () => {
    expect([describeUse('cost', 1, 2), describeUse('attempts', 1, 3)]).toEqual(['cost 1.00 of 2.00', '1 attempt of 3 attempts']);
  });
});

describe('budgets in a plan', () => {
  const task = { id: 'lexer', agent: 'builder', budget: { tokens: 100, cost: 1, ask: false } };
  const asks = { id: 'parser', agent: 'builder', budget: { time: '1h', ask: true } };
  const data = written({ tasks: [task, asks], budget: { time: '8h' } }, { budget: { tokens: 1_000, cost: 40 } });
  const agents = [profile('ann', { kind: 'human' }), profile('builder', { budget: { attempts: 9 } }), profile('tester')];
  const facts = {
    agents,
    checks: [],
    channels: [],
    resources: [],
    authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 1_000 },
    policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 2_000, notify: [], budget: { warnAt: 0.5, withinMs: 60_000 } },
  } as const;
  const resolve = (given: unknown, of: readonly (typeof agents)[number][] = agents) => {
    const resolved = resolvePlan(planOf(given), { ...facts, agents: of });
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
    return resolved.value;
  };

  test('are normalised without what is not given', () => {
    const plan = planOf(data);
    expect(plan.budget).toEqual({ tokens: 1_000, cost: 40 });
    expect(plan.sprints[0]).toMatchObject({
      budget: { timeMs: 28_800_000 },
      tasks: [
        { budget: { timeMs: null, attempts: 3, tokens: 100, cost: 1, ask: false } },
        { budget: { timeMs: 3_600_000, attempts: 3, ask: true } },
      ],
    });
    expect(planOf(written())).not.toHaveProperty('budget');
  });

  test('are part of the hash, with the policy about them only where there are some', () => {
    const plain = profile('builder');
    const bare = resolve(written(), [agents[0] as typeof plain, plain, agents[2] as typeof plain]);
    expect(bare.policies).not.toHaveProperty('budget');
    expect(resolve(data).policies).toMatchObject({ budget: { warnAt: 0.5, withinMs: 60_000 } });
    const hashes = [written(), data, written({ budget: { time: '8h' } })].map((one) => planHash(resolve(one)));
    expect(new Set(hashes).size).toBe(3);
  });

  test('go to their sprint with what others have used', () => {
    const from = { executionId: 'e', ownerId: 'o', sprintId: 'core', delivered: [] };
    const terms = { warnAt: 0.5, withinMs: 60_000, plan: { tokens: 1_000, cost: 40 }, elsewhere: {} };
    expect(toSprintDefinition(resolve(data), from).budgets).toEqual(terms);
    const { budget: _, ...policies } = resolve(data).policies;
    expect(toSprintDefinition({ ...resolve(data), policies }, from).budgets).toMatchObject({ warnAt: 0.8, withinMs: 86_400_000 });
  });

  test('stand in what is shown and in what is reviewed', () => {
    const shown = showPlan(planOf(data), agents.slice(1, 2));
    expect(shown).toContain('the whole plan: 1000 tokens, cost 40.00');
    expect(shown).toContain('sprint core: time 8h');
    expect(shown).toContain('agent builder: 9 attempts');
    expect(shown).toContain('lexer: 100 tokens, cost 1.00, without asking for more');
    expect(shown).toContain('parser: asks for more of all limits');
    const review = reviewDocument(resolve(data), 'hash', []);
    expect(review).toContain('the whole plan: 1000 tokens');
    expect(review).toContain('100 tokens, cost 1.00, without asking for more');
  });
});
