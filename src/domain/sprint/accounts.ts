import { addCost, noAmounts, type BudgetKind, type MutableAmounts, type Usage } from '../budget.ts';
import type { AccountSpec, BudgetIndex } from './budget-index.ts';
import type { Account, BudgetState, Hold } from './budget-state.ts';
import type { Elsewhere } from './definition.ts';
import type { Sprint } from './turn.ts';

export const toFirstBudgets = (index: BudgetIndex | null, now: number): BudgetState | null =>
  index && {
    accounts: index.accounts.map(() => ({
      spent: noAmounts(),
      reserved: { tokens: 0, cost: 0 },
      toppedUp: noAmounts(),
      elsewhere: null,
      holders: 0,
      clocks: 0,
      clockedAt: now,
      warned: [],
      asking: null,
      dueAt: null,
    })),
    holds: {},
    parked: [],
    exhausted: [],
    topUps: [],
    failedBecause: null,
  };

/** Reads and changes of accounts, of a sprint that has some. */
export interface Books {
  readonly index: BudgetIndex;
  readonly state: BudgetState;
  readonly now: number;
}

/** null: the sprint has no budgets. */
export function openBooks({ index, state }: Pick<Sprint, 'index' | 'state'>): Books | null {
  return index.budgets === null || state.budgets === null ? null : { index: index.budgets, state: state.budgets, now: state.now };
}

export const accountOf = ({ state }: Books, number: number): Account => state.accounts[number] as Account;
export const specOf = ({ index }: Books, number: number): AccountSpec => index.accounts[number] as AccountSpec;

/** The accounts that an attempt of this task by this agent draws on, from the widest to the narrowest. */
export function accountsOf({ index }: Books, task: number, agent: number): number[] {
  return [...index.ofAll, index.ofAgent[agent] ?? null, index.ofTask[task] ?? null].filter((number) => number !== null);
}

const elsewhereOf = (books: Books, number: number): Elsewhere | null =>
  accountOf(books, number).elsewhere ?? specOf(books, number).elsewhere;

/** In all sprints, up to now. */
export function spentOf(books: Books, number: number, kind: BudgetKind): number {
  const { spent, clocks, clockedAt } = accountOf(books, number);
  const running = kind === 'time' ? clocks * (books.now - clockedAt) : 0;
  return addCost(spent[kind] + running, elsewhereOf(books, number)?.spent[kind] ?? 0);
}

/** With what people have added; Infinity for a kind without a limit. */
export function limitOf(books: Books, number: number, kind: BudgetKind): number {
  const declared = specOf(books, number).limits[kind];
  if (declared === undefined) return Number.POSITIVE_INFINITY;
  const added = accountOf(books, number).toppedUp[kind] + (elsewhereOf(books, number)?.toppedUp[kind] ?? 0);
  return addCost(declared, added);
}

export const isUsedUp = (books: Books, number: number, kind: BudgetKind): boolean =>
  spentOf(books, number, kind) >= limitOf(books, number, kind);

/** Attempts of a task are limited by its failures, not by how many were given out (see `failAttempt`). */
const isCounted = ({ level }: AccountSpec, kind: BudgetKind): boolean => level !== 'task' || kind !== 'attempts';

/** The kinds that using more of can use up. */
export const countedKinds = (spec: AccountSpec): readonly BudgetKind[] => spec.kinds.filter((kind) => isCounted(spec, kind));

/** Brings the time up to now, before the number of clocks changes. */
export function tick(books: Books, number: number): void {
  const account = accountOf(books, number);
  account.spent.time += account.clocks * (books.now - account.clockedAt);
  account.clockedAt = books.now;
}

export function spend(account: Account, hold: Hold, more: Usage): void {
  for (const kind of ['tokens', 'cost'] as const) account.spent[kind] = addCost(account.spent[kind], more[kind]);
  promise(account, {
    tokens: -Math.min(more.tokens, hold.reserved.tokens),
    cost: -Math.min(more.cost, hold.reserved.cost),
  });
}

export function promise({ reserved }: Account, more: Usage): void {
  reserved.tokens = addCost(reserved.tokens, more.tokens);
  reserved.cost = addCost(reserved.cost, more.cost);
}

/** When the clocks reach the warning, or use up the time, whichever is next; null: never. */
export function timeDueAt(books: Books, number: number): number | null {
  const { clocks, asking, warned } = accountOf(books, number);
  const limit = limitOf(books, number, 'time');
  if (clocks === 0 || asking !== null || limit === Number.POSITIVE_INFINITY) return null;
  const target = warned.includes('time') ? limit : limit * books.index.warnAt;
  return books.now + Math.max(1, Math.ceil((target - spentOf(books, number, 'time')) / clocks));
}

/** What an attempt may use before it must stop and ask, in all (tokens, cost); null: as much as it likes. */
export function allowanceOf(
  books: Books,
  { task, agent, used }: { task: number; agent: number; used: Usage },
): { tokens: number | null; cost: number | null } {
  const left = (kind: 'tokens' | 'cost'): number | null => {
    const free = accountsOf(books, task, agent).map((number) => limitOf(books, number, kind) - spentOf(books, number, kind));
    const least = Math.min(...free, Number.POSITIVE_INFINITY);
    return Number.isFinite(least) ? Math.max(0, addCost(used[kind], least)) : null;
  };
  return { tokens: left('tokens'), cost: left('cost') };
}

/** Of all kinds, for views: what was spent by this sprint up to now. */
export function ownSpent(books: Books, number: number): MutableAmounts {
  const { spent, clocks, clockedAt } = accountOf(books, number);
  return { ...spent, time: spent.time + clocks * (books.now - clockedAt) };
}
