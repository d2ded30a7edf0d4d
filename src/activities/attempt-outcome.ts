import type { AttemptFailure } from '../domain/attempt.ts';
import { AttemptError, toApplicationFailure, toAttemptFailure } from './attempt-failure.ts';
import { SupersededError } from './attempt-guard.ts';
import { messageOf } from '../domain/error-message.ts';

/**
 * What `performTask` throws for an attempt that ended without a result. `signal` is the activity's cancellation signal.
 *
 * Once it is aborted that is the outcome, whatever else went wrong while things were being stopped: a cancel stays Temporal's
 * own CancelledFailure and is never an error, and the end of a worker loses the attempt without using it up.
 */
export function toThrown(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return isWorkerShutdown(signal.reason)
      ? toApplicationFailure(lost('The worker was shut down while the agent was at work.'))
      : signal.reason;
  }
  if (error instanceof SupersededError) return toApplicationFailure(lost(error.message));
  if (error instanceof AttemptError) return toApplicationFailure(error.failure);
  const message = `The worker could not carry out the attempt: ${messageOf(error)}`;
  return toApplicationFailure(toAttemptFailure({ cause: 'agent', message }));
}

const lost = (message: string): AttemptFailure => toAttemptFailure({ cause: 'lost', message });

/** The SDK gives its reason as the message of the CancelledFailure. */
function isWorkerShutdown(reason: unknown): boolean {
  return reason instanceof Error && reason.message === 'WORKER_SHUTDOWN';
}
