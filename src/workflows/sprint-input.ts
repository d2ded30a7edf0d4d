import type { EarlierMessage } from '../domain/execution/events.ts';
import type { Packable, Zipped } from '../domain/packed.ts';
import type { SprintAmendment } from '../domain/sprint/amended-definition.ts';
import type { CarriedState } from '../domain/sprint/carried-state.ts';
import type { SprintDefinition } from '../domain/sprint/definition.ts';
import type { AttemptRef } from './lane-messages.ts';
import type { CarriedLanes } from './lanes.ts';
import type { CarriedLedger } from './ledger-writer.ts';
import type { CarriedProcedures } from './procedures.ts';
import type { CarriedNews } from './report-to-parent.ts';

/** Input of a sprint as its execution starts it: resolved and authorized. */
export interface SprintInput {
  readonly definition: SprintDefinition;
  readonly project: string;
  readonly planHash: string;
  readonly heartbeatTimeoutMs: number;
  readonly searchAttributes: boolean;
  /** Goes with the outcome, see `OutcomeSignal`. */
  readonly key: string;
  /** See `Prepared`. */
  readonly continueAfterEvents: number | null;
  /** What was said of its agents and tasks before it started. */
  readonly earlier?: readonly EarlierMessage[];
  /** What the run before knew; absent in the first. */
  readonly carried?: SprintCarried;
}

/** Input of a later run: what the first was given as it has travelled, which costs nothing to hand on, and what has come of it. */
export interface NextSprintInput {
  readonly first: Packable<SprintInput>;
  readonly carried: SprintCarried | Zipped;
}

/** Everything that a run of a sprint hands to the next, plain JSON. */
export interface SprintCarried {
  readonly state: CarriedState;
  /** How its definition has been amended since its first run; absent when it has not. */
  readonly amendment?: SprintAmendment;
  /** Attempts that were decided on and not started yet. */
  readonly waiting: readonly AttemptRef[];
  readonly lanes: CarriedLanes;
  readonly ledger: CarriedLedger;
  readonly news: CarriedNews;
  /** Numbers of searches for a better order that were under way. */
  readonly searches: readonly number[];
  readonly procedures: CarriedProcedures;
}
