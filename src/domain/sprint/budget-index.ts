import { type Amounts, BUDGET_KINDS, toLimits, type Budget, type BudgetKind, type BudgetLevel } from '../budget.ts';
import { ownValue } from '../own-value.ts';
import { hasAccount } from '../plan/plan-budgets.ts';
import type { Task } from '../plan/plan.ts';
import type { Elsewhere, SprintDefinition } from './definition.ts';

/** One budget that attempts of this sprint draw on. */
export interface AccountSpec {
  /** `<level>/<id>`: unique within an execution but for the plan's and the agents' accounts, which its sprints share. */
  readonly id: string;
  readonly level: BudgetLevel;
  /** Id of the plan (`plan`), sprint, agent or task. */
  readonly of: string;
  readonly limits: Partial<Amounts>;
  readonly kinds: readonly BudgetKind[];
  /** Whether people are asked for more when it is used up. */
  readonly asks: boolean;
  /** Used and added by other sprints before this one started. */
  readonly elsewhere: Elsewhere | null;
}

/** Accounts by number, and which of them the attempts of a task by an agent draw on. */
export interface BudgetIndex {
  readonly accounts: readonly AccountSpec[];
  /** The plan's and the sprint's. */
  readonly ofAll: readonly number[];
  readonly ofAgent: readonly (number | null)[];
  readonly ofTask: readonly (number | null)[];
  readonly warnAt: number;
  readonly withinMs: number;
}

/** null: nothing in this sprint has a budget, and nothing of all this costs anything. */
export function indexBudgets({ budgets, sprint, agents }: SprintDefinition): BudgetIndex | null {
  if (budgets === undefined) return null;
  const accounts: AccountSpec[] = [];
  const add = (level: BudgetLevel, of: string, budget: Budget | undefined, asks = budget?.ask !== false): number | null => {
    if (budget === undefined) return null;
    const id = `${level}/${of}`;
    const limits = toLimits(budget);
    const kinds = BUDGET_KINDS.filter((kind) => limits[kind] !== undefined);
    return accounts.push({ id, level, of, limits, kinds, asks, elsewhere: ownValue(budgets.elsewhere, id) ?? null }) - 1;
  };
  const ofAll = [add('plan', 'plan', budgets.plan), add('sprint', sprint.id, sprint.budget)];
  return {
    ofAll: ofAll.filter((number) => number !== null),
    ofAgent: agents.map(({ id, budget }) => add('agent', id, budget)),
    ofTask: sprint.tasks.map((task) => add('task', task.id, toAccountBudget(task), task.budget.ask !== false)),
    accounts,
    warnAt: budgets.warnAt,
    withinMs: budgets.withinMs,
  };
}

/** Time and attempts of a task are in its account only where people are asked for more of them. */
function toAccountBudget(task: Task): Budget | undefined {
  if (!hasAccount(task)) return undefined;
  const { tokens, cost, timeMs, attempts, ask } = task.budget;
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(cost === undefined ? {} : { cost }),
    ...(ask === true ? { attempts, ...(timeMs === null ? {} : { timeMs }) } : {}),
  };
}
