import type { JsonObject } from './plan/plan.ts';

/** One line of `ledger.jsonl`: a decision or an event, in the order of its writer. */
export interface LedgerEntry {
  /** ISO 8601. */
  readonly at: string;
  /** Who wrote it: the workflow id of the execution or of a sprint. */
  readonly source: string;
  /** First run id of that workflow: an id may be started again once it has closed, and then counts from 1 again. */
  readonly run: string;
  /** Grows by one per source and run; the writer of the file uses the three to append each entry once. */
  readonly seq: number;
  /** A past-tense event such as `authorizationRefused` or `taskStarted`. */
  readonly event: string;
  /** Sentence for people. */
  readonly text: string;
  readonly data: JsonObject;
}
