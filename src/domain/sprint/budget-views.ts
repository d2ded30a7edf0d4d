import type { Usage } from '../budget.ts';
import type { AgentUsage, BudgetView } from '../views.ts';
import { accountOf, allowanceOf, limitOf, openBooks, ownSpent, specOf, spentOf } from './accounts.ts';
import { taskRun, type Sprint } from './turn.ts';

/** What a running attempt may do now, for its worker. */
export interface Allowance {
  /** Its processes are to be stopped until this says otherwise. */
  readonly isPaused: boolean;
  /** What it may use in all, before it must be paused; null: no limit. */
  readonly tokens: number | null;
  readonly cost: number | null;
}

/** null: no budget concerns the task's current attempt. */
export function toAllowance(sprint: Sprint, task: number): Allowance | null {
  const books = openBooks(sprint);
  const hold = books?.state.holds[task];
  if (books === null || hold === undefined) return null;
  const { agent, usage } = taskRun(sprint, task);
  const used: Usage = usage?.attempt ?? { tokens: 0, cost: 0 };
  return { isPaused: hold.isPaused, ...allowanceOf(books, { task, agent: agent as number, used }) };
}

/**
 * The budgets of the plan, the sprint and its agents; those of tasks are in the tasks' own views.
 * @param share What this sprint alone has used and been given, for its execution; otherwise of all sprints, as far as it knows.
 */
export function toBudgetViews(sprint: Sprint, share: 'own' | 'all'): BudgetView[] {
  const books = openBooks({ index: sprint.index, state: sprint.state });
  if (books === null) return [];
  return books.index.accounts.flatMap(({ id, level, kinds, limits }, number) => {
    if (level === 'task') return [];
    const { asking, toppedUp } = accountOf(books, number);
    return kinds.map((kind): BudgetView => {
      const own = { spent: ownSpent(books, number)[kind], toppedUp: toppedUp[kind], limit: limits[kind] as number };
      const limit = limitOf(books, number, kind);
      const all = { spent: spentOf(books, number, kind), toppedUp: limit - own.limit, limit };
      return { budget: id, kind, ...(share === 'own' ? own : all), isUsedUp: asking === kind };
    });
  });
}

/** What each agent of the sprint says it has used; nobody who says nothing. */
export const toAgentUsages = ({ index, state }: Sprint): AgentUsage[] =>
  state.agents.flatMap(({ usage }, agent) => (usage ? [{ agent_id: index.agents[agent]?.id as string, ...usage }] : []));

/** Budgets of the task itself, by what its attempts have used; absent where it has none. */
export function toTaskBudgets(sprint: Sprint, task: number): BudgetView[] {
  const books = openBooks(sprint);
  const number = books?.index.ofTask[task] ?? null;
  if (books === null || number === null) return [];
  const { id, kinds, limits } = specOf(books, number);
  const { asking, toppedUp } = accountOf(books, number);
  return kinds.map((kind) => ({
    budget: id,
    kind,
    spent: kind === 'attempts' ? taskRun(sprint, task).failures : spentOf(books, number, kind),
    limit: limitOf(books, number, kind),
    toppedUp: limits[kind] === undefined ? 0 : toppedUp[kind],
    isUsedUp: asking === kind,
  }));
}
