import { addCost, sumUsage } from '../budget.ts';
import { ownValue } from '../own-value.ts';
import type { Earlier } from '../sprint/definition.ts';
import type { AgentUsage, BudgetView, DecisionView } from '../views.ts';
import { tasksOf } from './standings.ts';
import type { ExecutionState, SprintStanding } from './state.ts';

/** What stays of the rounds of a sprint that were rolled back: numbers of attempts go on, and what was used has been used. */
export interface EarlierRounds extends Earlier {
  /** Those of the sprint's tasks included. Empty without budgets. */
  readonly budgets: readonly BudgetView[];
  readonly usage: readonly AgentUsage[];
  readonly topUps: readonly DecisionView[];
}

const MAX_TOP_UPS = 20;
const MAX_WORDS = 600;

/** The rounds of a sprint with the one that has ended and is taken back. O(n) in its tasks. */
export function addRound(state: ExecutionState, { id, progress, earlier }: SprintStanding, why: string): EarlierRounds {
  const news = tasksOf(state, id).flatMap((task) => ownValue(state.tasks, task.id) ?? []);
  const ofTasks = news.flatMap(({ budgets = [] }) => budgets.filter(({ kind }) => kind !== 'attempts'));
  const before = earlier?.budgets ?? [];
  const attempts = news.flatMap((task) => (task.attempts > 0 ? [[task.id, task.attempts] as const] : []));
  return {
    rounds: (earlier?.rounds ?? 0) + 1,
    attempts: { ...earlier?.attempts, ...Object.fromEntries(attempts) },
    why: why.slice(0, MAX_WORDS),
    budgets: withTasks(sumBudgets([...before, ...(progress?.budgets ?? [])]), ofTasks).map((view) => ({
      ...view,
      isUsedUp: false,
    })),
    usage: sumAgentUsage([...(earlier?.usage ?? []), ...(progress?.usage ?? [])]),
    topUps: [...(earlier?.topUps ?? []), ...(progress?.topUps ?? [])].slice(-MAX_TOP_UPS),
  };
}

const keyOf = ({ budget, kind }: BudgetView): string => `${budget} ${kind}`;

/** What a task tells it has used of its own budget holds the rounds before, what people have added to it does not. */
function withTasks(views: readonly BudgetView[], ofTasks: readonly BudgetView[]): BudgetView[] {
  const all = new Map(views.map((view) => [keyOf(view), view]));
  for (const view of ofTasks)
    all.set(keyOf(view), { ...view, toppedUp: addCost(view.toppedUp, all.get(keyOf(view))?.toppedUp ?? 0) });
  return [...all.values()];
}

/** Shares of the same budgets, added up; `limit` as declared becomes the limit with what people have added. */
export function sumBudgets(shares: readonly BudgetView[]): BudgetView[] {
  const all = new Map<string, BudgetView>();
  for (const view of shares) {
    const known = all.get(keyOf(view));
    all.set(keyOf(view), {
      ...view,
      spent: addCost(view.spent, known?.spent ?? 0),
      toppedUp: addCost(view.toppedUp, known?.toppedUp ?? 0),
      isUsedUp: view.isUsedUp || known?.isUsedUp === true,
    });
  }
  return [...all.values()];
}

/** By agent, in the order of their ids. */
export function sumAgentUsage(usages: readonly AgentUsage[]): AgentUsage[] {
  const all = new Map<string, AgentUsage>();
  for (const { agent_id, ...usage } of usages) all.set(agent_id, { agent_id, ...sumUsage([all.get(agent_id), usage]) });
  return [...all.values()].toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
}
