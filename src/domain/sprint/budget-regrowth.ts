import { BUDGET_KINDS, sumUsage, type Usage } from '../budget.ts';
import { accountOf, accountsOf, openBooks, promise, specOf, toFirstBudgets, type Books } from './accounts.ts';
import type { AccountSpec } from './budget-index.ts';
import type { Account, BudgetState } from './budget-state.ts';
import { budgetAlertId, budgetItemId } from './budget-questions.ts';
import { closeItem } from './inbox.ts';
import type { SprintIndex } from './sprint-index.ts';
import { isAtWork, type TimerEntry } from './state.ts';
import { addTimer } from './timers.ts';
import { agentOfTask, resolveAlert, taskRun, type Turn } from './turn.ts';

/** Accounts by the numbers of an amended definition: what was spent and promised stays, a new one knows what was used before it was there. */
export function regrowBudgets(turn: Turn, before: SprintIndex): void {
  const { index, state } = turn;
  const fresh = toFirstBudgets(index.budgets, state.now);
  if (!fresh || !index.budgets) {
    state.budgets = fresh;
    return;
  }
  const known = new Map(before.budgets?.accounts.map(({ id }, number) => [id, state.budgets?.accounts[number] as Account]));
  if (state.budgets && before.budgets) keepTimers(turn, before.budgets.accounts);
  const budgets: BudgetState = (state.budgets ??= fresh);
  budgets.accounts = index.budgets.accounts.map(({ id }, number) => known.get(id) ?? (fresh.accounts[number] as Account));
  const books = openBooks(turn) as Books;
  const added = new Set(index.budgets.accounts.flatMap(({ id }, number) => (known.has(id) ? [] : [number])));
  if (added.size === 0) return;
  for (const number of added) seed(turn, books, number);
  for (const [task, { state: now }] of state.tasks.entries())
    if (isAtWork(now) && agentOfTask(turn, task).kind !== 'human') draw(turn, books, task, added);
}

function keepTimers(turn: Turn, accounts: readonly AccountSpec[]): void {
  const { index, state } = turn;
  const numbers = new Map(index.budgets?.accounts.map(({ id }, number) => [id, number]));
  const timers = state.timers.flatMap((timer): TimerEntry[] => {
    if (timer.kind !== 'budget') return [timer];
    const ref = numbers.get((accounts[timer.ref as number] as AccountSpec).id);
    return ref === undefined ? [] : [{ ...timer, ref }];
  });
  // Nobody need be asked, or warned, about a budget that is not there any more.
  for (const { id } of accounts) {
    if (numbers.has(id)) continue;
    closeItem(turn, budgetItemId(id));
    for (const kind of BUDGET_KINDS) resolveAlert(turn, budgetAlertId(id, kind));
  }
  state.timers = [];
  for (const timer of timers) addTimer(state, timer);
}

/** What agents have said that they used, and the attempts given out, count; the clock of a budget runs from its first moment on. */
function seed(turn: Turn, books: Books, number: number): void {
  const { level, of } = specOf(books, number);
  const { index, state } = turn;
  const agents = index.agents.flatMap(({ id, kind }, agent) =>
    kind === 'human' || (level === 'agent' && id !== of) ? [] : [state.agents[agent]],
  );
  const run = level === 'task' ? taskRun(turn, index.taskNumber.get(of) as number) : null;
  const used: Usage = run ? sumUsage([run.usage]) : sumUsage(agents.map((agent) => agent?.usage));
  const attempts = run?.attempt ?? agents.reduce((sum, agent) => sum + (agent?.assigned ?? 0), 0);
  Object.assign(accountOf(books, number).spent, used, { attempts });
}

/** An attempt at work draws on new accounts from now on. One that drew on none so far is not watched by its worker. */
function draw(turn: Turn, books: Books, task: number, added: ReadonlySet<number>): void {
  const numbers = accountsOf(books, task, taskRun(turn, task).agent as number);
  if (numbers.length === 0) return;
  const { holds } = books.state;
  const hold = (holds[task] ??= { reserved: { tokens: 0, cost: 0 }, isPaused: false, end: null, isUnwatched: true });
  for (const number of numbers) {
    if (!added.has(number)) continue;
    const account = accountOf(books, number);
    account.holders += 1;
    account.clocks += hold.isPaused ? 0 : 1;
    promise(account, hold.reserved);
  }
}
