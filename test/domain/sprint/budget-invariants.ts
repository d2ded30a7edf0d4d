import { sumUsage, type Usage } from '../../../src/domain/budget.ts';
import { accountOf, accountsOf, isUsedUp, openBooks, specOf, type Books } from '../../../src/domain/sprint/accounts.ts';
import type { AccountSpec } from '../../../src/domain/sprint/budget-index.ts';
import { isAtWork, isFinal, type TaskRun } from '../../../src/domain/sprint/state.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { must } from './rule.ts';

/** What each account had spent before an event, and whether it was used up. */
export type BudgetsBefore = readonly {
  readonly id: string;
  readonly tokens: number;
  readonly cost: number;
  readonly isUsedUp: { tokens: boolean; cost: boolean };
}[];

export function rememberBudgets(sprint: Sprint): BudgetsBefore {
  const books = openBooks(sprint);
  return (books?.state.accounts ?? []).map(({ spent }, number) => ({
    id: specOf(books as Books, number).id,
    tokens: spent.tokens,
    cost: spent.cost,
    isUsedUp: { tokens: isUsedUp(books as Books, number, 'tokens'), cost: isUsedUp(books as Books, number, 'cost') },
  }));
}

/** No budget is overspent by more than the one report that told of it, and what is kept of each follows from what is at work. */
export function checkBudgets(sprint: Sprint, before: BudgetsBefore): void {
  const books = openBooks(sprint);
  if (books === null) return;
  const holds = Object.entries(books.state.holds).map(([task, hold]) => {
    const run = sprint.state.tasks[Number(task)] as TaskRun;
    must(isAtWork(run.state), () => `${task} holds budgets and is not at work`);
    must(!hold.isPaused || run.state === 'blocked', () => `${task} is paused by a budget and not shown as blocked`);
    return { ...hold, accounts: accountsOf(books, Number(task), run.agent as number) };
  });
  for (const was of before) {
    const number = books.index.accounts.findIndex(({ id }) => id === was.id);
    if (number < 0) continue;
    const { spent, reserved, holders, clocks, asking } = accountOf(books, number);
    const { id } = specOf(books, number);
    for (const kind of ['tokens', 'cost'] as const)
      must(
        !was.isUsedUp[kind] || spent[kind] === was[kind],
        () => `${id} was used up and ${kind} went on: ${was[kind]} to ${spent[kind]}`,
      );
    const own = holds.filter(({ accounts }) => accounts.includes(number));
    must(holders === own.length, () => `${id}: ${holders} holders kept, ${own.length} counted`);
    const running = own.filter(({ isPaused }) => !isPaused).length;
    must(clocks === running, () => `${id}: ${clocks} clocks kept, ${running} counted`);
    for (const kind of ['tokens', 'cost'] as const) {
      const sum = own.reduce((all, hold) => all + hold.reserved[kind], 0);
      must(Math.abs(reserved[kind] - sum) < 1e-3, () => `${id}: ${reserved[kind]} ${kind} reserved, ${sum} counted`);
    }
    must(asking === null || asking === 'attempts' || running === 0, () => `${id} is used up and ${running} attempts go on`);
    must(`budget/${id}` in sprint.state.inbox ? asking !== null : true, () => `${id} is asked for and not used up`);
  }
  for (const [number, spec] of books.index.accounts.entries()) {
    const used = usedOf(sprint, spec);
    for (const kind of ['tokens', 'cost'] as const) {
      const { [kind]: spent } = accountOf(books, number).spent;
      must(Math.abs(spent - used[kind]) < 1e-3, () => `${spec.id}: ${spent} ${kind} spent, ${used[kind]} reported`);
    }
  }
  if (isFinal(sprint.state.phase)) must(holds.length === 0, () => 'the sprint has ended and holds budgets');
}

/** What agents have said that they used, whatever budgets came and went meanwhile. */
function usedOf({ index, state }: Sprint, { level, of }: AccountSpec): Usage {
  if (level === 'task') return sumUsage([state.tasks[index.taskNumber.get(of) as number]?.usage]);
  const agents = state.agents.filter((_, number) => level !== 'agent' || index.agents[number]?.id === of);
  return sumUsage(agents.map(({ usage }) => usage));
}
