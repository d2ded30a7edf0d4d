import { addCost, formatAmount, type Usage } from '../budget.ts';
import { accountOf, accountsOf, isUsedUp, limitOf, openBooks, promise, specOf, spentOf, type Books } from './accounts.ts';
import { needOf, withinRoom } from './budget-holds.ts';
import {
  budgetAlertId,
  describeAccount,
  describeSpent,
  forgetWarnings,
  goOn,
  resumeHold,
  reviewAccount,
} from './budget-questions.ts';
import type { Hold } from './budget-state.ts';
import { alert, decide, taskRun, type Turn } from './turn.ts';

/** An amendment has changed limits: what they allow again goes on, what is used up by them asks for more. */
export function reviewAmended(turn: Turn): void {
  const books = openBooks(turn);
  if (books === null) return;
  for (const number of books.index.accounts.keys()) forgetWarnings(turn, books, number);
  reserveAnew(turn, books);
  for (const [number, { level }] of books.index.accounts.entries()) {
    const { asking, holders } = accountOf(books, number);
    if (asking === null) {
      // That of a task that is not at work is looked at when its next attempt may start.
      if (level !== 'task' || holders > 0) reviewAccount(turn, number);
    } else if (!isUsedUp(books, number, asking)) goOn(turn, number);
  }
  for (const task of Object.keys(books.state.holds)) resumeHold(turn, books, Number(task));
}

/** An attempt at work, and what it may still want. */
interface Held {
  readonly hold: Hold;
  readonly accounts: readonly number[];
  readonly wanted: Usage;
}

const NOTHING: Usage = { tokens: 0, cost: 0 };

/** What attempts at work are promised is promised anew within what is there now, to those that began first first. */
function reserveAnew(turn: Turn, books: Books): void {
  const all = toHeld(turn, books);
  const min = ({ hold, wanted }: Held): Usage => ({
    tokens: Math.min(hold.reserved.tokens, wanted.tokens),
    cost: Math.min(hold.reserved.cost, wanted.cost),
  });
  for (const held of all) reserve(books, held, min(held));
  for (const number of books.index.accounts.keys()) warnOfPromises(turn, books, number);
  for (const held of all) reserve(books, held, NOTHING);
  for (const held of all) reserve(books, held, withinRoom(books, held.accounts, held.wanted));
}

/** Oldest first. One whose task declares a budget may want what is left of that, any other what is left of its promise. */
function toHeld(turn: Turn, books: Books): Held[] {
  const startOf = (task: number): number => taskRun(turn, task).startedAt as number;
  const tasks = Object.keys(books.state.holds).map(Number);
  return tasks
    .toSorted((a, b) => startOf(a) - startOf(b) || a - b)
    .map((task) => {
      const agent = taskRun(turn, task).agent as number;
      const hold = books.state.holds[task] as Hold;
      const left = (kind: 'tokens' | 'cost'): number => {
        const { amount, isDeclared } = needOf(turn, books, { task, agent }, kind);
        return isDeclared ? amount : hold.reserved[kind];
      };
      return { hold, accounts: accountsOf(books, task, agent), wanted: { tokens: left('tokens'), cost: left('cost') } };
    });
}

function reserve(books: Books, { hold, accounts }: Held, amount: Usage): void {
  const more = {
    tokens: addCost(amount.tokens, -hold.reserved.tokens),
    cost: addCost(amount.cost, -hold.reserved.cost),
  };
  hold.reserved = { ...amount };
  for (const number of accounts) promise(accountOf(books, number), more);
}

/** Less is left of it than attempts at work have been promised: people are told at once, and not only when it is nearly used up. */
function warnOfPromises(turn: Turn, books: Books, number: number): void {
  const { reserved, warned } = accountOf(books, number);
  const spec = specOf(books, number);
  for (const kind of ['tokens', 'cost'] as const) {
    const [limit, spent] = [limitOf(books, number, kind), spentOf(books, number, kind)];
    if (spent >= limit || reserved[kind] <= limit - spent) continue;
    const promised = `${formatAmount(kind, reserved[kind])} reserved for attempts at work, which are paused where it is used up`;
    const text = `${describeAccount(spec)} is less now than what is used and reserved: ${describeSpent(books, number, kind)}, ${promised}`;
    if (!warned.includes(kind)) warned.push(kind);
    alert(turn, 'resource', budgetAlertId(spec.id, kind), text);
    decide(turn, 'budgetOvercommitted', text, { budget: spec.id, kind, spent, limit, reserved: reserved[kind] });
  }
}
