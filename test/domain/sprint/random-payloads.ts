import { noAmounts } from '../../../src/domain/budget.ts';
import type { Json } from '../../../src/domain/plan/plan.ts';
import type { Elsewhere } from '../../../src/domain/sprint/definition.ts';
import type { OpenItem } from '../../../src/domain/sprint/state.ts';

export const MALFORMED: readonly unknown[] = [
  null,
  undefined,
  0,
  'stop',
  [],
  {},
  { by: 7 },
  { by: '' },
  { by: 'ann', itemId: 'constructor', decision: 'x' },
];
export const CAUSES = ['agent', 'check', 'stalled', 'timeBudget', 'refused'] as const;

export const toTopUp = (item: OpenItem | undefined, pick: number): Json => {
  const kind = item?.topUp?.[pick % item.topUp.length];
  return kind === undefined ? null : { [kind]: kind === 'time' ? '20s' : (pick % 60) + 1 };
};

export const toElsewhere = (pick: number, other: number): Record<string, Elsewhere> => ({
  'plan/plan': {
    spent: { tokens: pick % 300, cost: 0, time: other, attempts: pick % 3 },
    toppedUp: { ...noAmounts(), tokens: other % 300 },
  },
  'agent/ann': { spent: { ...noAmounts(), tokens: other % 300 }, toppedUp: noAmounts() },
  'sprint/core': { spent: { ...noAmounts(), tokens: 1_000_000 }, toppedUp: noAmounts() },
});
