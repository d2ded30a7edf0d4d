import { addAmounts, describeUse, formatAmount, type Amounts, type BudgetKind } from '../budget.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { InboxItem } from '../views.ts';
import {
  accountOf,
  accountsOf,
  countedKinds,
  isUsedUp,
  limitOf,
  openBooks,
  specOf,
  spentOf,
  tick,
  timeDueAt,
} from './accounts.ts';
import type { Books } from './accounts.ts';
import type { AccountSpec } from './budget-index.ts';
import type { Hold } from './budget-state.ts';
import { closeItem, openItem } from './inbox.ts';
import { addTimer } from './timers.ts';
import {
  agentOfTask,
  agentRun,
  alert,
  decide,
  resolveAlert,
  taskRun,
  taskSpec,
  touchAll,
  touchClassesOf,
  type Turn,
} from './turn.ts';

/**
 * Warn, then pause and ask, then stop: at a share of a limit an alert, at the limit the attempts that draw on it are paused, nothing new
 * starts there, and people are asked for more.
 */

export const TOP_UP = 'topUp';
export const budgetItemId = (accountId: string): string => `budget/${accountId}`;

/** The account's numbers have changed: warns, asks, and sets its clock. */
export function reviewAccount(turn: Turn, number: number): void {
  const books = openBooks(turn) as Books;
  for (const kind of countedKinds(specOf(books, number))) {
    warnOnce(turn, books, number, kind);
    // Attempts that have been given out may end; only the next one is too many.
    if (kind !== 'attempts' && accountOf(books, number).holders > 0 && isUsedUp(books, number, kind))
      askForMore(turn, number, kind);
  }
  const account = accountOf(books, number);
  account.dueAt = timeDueAt(books, number);
  if (account.dueAt !== null) addTimer(turn.state, { at: account.dueAt, kind: 'budget', ref: number });
}

/** Its clocks have reached the warning, or used up its time. */
export function budgetIsDue(turn: Turn, number: number): void {
  const books = openBooks(turn) as Books;
  tick(books, number);
  reviewAccount(turn, number);
}

function warnOnce(turn: Turn, books: Books, number: number, kind: BudgetKind): void {
  const account = accountOf(books, number);
  const limit = limitOf(books, number, kind);
  if (account.warned.includes(kind) || !isNearlyUsedUp(books, number, kind)) return;
  account.warned.push(kind);
  const { id } = specOf(books, number);
  const text = `${describeSpent(books, number, kind)} of ${describeAccount(specOf(books, number))}`;
  alert(turn, 'resource', budgetAlertId(id, kind), text);
  decide(turn, 'budgetWarning', text, { budget: id, kind, spent: spentOf(books, number, kind), limit });
}

/** What was warned of is not so any more. */
export function forgetWarnings(turn: Turn, books: Books, number: number): void {
  const account = accountOf(books, number);
  account.warned = account.warned.filter((kind) => {
    const isStill = isNearlyUsedUp(books, number, kind);
    if (!isStill) resolveAlert(turn, budgetAlertId(specOf(books, number).id, kind));
    return isStill;
  });
}

const isNearlyUsedUp = (books: Books, number: number, kind: BudgetKind): boolean =>
  spentOf(books, number, kind) >= limitOf(books, number, kind) * books.index.warnAt;

export const budgetAlertId = (accountId: string, kind: BudgetKind): string => `${budgetItemId(accountId)}/${kind}`;

export const describeSpent = (books: Books, number: number, kind: BudgetKind): string =>
  `${describeUse(kind, spentOf(books, number, kind), limitOf(books, number, kind))} used`;

export const describeAccount = ({ level, of }: AccountSpec): string =>
  level === 'plan' ? 'the budget of the plan' : `the budget of ${level} ${of}`;

/** Pauses what draws on the account and asks people for more, once; where nobody is to be asked, the end follows. */
export function askForMore(turn: Turn, number: number, kind: BudgetKind): void {
  const books = openBooks(turn) as Books;
  const account = accountOf(books, number);
  const spec = specOf(books, number);
  if (turn.state.cancelling || (account.asking !== null && !isEnded(turn, books, number))) return;
  account.asking = kind;
  account.dueAt = null;
  const text = `${describeAccount(spec)} is used up: ${describeSpent(books, number, kind)}`;
  decide(turn, 'budgetUsedUp', text, { budget: spec.id, kind, spent: spentOf(books, number, kind) });
  if (kind !== 'attempts') for (const task of holdersOf(turn, books, number)) pauseHold(turn, books, task, text);
  if (spec.level === 'agent') agentRun(turn, agentOf(turn, spec)).isOverBudget = true;
  putQuestion(turn, books, number, text);
}

/** Its task has ended for it, and was opened again by a decision: nobody is asked any more, and nothing draws on it. */
function isEnded(turn: Turn, books: Books, number: number): boolean {
  const { level, id } = specOf(books, number);
  const isAsked = Object.hasOwn(turn.state.inbox, budgetItemId(id));
  const isEnding = books.state.exhausted.some(({ account }) => account === number);
  return level === 'task' && accountOf(books, number).holders === 0 && !isAsked && !isEnding;
}

/** Somebody says that the agent is there although its budget is used up, and nobody is asked about that any more: it is asked again. */
export function askAgain(turn: Turn, agent: number): void {
  const books = openBooks(turn);
  const number = books?.index.ofAgent[agent] ?? null;
  if (books === null || number === null || agentRun(turn, agent).isOverBudget !== true) return;
  const spec = specOf(books, number);
  if (!Object.hasOwn(turn.state.inbox, budgetItemId(spec.id)))
    putQuestion(turn, books, number, `${describeAccount(spec)} is used up`);
}

function putQuestion(turn: Turn, books: Books, number: number, text: string): void {
  if (specOf(books, number).asks) openItem(turn, toItem(turn, books, number, text), books.index.withinMs);
  else books.state.exhausted.push({ account: number, text });
}

export const agentOf = ({ index }: Turn, { of }: AccountSpec): number => index.agentNumber.get(of) as number;

/** Tasks at work that draw on the account. */
export const holdersOf = (turn: Turn, books: Books, number: number): number[] =>
  Object.keys(books.state.holds)
    .map(Number)
    .filter((task) => accountsOf(books, task, taskRun(turn, task).agent as number).includes(number));

const ENDS: Readonly<Record<AccountSpec['level'], string>> = {
  plan: 'the plan stops and fails',
  sprint: 'the sprint stops and fails',
  agent: 'the agent gets no more work; what only it can do fails',
  task: 'its attempt ends and the task fails',
};
const MAX_NAMED = 5;

function toItem(turn: Turn, books: Books, number: number, text: string): Omit<InboxItem, 'since' | 'deadline'> {
  const spec = specOf(books, number);
  const { definition, state } = turn;
  const users = spec.level === 'task' ? '' : ` Used by ${describeUsers(turn)}.`;
  const left = state.tasks.length - state.ended;
  return {
    itemId: budgetItemId(spec.id),
    kind: 'topUp',
    title: `${describeAccount(spec)} is used up`,
    question:
      `${text}.${users} ${left} of ${state.tasks.length} tasks of sprint ${definition.sprint.id} are not done. ` +
      `Answer topUp with data such as {${spec.kinds.map((kind) => EXAMPLES[kind]).join(', ')}}, or stop.`,
    options: [TOP_UP, 'stop'],
    people: definition.people,
    otherwise: ENDS[spec.level],
    sprint: definition.sprint.id,
    task: spec.level === 'task' ? spec.of : null,
    topUp: spec.kinds,
  };
}

const EXAMPLES: Readonly<Record<BudgetKind, string>> = {
  tokens: '"tokens": 50000',
  cost: '"cost": 2.5',
  time: '"time": "30m"',
  attempts: '"attempts": 2',
};

/** Who has used most tokens or money, at most five. */
function describeUsers({ index, state }: Turn): string {
  const users = state.agents.flatMap(({ usage }, agent) => (usage ? [{ id: index.agents[agent]?.id as string, ...usage }] : []));
  // Agents are numbered by id, and sorting keeps that order among equals.
  users.sort((a, b) => b.cost - a.cost || b.tokens - a.tokens);
  const named = users.slice(0, MAX_NAMED).map(({ id, tokens, cost }) => `${id} (${tokens} tokens, cost ${cost})`);
  return named.join(', ') || 'nobody who reports it';
}

function pauseHold(turn: Turn, books: Books, task: number, reason: string): void {
  const hold = books.state.holds[task] as Hold;
  if (hold.isPaused) return;
  hold.isPaused = true;
  setClock(turn, books, task, -1);
  showHold(turn, task, reason);
  const run = taskRun(turn, task);
  if (!hold.isUnwatched || run.withdrawn !== undefined) return;
  run.withdrawn = reason;
  turn.effects.push({ type: 'cancelAttempt', taskId: taskSpec(turn, task).id, attempt: run.attempt });
}

function setClock(turn: Turn, books: Books, task: number, change: 1 | -1): void {
  for (const number of accountsOf(books, task, taskRun(turn, task).agent as number)) {
    tick(books, number);
    accountOf(books, number).clocks += change;
    const dueAt = timeDueAt(books, number);
    accountOf(books, number).dueAt = dueAt;
    if (dueAt !== null) addTimer(turn.state, { at: dueAt, kind: 'budget', ref: number });
  }
}

/** Shows a paused attempt as blocked, by its status too, and one that goes on as working. */
export function showHold(turn: Turn, task: number, reason: string | null): void {
  const run = taskRun(turn, task);
  run.state = reason === null ? 'running' : 'blocked';
  run.reason = reason;
  const shown = { status: reason === null ? 'working' : 'blocked', blocking_issues: reason === null ? [] : [reason] } as const;
  run.status = { ...(run.status as AgentStatus), ...shown };
  agentRun(turn, run.agent as number).last = run.status;
  turn.news = 'urgent';
}

/** Whether the attempt is paused by a budget; the reason stays in its run. */
export const isPaused = (turn: Turn, task: number): boolean => turn.state.budgets?.holds[task]?.isPaused === true;

/** Kept for the report; the ledger has all of them. */
const MAX_TOP_UPS = 20;

/** People have added to an account: what it had stopped goes on, unless it is still used up. */
export function topUp(turn: Turn, number: number, amounts: Amounts, { by, note }: { by: string; note: string | null }): void {
  const books = openBooks(turn) as Books;
  const { id } = specOf(books, number);
  addAmounts(accountOf(books, number).toppedUp, amounts);
  const added = specOf(books, number).kinds.filter((kind) => amounts[kind] > 0);
  const words = added.map((kind) => (kind === 'cost' || kind === 'time' ? `${kind} ` : '') + formatAmount(kind, amounts[kind]));
  const text = `${by} added ${words.join(', ')} to ${describeAccount(specOf(books, number))}`;
  const data = { by, budget: id, note, ...Object.fromEntries(added.map((kind) => [kind, amounts[kind]])) };
  decide(turn, 'budgetToppedUp', text, data);
  books.state.topUps = [...books.state.topUps, { at: turn.at, event: 'budgetToppedUp', text, data }].slice(-MAX_TOP_UPS);
  goOn(turn, number);
}

/** Lets go on what the account allows again; asks again if it does not. */
export function goOn(turn: Turn, number: number): void {
  const books = openBooks(turn) as Books;
  const account = accountOf(books, number);
  const spec = specOf(books, number);
  forgetWarnings(turn, books, number);
  const { asking } = account;
  account.asking = null;
  closeItem(turn, budgetItemId(spec.id));
  if (spec.level === 'agent') {
    delete agentRun(turn, agentOf(turn, spec)).isOverBudget;
    touchClassesOf(turn, agentOf(turn, spec));
  }
  if (asking !== null) touchAll(turn);
  reviewAccount(turn, number);
  for (const task of holdersOf(turn, books, number)) resumeHold(turn, books, task);
}

/** Lets an attempt go on that no account keeps paused any more. */
export function resumeHold(turn: Turn, books: Books, task: number): void {
  const hold = books.state.holds[task] as Hold;
  const numbers = accountsOf(books, task, taskRun(turn, task).agent as number);
  const isHeld = numbers.some((number) => ![null, 'attempts'].includes(accountOf(books, number).asking));
  if (!hold.isPaused || isHeld || hold.end !== null || hold.isUnwatched) return;
  hold.isPaused = false;
  setClock(turn, books, task, 1);
  showHold(turn, task, null);
  const { id } = taskSpec(turn, task);
  decide(turn, 'attemptContinued', `${agentOfTask(turn, task).id} goes on with "${id}"`, { task: id });
}

/** The task has ended: nobody is asked for more for it any more. */
export function closeAccountOfTask(turn: Turn, task: number): void {
  const books = openBooks(turn);
  const number = books?.index.ofTask[task] ?? null;
  if (books === null || number === null || accountOf(books, number).asking === null) return;
  accountOf(books, number).asking = null;
  closeItem(turn, budgetItemId(specOf(books, number).id));
}
