import { addCost, describeBudget, type Budget, type Usage } from '../budget.ts';
import type { AgentProfile } from '../roster.ts';
import type { Plan, Task } from './plan.ts';

/** Whether anything in the plan has a budget that is kept account of: a task's time and attempts alone are limits of its attempts. */
export const hasBudgets = (plan: Plan, agents: readonly Pick<AgentProfile, 'budget'>[]): boolean =>
  plan.budget !== undefined ||
  agents.some(({ budget }) => budget !== undefined) ||
  plan.sprints.some((sprint) => sprint.budget !== undefined || sprint.tasks.some(hasAccount));

/** Whether the task's budget has an account of its own. */
export const hasAccount = ({ budget }: Task): boolean =>
  budget.tokens !== undefined || budget.cost !== undefined || budget.ask === true;

/** The budgets of plan, sprints and agents in words, for people who approve them. Those of tasks stand with the tasks. */
export function listBudgets(plan: Plan, agents: readonly Pick<AgentProfile, 'id' | 'budget'>[]): string[] {
  const line = (of: string, budget: Budget | undefined): string[] =>
    budget === undefined ? [] : [`${of}: ${describeBudget(budget)}`];
  return [
    ...line('the whole plan', plan.budget),
    ...plan.sprints.flatMap(({ id, budget }) => line(`sprint ${id}`, budget)),
    ...agents.flatMap(({ id, budget }) => line(`agent ${id}`, budget)),
  ];
}

/** What the attempts of a task may use together, in words; empty without such a budget. */
export function describeTaskBudget({ budget: { tokens, cost, ask } }: Task): string {
  const budget = { ...(tokens === undefined ? {} : { tokens }), ...(cost === undefined ? {} : { cost }) };
  const words = describeBudget(ask === false ? { ...budget, ask } : budget);
  return ask === true ? `${words}${words && ', '}asks for more of all limits` : words;
}

/** What a plan may use in all as far as its budgets say: its own, else those of its sprints, else those of their tasks; a kind without is unlimited. */
export function declaredUsage({ budget, sprints }: Plan): Partial<Usage> {
  const limitOf = (kind: keyof Usage): number | undefined => {
    const ofSprints = sprints.map((sprint) => sprint.budget?.[kind] ?? sumOf(sprint.tasks.filter(isLeft), kind));
    return budget?.[kind] ?? addUp(ofSprints);
  };
  const [tokens, cost] = [limitOf('tokens'), limitOf('cost')];
  return { ...(tokens === undefined ? {} : { tokens }), ...(cost === undefined ? {} : { cost }) };
}

const isLeft = ({ cancelled }: Task): boolean => !cancelled;
const sumOf = (tasks: readonly Task[], kind: keyof Usage): number | undefined => addUp(tasks.map(({ budget }) => budget[kind]));

/** Unlimited as soon as one part is. */
const addUp = (amounts: readonly (number | undefined)[]): number | undefined =>
  amounts.reduce<number | undefined>((sum, one) => (sum === undefined || one === undefined ? undefined : addCost(sum, one)), 0);
