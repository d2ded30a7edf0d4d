import { clip } from '../clip.ts';
import { STEP_DECISIONS, type RollbackOutcome, type RollbackSaid } from './rollback.ts';
import type { RollbackPolicy } from './undo-step.ts';

/** What the owner of a rollback under way keeps of it, sprint and execution alike. */
export interface OwnedRollback {
  /** From 1: in the ids of its inbox items and of the folder that holds what was set aside. */
  readonly n: number;
  readonly by: string;
  readonly reason: string | null;
  readonly policy: RollbackPolicy;
  /** Where the owner goes afterwards. */
  next: 'running' | 'paused' | 'stopped';
  /** Children that have been lost. */
  losses: number;
}

export const describeFailedStep = ({ step, reason }: RollbackSaid): string => `"${step}" could not be undone: ${reason}`;

/** What people are asked about it, but for where that is kept and until when. */
export const toStepQuestion = ({ n }: OwnedRollback, { step, task, reason }: RollbackSaid) => ({
  kind: 'rollback' as const,
  title: clip(`rollback ${n}: "${step}" could not be undone`, 300),
  question: clip(`${reason} Try it again, leave it as it is and go on, or end the rollback there?`, 2_000),
  options: STEP_DECISIONS,
  task,
});

/** How a rollback ended that came to its end. */
export const describeDone = ({ settled, skipped }: RollbackOutcome): string =>
  `${settled} steps${skipped === 0 ? '' : `, ${skipped} of them skipped`}`;

export const describeLost = ({ n }: OwnedRollback, reason: string | null): string =>
  `rollback ${n} ended without an outcome and begins again: ${reason ?? 'no reason known'}`;

export const describeBrokenOff = (settled: number, steps: readonly unknown[]): string =>
  `it ended after ${settled} of ${steps.length} steps`;
