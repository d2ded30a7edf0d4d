import { expect, test } from 'vitest';
import { chooseFirst, describeSlack, describeTime, type Rival } from '../../../src/domain/mediation/conflict.ts';
import { mediationSchema, toMediationPolicy } from '../../../src/domain/mediation/policy-schema.ts';

const rival = (id: string, priority: Rival['priority'], slackMs: number, secondMs = 5_000): Rival => ({
  id,
  priority,
  slackMs,
  secondMs,
});

test.each([
  ['the higher priority', rival('a', 'normal', 0), rival('b', 'high', 9_000), 'b', 'priority'],
  ['the higher priority, whichever comes first', rival('a', 'urgent', 9_000), rival('b', 'low', -9_000), 'a', 'priority'],
  ['then the one that cannot come second', rival('a', 'high', 5_000), rival('b', 'high', -5_000), 'b', 'slack'],
  ['then the one that cannot come second, whichever', rival('a', 'low', 4_999), rival('b', 'low', 60_000), 'a', 'slack'],
] as const)('mediation: first goes %s', (_, a, b, first, by) => {
  expect(chooseFirst(a, b)).toMatchObject({ first, by });
});

test('mediation: where both can come second, or neither, no rule decides', () => {
  expect(chooseFirst(rival('a', 'high', 5_000), rival('b', 'high', 60_000))).toBeNull();
  expect(chooseFirst(rival('a', 'high', 0), rival('b', 'high', -60_000))).toBeNull();
  expect(chooseFirst(rival('a', 'high', 12_000), rival('b', 'high', -350))?.why).toBe(
    '"b" has no slack (350ms late) and would lose 5s by coming second; "a" has a slack of 12s and would lose 5s by coming second',
  );
  expect([describeTime(350), describeTime(61_400), describeSlack(0)]).toEqual(['350ms', '1m1s', 'no slack (0s late)']);
});

test('mediation: a policy as written, with defaults', () => {
  expect(toMediationPolicy(mediationSchema.parse({}))).toEqual({ to: [], withinMs: 600_000, limit: 20 });
  const written = { to: ['ann'], within: '1m', limit: 3 };
  expect(toMediationPolicy(mediationSchema.parse(written))).toEqual({ to: ['ann'], withinMs: 60_000, limit: 3 });
  expect(mediationSchema.safeParse({ by: ['ann'] }).success).toBe(false);
});
