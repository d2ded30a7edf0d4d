import { readTopUp, type BudgetKind } from '../budget.ts';
import type { Respond } from '../messages.ts';
import { accountOf, openBooks, specOf, type Books } from './accounts.ts';
import type { Hold } from './budget-state.ts';
import { agentOf, budgetItemId, describeAccount, goOn, holdersOf, topUp, TOP_UP } from './budget-questions.ts';
import { cancel } from './control.ts';
import type { Elsewhere } from './definition.ts';
import { failWaitingFor } from './standstill.ts';
import { isFinal, type OpenItem } from './state.ts';
import { giveUpTask } from './task-ends.ts';
import { agentRun, taskRun, taskSpec, touchAll, type Turn } from './turn.ts';

/** A person has added to a budget, or has said that it is enough. */
export function answerTopUp(turn: Turn, item: OpenItem, { by, decision, note, data }: Respond): void {
  const number = accountOfItem(turn, item);
  const amounts = readTopUp(data, item.topUp as readonly BudgetKind[]);
  if (decision === TOP_UP && amounts.ok) return topUp(turn, number, amounts.value, { by, note: note ?? null });
  const why = note ? `: ${note}` : '';
  endAccount(turn, number, `${describeOf(turn, number)} is used up and ${by} stopped it${why}`);
}

/** Nobody has answered: the declared end. */
export function topUpIsDue(turn: Turn, item: OpenItem): void {
  const number = accountOfItem(turn, item);
  endAccount(turn, number, `${describeOf(turn, number)} is used up and nobody added to it by ${item.deadline}`);
}

const describeOf = (turn: Turn, number: number): string => describeAccount(specOf(openBooks(turn) as Books, number));

const accountOfItem = (turn: Turn, { itemId }: OpenItem): number =>
  (openBooks(turn) as Books).index.accounts.findIndex(({ id }) => budgetItemId(id) === itemId);

/** Ends what has used up a budget that nobody is to be asked about. Answers true when there was something. */
export function endExhausted(turn: Turn): boolean {
  const { budgets, phase } = turn.state;
  if (budgets === null || budgets.exhausted.length === 0) return false;
  const exhausted = budgets.exhausted.splice(0);
  if (isFinal(phase)) return false;
  for (const { account, text } of exhausted) endAccount(turn, account, text);
  return true;
}

function endAccount(turn: Turn, number: number, message: string): void {
  const books = openBooks(turn) as Books;
  const spec = specOf(books, number);
  if (turn.state.cancelling) return;
  if (spec.level === 'task') return endTaskOf(turn, books, turn.index.taskNumber.get(spec.of) as number, message);
  if (spec.level === 'agent') return endAgent(turn, books, number, message);
  books.state.failedBecause = message;
  cancel(turn, message);
}

function endTaskOf(turn: Turn, books: Books, task: number, message: string): void {
  if (books.state.holds[task]) return endHold(turn, books, task, { message, retryable: false });
  if (taskRun(turn, task).state === 'waiting') giveUpTask(turn, task, '', message);
}

/** Its attempts end; others do the work where there are any. */
function endAgent(turn: Turn, books: Books, number: number, message: string): void {
  const spec = specOf(books, number);
  const agent = agentOf(turn, spec);
  const run = agentRun(turn, agent);
  run.available = false;
  run.availableAt = null;
  for (const task of holdersOf(turn, books, number)) {
    const candidates = turn.index.classes[turn.index.classOf[task] as number] as readonly number[];
    const retryable = candidates.some((other) => other !== agent && agentRun(turn, other).available);
    endHold(turn, books, task, { message, retryable });
  }
  failWaitingFor(turn, spec.of);
  touchAll(turn);
}

/** How it ends is told by the end of the attempt (see `failAttempt`). */
function endHold(turn: Turn, books: Books, task: number, end: NonNullable<Hold['end']>): void {
  (books.state.holds[task] as Hold).end = end;
  turn.effects.push({ type: 'cancelAttempt', taskId: taskSpec(turn, task).id, attempt: taskRun(turn, task).attempt });
}

/** What other sprints have used of the budgets that they share with this one, and what people have added there. */
export function takeElsewhere(turn: Turn, told: Readonly<Record<string, Elsewhere>>): void {
  const books = openBooks(turn);
  if (books === null) return;
  for (const [number, { id, level }] of books.index.accounts.entries()) {
    if ((level !== 'plan' && level !== 'agent') || !Object.hasOwn(told, id)) continue;
    accountOf(books, number).elsewhere = told[id] as Elsewhere;
    goOn(turn, number);
  }
  touchAll(turn);
}
