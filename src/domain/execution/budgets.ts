import { addCost, noAmounts, sumUsage, toLimits, type Usage } from '../budget.ts';
import { ownValue } from '../own-value.ts';
import type { Prepared, ResolvedPlan } from '../prepared.ts';
import type { Elsewhere } from '../sprint/definition.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { AgentUsage, BudgetView } from '../views.ts';
import type { ExecutionReport } from './report.ts';
import { sumAgentUsage, sumBudgets } from './earlier-rounds.ts';
import { standingOf } from './standings.ts';
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
 * @param resolved The plan whose budgets count; by default that in force.
 */
export function elsewhereOf(
  state: ExecutionState,
  sprintId: string,
  { plan, agents }: ResolvedPlan = (state.prepared as Prepared).resolved,
): Record<string, Elsewhere> {
  const own = standingOf(state, sprintId)?.earlier;
  const others = state.sprints.filter(({ id }) => id !== sprintId);
  const sums = sumAccounts([...(own?.budgets ?? []), ...others.flatMap(allSharesOf).filter(isShared)]);
  const usage = [...(own?.usage ?? []), ...others.flatMap(usageOf)];
  const shared = [...(plan.budget ? [PLAN_ACCOUNT] : []), ...agents.flatMap(({ id, budget }) => (budget ? [`agent/${id}`] : []))];
  for (const id of shared) {
    const used = usedOf(id, usage);
    if (used.tokens > 0 || used.cost > 0) raise((sums[id] ??= emptyAccount()), used);
  }
  const limited = plan.sprints.some(({ id, budget }) => id === sprintId && budget);
  if (own && limited) raise((sums[`sprint/${sprintId}`] ??= emptyAccount()), sumUsage(own.usage));
  return sums;
}

type Sums = Record<string, ReturnType<typeof emptyAccount>>;

const emptyAccount = () => ({ spent: noAmounts(), toppedUp: noAmounts() });

function sumAccounts(shares: readonly BudgetView[]): Sums {
  const sums: Sums = {};
  for (const { budget, kind, spent, toppedUp } of shares) {
    const sum = (sums[budget] ??= emptyAccount());
    sum.spent[kind] = addCost(sum.spent[kind], spent);
    sum.toppedUp[kind] = addCost(sum.toppedUp[kind], toppedUp);
  }
  return sums;
}

/** What was used before there was a budget was not told as a share of it. */
function raise({ spent }: ReturnType<typeof emptyAccount>, used: Usage): void {
  for (const kind of ['tokens', 'cost'] as const) spent[kind] = Math.max(spent[kind], used[kind]);
}

const PLAN_ACCOUNT = 'plan/plan';

/** By what agents say, of the plan's account or an agent's. */
const usedOf = (accountId: string, usage: readonly AgentUsage[]): Usage =>
  sumUsage(usage.filter(({ agent_id }) => accountId === PLAN_ACCOUNT || accountId === `agent/${agent_id}`));

/** What an account has used, and what people have added to it, as sprints have told. */
export function toAccountStanding(state: ExecutionState, accountId: string): Elsewhere {
  const task = accountId.startsWith('task/') ? ownValue(state.tasks, accountId.slice('task/'.length)) : undefined;
  const shares = task ? (task.budgets ?? []) : state.sprints.flatMap(allSharesOf);
  const account = sumAccounts(shares.filter(({ budget }) => budget === accountId))[accountId] ?? emptyAccount();
  if (task) raise(account, task.usage ?? NO_USAGE);
  else {
    const sprints = state.sprints.filter(({ id }) => !accountId.startsWith('sprint/') || accountId === `sprint/${id}`);
    const usage = sprints.flatMap(usageOf);
    raise(account, accountId.startsWith('sprint/') ? sumUsage(usage) : usedOf(accountId, usage));
  }
  return account;
}

const NO_USAGE: Usage = { tokens: 0, cost: 0 };

/** Tells the other sprints at work when a sprint has used more of what they share, or has been given more. */
export function tellElsewhere({ state, effects }: ExecutionTurn, before: SprintProgress | null, now: SprintProgress): void {
  if (now.budgets === undefined || JSON.stringify(sharesOf(before)) === JSON.stringify(sharesOf(now))) return;
  for (const { id, state: standing } of state.sprints) {
    if (id === now.sprintId || standing !== 'started') continue;
    effects.push({ type: 'forward', name: SPENT_ELSEWHERE, payload: { accounts: elsewhereOf(state, id) }, sprintIds: [id] });
  }
}

/**
 * The budgets of plan, sprints and agents as a whole: what every sprint has told of its share, added up. The limits are those of the plan
 * as it is now, which sprints that have ended before an amendment do not know.
 */
export const toBudgets = (state: ExecutionState): BudgetView[] =>
  sumBudgets(state.sprints.flatMap(allSharesOf)).flatMap((view) => {
    const declared = declaredLimit(state, view);
    return declared === undefined ? [] : [{ ...view, limit: addCost(declared, view.toppedUp) }];
  });

function declaredLimit({ prepared }: ExecutionState, { budget, kind }: BudgetView): number | undefined {
  const { plan, agents } = (prepared as Prepared).resolved;
  const [level, ...rest] = budget.split('/');
  const id = rest.join('/');
  const owner = level === 'plan' ? plan : (level === 'agent' ? agents : plan.sprints).find((one) => one.id === id);
  return toLimits(owner?.budget ?? {})[kind];
}

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
