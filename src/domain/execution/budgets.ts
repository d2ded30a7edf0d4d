import { addCost, noAmounts, sumUsage } from '../budget.ts';
import type { Elsewhere } from '../sprint/definition.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { AgentUsage, BudgetView } from '../views.ts';
import type { ExecutionReport } from './report.ts';
import { sumAgentUsage, sumBudgets } from './earlier-rounds.ts';
import type { ExecutionState, SprintStanding } from './state.ts';
import type { ExecutionTurn } from './turn.ts';

/** Signal to a sprint: what others have used of the budgets that it shares with them. */
export const SPENT_ELSEWHERE = 'spentElsewhere';

const isShared = ({ budget }: BudgetView): boolean => budget.startsWith('plan/') || budget.startsWith('agent/');

const sharesOf = (progress: SprintProgress | null): readonly BudgetView[] => (progress?.budgets ?? []).filter(isShared);

/** With those of its rounds that were rolled back. */
const allSharesOf = ({ earlier, progress }: SprintStanding): readonly BudgetView[] =>
  [...(earlier?.budgets ?? []), ...(progress?.budgets ?? [])].filter(({ budget }) => !budget.startsWith('task/'));

/**
 * What all other sprints have used of the budgets that they share with one, and what people have added there, by account id; and its own
 * rounds that were rolled back, of all of its budgets.
 */
export function elsewhereOf(state: ExecutionState, sprintId: string): Record<string, Elsewhere> {
  const sums: Record<string, { spent: ReturnType<typeof noAmounts>; toppedUp: ReturnType<typeof noAmounts> }> = {};
  for (const sprint of state.sprints) {
    const shares = sprint.id === sprintId ? (sprint.earlier?.budgets ?? []) : allSharesOf(sprint).filter(isShared);
    for (const { budget, kind, spent, toppedUp } of shares) {
      const sum = (sums[budget] ??= { spent: noAmounts(), toppedUp: noAmounts() });
      sum.spent[kind] = addCost(sum.spent[kind], spent);
      sum.toppedUp[kind] = addCost(sum.toppedUp[kind], toppedUp);
    }
  }
  return sums;
}

/** Tells the other sprints at work when a sprint has used more of what they share, or has been given more. */
export function tellElsewhere({ state, effects }: ExecutionTurn, before: SprintProgress | null, now: SprintProgress): void {
  if (now.budgets === undefined || JSON.stringify(sharesOf(before)) === JSON.stringify(sharesOf(now))) return;
  for (const { id, state: standing } of state.sprints) {
    if (id === now.sprintId || standing !== 'started') continue;
    effects.push({ type: 'forward', name: SPENT_ELSEWHERE, payload: { accounts: elsewhereOf(state, id) }, sprintIds: [id] });
  }
}

/** The budgets of plan, sprints and agents as a whole: what every sprint has told of its share, added up. */
export const toBudgets = (state: ExecutionState): BudgetView[] =>
  sumBudgets(state.sprints.flatMap(allSharesOf)).map((view) => ({ ...view, limit: addCost(view.limit, view.toppedUp) }));

/** What each agent says it has used in the whole execution, by id. */
export const toAgentUsages = (state: ExecutionState): AgentUsage[] => sumAgentUsage(state.sprints.flatMap(usageOf));

const usageOf = ({ earlier, progress }: SprintStanding): readonly AgentUsage[] => [
  ...(earlier?.usage ?? []),
  ...(progress?.usage ?? []),
];

/** The parts of the report that speak of usage; none of them where there is nothing to say. */
export function toBudgetReport(state: ExecutionState): Pick<ExecutionReport, 'usage' | 'budgets' | 'topUps'> {
  const agents = toAgentUsages(state);
  const budgets = toBudgets(state);
  const topUps = state.sprints.flatMap(({ earlier, progress }) => [...(earlier?.topUps ?? []), ...(progress?.topUps ?? [])]);
  const sprints = state.sprints.flatMap((sprint) => {
    const usage = usageOf(sprint);
    return usage.length === 0 ? [] : [{ id: sprint.id, ...sumUsage(usage) }];
  });
  return {
    ...(agents.length === 0 ? {} : { usage: { ...sumUsage(agents), agents, sprints } }),
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(topUps.length === 0 ? {} : { topUps }),
  };
}
