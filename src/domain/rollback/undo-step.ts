import type { AuthorizedCheck, Deliverable } from '../attempt.ts';
import type { Task } from '../plan/plan.ts';

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

/** What a task needs to be undone, or brought back: none where it has delivered nothing and nothing compensates it. */
export function toUndoSteps(
  { id, compensation }: Pick<Task, 'id' | 'compensation'>,
  done: Pick<UndoStep, 'kind' | 'attempt' | 'queue' | 'deliverables'>,
  checks: readonly AuthorizedCheck[],
): readonly UndoStep[] {
  const check = done.kind === 'undo' ? checks.find((one) => one.id === compensation?.check) : undefined;
  if (done.deliverables.length === 0 && !check) return [];
  const { kind, attempt, queue, deliverables } = done;
  const step = { id: `${id}#${attempt}`, kind, task: id, attempt, queue, deliverables };
  return [check ? { ...step, compensation: check } : step];
}

/** A task that has begun, as far as the order of undoing goes by it. */
interface Begun {
  readonly startedAt: number;
  /** Longest path of estimates from it to the end: shorter for what depends on it. */
  readonly tailMs: number;
  readonly place: number;
}

/** Newest first, what depends on a task before the task itself. */
export const compareForUndo = (a: Begun, b: Begun): number =>
  b.startedAt - a.startedAt || a.tailMs - b.tailMs || b.place - a.place;
