import type { BudgetKind, MutableAmounts } from '../budget.ts';
import type { DecisionView } from '../views.ts';
import type { Elsewhere } from './definition.ts';

/** What has been used of one budget, and what is promised. */
export interface Account {
  /** By this sprint; time until `clockedAt`. */
  spent: MutableAmounts;
  /** Promised to attempts at work beyond what they have used so far. */
  reserved: { tokens: number; cost: number };
  /** Added by people, through this sprint. */
  toppedUp: MutableAmounts;
  /** As last told by the execution; null: as it was when the sprint started. */
  elsewhere: Elsewhere | null;
  /** Attempts at work that draw on it. */
  holders: number;
  /** Those of them whose clock runs: that are not paused. */
  clocks: number;
  clockedAt: number;
  /** Kinds of which people have been warned. */
  warned: BudgetKind[];
  /** What is used up, from then until people have added to it. */
  asking: BudgetKind | null;
  /** When the clocks will have used up the time, or reach the warning. */
  dueAt: number | null;
}

/** An attempt at work as its accounts see it. */
export interface Hold {
  /** Promised and not used yet. */
  reserved: { tokens: number; cost: number };
  isPaused: boolean;
  /** Why it is being ended, once nobody has added to what it had used up. */
  end: { readonly message: string; readonly retryable: boolean } | null;
  /** It began before any budget concerned it, so nobody beside its agent can pause it: it is taken away instead. */
  readonly isUnwatched?: true;
}

export interface BudgetState {
  accounts: Account[];
  /** By task number. */
  holds: Record<string, Hold>;
  /** Ready tasks that were set aside until what they need may be had. */
  parked: number[];
  /** Accounts that are used up and that nobody is asked about, or has added to: to be acted on within the same step. */
  exhausted: { account: number; text: string }[];
  /** The last that people have added, newest last. */
  topUps: DecisionView[];
  /** Why the sprint ends. */
  failedBecause: string | null;
}
