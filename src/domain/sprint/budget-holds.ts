import { addCost, maxUsage, type BudgetKind, type Usage } from '../budget.ts';
import {
  accountOf,
  accountsOf,
  countedKinds,
  isUsedUp,
  limitOf,
  openBooks,
  promise,
  specOf,
  spend,
  spentOf,
  tick,
  type Books,
} from './accounts.ts';
import { askForMore, forgetWarnings, reviewAccount } from './budget-questions.ts';
import { makeReady } from './parking.ts';
import type { AgentRun } from './state.ts';
import { agentProfile, agentRun, taskRun, touchAll, type Sprint, type Turn } from './turn.ts';

/**
 * What an attempt takes from the budgets on its way: reserved when it is given out, spent as it reports, settled when it ends. Tasks of
 * people draw on no budget.
 */

const NO_USAGE: Usage = { tokens: 0, cost: 0 };

/** What an attempt is promised before it starts. */
interface Need {
  readonly amount: number;
  /** By the task's own budget; otherwise it is what such attempts have used on average. */
  readonly isDeclared: boolean;
}

export function needOf(sprint: Sprint, books: Books, { task, agent }: Place, kind: 'tokens' | 'cost'): Need {
  const own = books.index.ofTask[task] ?? null;
  const declared = own === null ? Number.POSITIVE_INFINITY : limitOf(books, own, kind) - spentOf(books, own, kind);
  if (Number.isFinite(declared)) return { amount: Math.max(0, declared), isDeclared: true };
  const { usage, assigned, busy } = agentRun(sprint, agent);
  const ended = assigned - busy;
  return { amount: usage === undefined || ended === 0 ? 0 : addCost(0, usage[kind] / ended), isDeclared: false };
}

interface Place {
  readonly task: number;
  readonly agent: number;
}

export interface Lack {
  readonly account: number;
  readonly kind: BudgetKind;
}

/** The first budget that does not allow this attempt now; null when all do. */
export function findLack(sprint: Sprint, task: number, agent: number): Lack | null {
  const books = openBooks(sprint);
  if (books === null || agentProfile(sprint, agent).kind === 'human') return null;
  const place = { task, agent };
  for (const number of accountsOf(books, task, agent)) {
    const account = accountOf(books, number);
    if (account.asking !== null) return { account: number, kind: account.asking };
    const kind = countedKinds(specOf(books, number)).find(
      (each) => !isPerAttempt(books, number, each) && !hasRoom(sprint, books, place, number, each),
    );
    if (kind !== undefined) return { account: number, kind };
  }
  return null;
}

/** A task's time is that of one attempt; each begins with all of it. */
const isPerAttempt = (books: Books, number: number, kind: BudgetKind): boolean =>
  kind === 'time' && specOf(books, number).level === 'task';

function hasRoom(sprint: Sprint, books: Books, place: Place, number: number, kind: BudgetKind): boolean {
  if (isUsedUp(books, number, kind)) return false;
  if (kind === 'time' || kind === 'attempts') return true;
  const { amount, isDeclared } = needOf(sprint, books, place, kind);
  const { reserved, holders } = accountOf(books, number);
  // An average is no promise of the plan: it holds an attempt back only while others may give something back.
  if (!isDeclared && holders === 0) return true;
  return amount <= limitOf(books, number, kind) - spentOf(books, number, kind) - reserved[kind];
}

export const canAfford = (sprint: Sprint, task: number, agent: number): boolean => findLack(sprint, task, agent) === null;

/** Whether nothing new may start in the whole sprint. */
export function isSprintHeld(sprint: Sprint): boolean {
  const books = openBooks(sprint);
  return books !== null && books.index.ofAll.some((number) => accountOf(books, number).asking !== null);
}

/** Sets a ready task aside that no free agent can do within the budgets; asks where waiting would not help. */
export function parkForBudget(turn: Turn, task: number): void {
  const books = openBooks(turn) as Books;
  books.state.parked.push(task);
  // Somebody is free, and none of those has been chosen.
  const lack = findAnyLack(turn, task) as Lack;
  const { id, level } = specOf(books, lack.account);
  taskRun(turn, task).reason = `waits for ${lack.kind} of the budget ${id}`;
  const isHopeless =
    level === 'task' || (isUsedUp(books, lack.account, lack.kind) && accountOf(books, lack.account).clocks === 0);
  if (isHopeless) askForMore(turn, lack.account, lack.kind);
}

/** Of those who can do the task, free ones first. */
function findAnyLack(turn: Turn, task: number): Lack | null {
  const candidates = turn.index.classes[turn.index.classOf[task] as number] as readonly number[];
  const freeFirst = candidates.toSorted((a, b) => Number(isBusy(agentRun(turn, a))) - Number(isBusy(agentRun(turn, b))));
  return freeFirst.reduce<Lack | null>((lack, agent) => lack ?? findLack(turn, task, agent), null);
}

const isBusy = ({ active, available, busy, capacity }: AgentRun): boolean => !active || !available || busy >= capacity;

/** Somebody may do more than before: what was given back, or added, may be enough for whoever waits. */
export function wakeParked(turn: Turn): void {
  const { budgets } = turn.state;
  if (budgets === null || budgets.parked.length === 0 || turn.touched.members.length === 0) return;
  const parked = budgets.parked.splice(0);
  for (const task of parked) if (taskRun(turn, task).state === 'waiting') makeReady(turn, task);
}

/** With nothing at work that could give anything back, those that wait are asked about. */
export function askForParked(turn: Turn): void {
  const books = openBooks(turn);
  if (books === null || books.state.parked.length === 0 || turn.state.phase !== 'running') return;
  if (Object.values(books.state.holds).some(({ isPaused }) => !isPaused)) return;
  for (const task of books.state.parked) {
    const lack = taskRun(turn, task).state === 'waiting' ? findAnyLack(turn, task) : null;
    if (lack !== null) askForMore(turn, lack.account, lack.kind);
  }
}

/** The attempt has been given out: reserves what it needs at every level and starts its clocks. */
export function openHold(turn: Turn, task: number): void {
  const books = openBooks(turn);
  const agent = taskRun(turn, task).agent as number;
  if (books === null || agentProfile(turn, agent).kind === 'human') return;
  const place = { task, agent };
  const numbers = accountsOf(books, task, agent);
  if (numbers.length === 0) return;
  const amountOf = (kind: 'tokens' | 'cost'): number => needOf(turn, books, place, kind).amount;
  const reserved = withinRoom(books, numbers, { tokens: amountOf('tokens'), cost: amountOf('cost') });
  books.state.holds[task] = { reserved, isPaused: false, end: null };
  for (const number of numbers) {
    const account = accountOf(books, number);
    tick(books, number);
    if (specOf(books, number).level === 'task') account.spent.time = 0;
    account.holders += 1;
    account.clocks += 1;
    account.spent.attempts += 1;
    promise(account, reserved);
    reviewAccount(turn, number);
  }
}

/** As much of it as every one of the accounts has left that it has not promised to others. */
export function withinRoom(books: Books, numbers: readonly number[], wanted: Usage): Usage {
  const free = (number: number, kind: 'tokens' | 'cost'): number =>
    limitOf(books, number, kind) - spentOf(books, number, kind) - accountOf(books, number).reserved[kind];
  const within = (kind: 'tokens' | 'cost'): number =>
    Math.max(0, Math.min(wanted[kind], ...numbers.map((number) => free(number, kind))));
  return { tokens: within('tokens'), cost: within('cost') };
}

/** The attempt has ended: what it did not use is given back. One that was lost has used no attempt. */
export function closeHold(turn: Turn, task: number, isLost: boolean): void {
  const books = openBooks(turn);
  const hold = books?.state.holds[task];
  if (books === null || hold === undefined) return;
  delete books.state.holds[task];
  for (const number of accountsOf(books, task, taskRun(turn, task).agent as number)) {
    const account = accountOf(books, number);
    tick(books, number);
    account.holders -= 1;
    if (!hold.isPaused) account.clocks -= 1;
    if (isLost) account.spent.attempts -= 1;
    promise(account, { tokens: -hold.reserved.tokens, cost: -hold.reserved.cost });
    // Nothing is promised any more that could be too much.
    if (account.holders === 0) forgetWarnings(turn, books, number);
    reviewAccount(turn, number);
  }
  // Whoever waits for it may have other agents than this one, which need not be of the team any more.
  if (books.state.parked.length > 0) touchAll(turn);
}

/**
 * What the current attempt has used, by its last word: never less than it said before. Kept per task and agent in every plan, and taken from
 * the budgets where there are some.
 * @param isLast It came with the end of the attempt, so that nothing has to be paused for it.
 */
export function takeUsage(turn: Turn, task: number, reported: Usage | null | undefined, isLast = false): void {
  if (!reported) return;
  const run = taskRun(turn, task);
  const known = run.usage ?? { ...NO_USAGE, attempt: NO_USAGE };
  const now = maxUsage(known.attempt, reported) as Usage;
  const more = { tokens: now.tokens - known.attempt.tokens, cost: addCost(now.cost, -known.attempt.cost) };
  if (more.tokens === 0 && more.cost === 0) return;
  run.usage = { ...plus(known, more), attempt: now };
  const agent = agentRun(turn, run.agent as number);
  agent.usage = plus(agent.usage ?? NO_USAGE, more);
  const books = openBooks(turn);
  const hold = books?.state.holds[task];
  if (books === null || hold === undefined) return;
  const numbers = accountsOf(books, task, run.agent as number);
  for (const number of numbers) spend(accountOf(books, number), hold, more);
  hold.reserved.tokens = Math.max(0, addCost(hold.reserved.tokens, -more.tokens));
  hold.reserved.cost = Math.max(0, addCost(hold.reserved.cost, -more.cost));
  if (!isLast) for (const number of numbers) reviewAccount(turn, number);
}

const plus = (a: Usage, b: Usage): Usage => ({ tokens: addCost(a.tokens, b.tokens), cost: addCost(a.cost, b.cost) });

/** The attempts after this one begin at nothing again. */
export function startUsage(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  if (run.usage !== undefined) run.usage = { ...run.usage, attempt: NO_USAGE };
}
