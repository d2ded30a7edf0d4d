import { addCost, BUDGET_KINDS, formatAmount, toBudget, toLimits, type BudgetKind, type WrittenBudget } from '../../budget.ts';
import { didYouMean } from '../../nearest.ts';
import type { Path } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import { object, type PlanDraft } from './plan-draft.ts';

/** Changes of budgets beside those of sprints and tasks: each is given as a whole, null for none. */

interface Change {
  readonly budget?: WrittenBudget | null | undefined;
}

export function changePlan(draft: PlanDraft, { budget = null }: Change, at: Path): void {
  draft.planBudget = { written: budget, at: [...at, 'budget'] };
  if (budget) checkUsed(draft, 'plan/plan', budget, [...at, 'budget']);
}

/** The config gives agents their budgets; from then on this one is in force in this execution alone. */
export function changeAgent(draft: PlanDraft, { agent, budget = null }: Change & { readonly agent: string }, at: Path): void {
  const known = draft.standing.agentBudgets;
  if (!known.has(agent)) {
    const ids = [...known.keys()];
    const hint = didYouMean(agent, ids) ?? `the plan has ${ids.slice(0, 10).join(', ')}`;
    return void object(draft, [...at, 'agent'], `unknown agent ${quote(agent)}`, hint);
  }
  draft.agentBudgets.set(agent, toBudget(budget));
  if (budget) checkUsed(draft, `agent/${agent}`, budget, [...at, 'budget']);
}

/** Attempts of a task are limited by its failures, its time is that of one attempt: neither adds up in its account. */
const isPerAttempt = (accountId: string, kind: BudgetKind): boolean =>
  accountId.startsWith('task/') && (kind === 'time' || kind === 'attempts');

/** What has been used cannot be taken back: a budget below that would be overspent from its first moment on. */
export function checkUsed(draft: PlanDraft, accountId: string, written: WrittenBudget, at: Path): void {
  const { spent, toppedUp } = draft.standing.accountOf(accountId);
  const limits = toLimits(toBudget(written) ?? {});
  for (const kind of BUDGET_KINDS) {
    const limit = limits[kind];
    if (limit === undefined || isPerAttempt(accountId, kind)) continue;
    const whole = addCost(limit, toppedUp[kind]);
    if (spent[kind] <= whole) continue;
    const added = toppedUp[kind] === 0 ? '' : `, ${formatAmount(kind, whole)} with what people have added,`;
    const message = `${kind} ${formatAmount(kind, limit)}${added} is less than what has been used already: ${formatAmount(kind, spent[kind])}`;
    object(draft, [...at, kind], message, 'give at least that; to have nothing more start, pause it');
  }
}
