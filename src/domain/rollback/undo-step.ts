import type { AuthorizedCheck, Deliverable } from '../attempt.ts';

/** What is done to a rolled back task: `reopen` does it again, `abandon` leaves it, and what waits for it, undone. */
export const ROLLBACK_POLICIES = ['reopen', 'abandon'] as const;
export type RollbackPolicy = (typeof ROLLBACK_POLICIES)[number];

/** One thing to undo. Its id is its idempotency key: what a worker has noted on disk as undone is not undone again. */
export interface UndoStep {
  /** `<task>#<attempt>`. */
  readonly id: string;
  /** `undo`: compensate the task and set aside what it delivered; `restore`: bring back what it delivered as it was. */
  readonly kind: 'undo' | 'restore';
  readonly task: string;
  readonly attempt: number;
  /** Task queue of the worker that has done the task. */
  readonly queue: string;
  readonly deliverables: readonly Deliverable[];
  /** The check that is run as the compensation; absent: nothing is to be run. */
  readonly compensation?: AuthorizedCheck;
}

/** How a step went; times are Unix ms. */
export interface UndoResult {
  readonly id: string;
  readonly ok: boolean;
  /** What was done, or why it failed. */
  readonly detail: string;
  readonly startedAt: number;
  readonly endedAt: number;
}
