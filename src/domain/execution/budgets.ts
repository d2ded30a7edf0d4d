import { addCost, noAmounts, sumUsage } from '../budget.ts';
import type { Elsewhere } from '../sprint/definition.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { AgentUsage, BudgetView } from '../views.ts';
import type { ExecutionReport } from './report.ts';
import type { ExecutionState } from './state.ts';
import type { ExecutionTurn } from './turn.ts';

/** Signal to a sprint: what others have used of the budgets that it shares with them. */
export const SPENT_ELSEWHERE = 'spentElsewhere';

const isShared = ({ budget }: BudgetView): boolean => budget.startsWith('plan/') || budget.startsWith('agent/');

const sharesOf = (progress: SprintProgress | null): readonly BudgetView[] => (progress?.budgets ?? []).filter(isShared);

/** What all sprints but one have used of the budgets that they share, and what people have added there, by account id. */
export function elsewhereOf(state: ExecutionState, sprintId: string): Record<string, Elsewhere> {
  const sums: Record<string, { spent: ReturnType<typeof noAmounts>; toppedUp: ReturnType<typeof noAmounts> }> = {};
  for (const { id, progress } of state.sprints) {
    if (id === sprintId) continue;
    for (const { budget, kind, spent, toppedUp } of sharesOf(progress)) {
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
export function toBudgets(state: ExecutionState): BudgetView[] {
  const all = new Map<string, BudgetView>();
  for (const view of state.sprints.flatMap(({ progress }) => progress?.budgets ?? [])) {
    const key = `${view.budget} ${view.kind}`;
    const known = all.get(key);
    const toppedUp = addCost(view.toppedUp, known?.toppedUp ?? 0);
    const declared = known === undefined ? view.limit : known.limit - known.toppedUp;
    all.set(key, {
      ...view,
      spent: addCost(view.spent, known?.spent ?? 0),
      toppedUp,
      limit: addCost(declared, toppedUp),
      isUsedUp: view.isUsedUp || known?.isUsedUp === true,
    });
  }
  return [...all.values()];
}

/** What each agent says it has used in the whole execution, by id. */
export function toAgentUsages(state: ExecutionState): AgentUsage[] {
  const all = new Map<string, AgentUsage>();
  for (const { agent_id, ...usage } of state.sprints.flatMap(({ progress }) => progress?.usage ?? []))
    all.set(agent_id, { agent_id, ...sumUsage([all.get(agent_id), usage]) });
  return [...all.values()].toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
}

/** The parts of the report that speak of usage; none of them where there is nothing to say. */
export function toBudgetReport(state: ExecutionState): Pick<ExecutionReport, 'usage' | 'budgets' | 'topUps'> {
  const agents = toAgentUsages(state);
  const budgets = toBudgets(state);
  const topUps = state.sprints.flatMap(({ progress }) => progress?.topUps ?? []);
  const sprints = state.sprints.flatMap(({ id, progress }) =>
    progress?.usage === undefined ? [] : [{ id, ...sumUsage(progress.usage) }],
  );
  return {
    ...(agents.length === 0 ? {} : { usage: { ...sumUsage(agents), agents, sprints } }),
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(topUps.length === 0 ? {} : { topUps }),
  };
}
