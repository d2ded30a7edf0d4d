import { ApplicationFailure } from '@temporalio/activity';
import type { AttemptFailure } from '../domain/attempt.ts';

const LONGEST_MESSAGE = 2_000;

/** Carries an attempt's failure through the activity's code to its one place of mapping. */
export class AttemptError extends Error {
  override readonly name = 'AttemptError';
  readonly failure: AttemptFailure;

  constructor(failure: AttemptFailure, cause?: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** A failure with nothing from a process in it; `parts` says what is different. */
export function toAttemptFailure(parts: Pick<AttemptFailure, 'cause' | 'message'> & Partial<AttemptFailure>): AttemptFailure {
  return { type: 'AgentError', retryable: true, exitCode: null, tail: '', checks: [], log: null, ...parts };
}

/**
 * What Temporal records. Never retried by Temporal: the sprint reads `AttemptFailure` from the details and decides on the next
 * attempt, so that each is fenced and logged.
 */
export function toApplicationFailure(failure: AttemptFailure): ApplicationFailure {
  const message = failure.message.length > LONGEST_MESSAGE ? `${failure.message.slice(0, LONGEST_MESSAGE)}…` : failure.message;
  return ApplicationFailure.create({ message, type: failure.type, nonRetryable: true, details: [{ ...failure, message }] });
}
