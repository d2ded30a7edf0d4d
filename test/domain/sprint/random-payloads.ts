import { noAmounts, type BudgetKind } from '../../../src/domain/budget.ts';
import type { Deliverable } from '../../../src/domain/attempt.ts';
import type { Json } from '../../../src/domain/plan/plan.ts';
import type { Elsewhere } from '../../../src/domain/sprint/definition.ts';
import type { OpenItem } from '../../../src/domain/sprint/state.ts';
import { deliverable } from './sprint-run.ts';

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

/** What the decision needs: the amounts of a top-up, or of an escalated task what some decision takes. */
export const toDecisionData = (item: OpenItem | undefined, decision: string | undefined, pick: number): Json => {
  const { reassign = [], extend = [], topUp = [] } = item?.takes ?? {};
  if (decision === 'reassign') return { agent: reassign[pick % Math.max(1, reassign.length)] ?? 'nobody' };
  if (decision === 'extend')
    return { [extend[pick % extend.length] ?? 'time']: extend[pick % extend.length] === 'time' ? '20s' : 2 };
  if (decision === 'change') return { priority: 'high', estimate: `${(pick % 9) + 1}s` };
  return toTopUp(item?.topUp ?? topUp, pick);
};

const toTopUp = (kinds: readonly BudgetKind[], pick: number): Json => {
  const kind = kinds[pick % Math.max(1, kinds.length)];
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

/** All tasks deliver at one path, some of them something else than others, some nothing. */
export const toDelivered = (taskId: string, attempt: number): Deliverable[] => {
  const kind = (taskId.length + taskId.charCodeAt(taskId.length - 1) + attempt) % 4;
  return kind === 0 ? [] : [{ ...deliverable('out'), sha256: String(kind).repeat(64) }];
};
