import { CancelledFailure } from '@temporalio/activity';
import type { AgentOutcome } from '../adapters/agents/agent-runner.ts';
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
    const left = error instanceof AttemptError && error.failure.cause === 'stopped' ? error.failure : null;
    if (isWorkerShutdown(signal.reason)) {
      const message = 'The worker was shut down while the agent was at work.';
      return toApplicationFailure({ ...left, ...lost(message) });
    }
    return left === null ? signal.reason : new CancelledFailure(left.message, [left]);
  }
  if (error instanceof SupersededError) return toApplicationFailure(lost(error.message));
  if (error instanceof AttemptError) return toApplicationFailure(error.failure);
  const message = `The worker could not carry out the attempt: ${messageOf(error)}`;
  return toApplicationFailure(toAttemptFailure({ cause: 'agent', message }));
}

const lost = (message: string): AttemptFailure => toAttemptFailure({ cause: 'lost', message });

/** A result that came all the same is late; to end in good order without one is not. */
export function toStopped(outcome: AgentOutcome): AttemptFailure {
  const { exitCode = null, tail = '' } = outcome.ok ? {} : outcome.failure;
  const stopped = toAttemptFailure({ cause: 'stopped', message: 'The agent was stopped', exitCode, tail });
  const isLate = outcome.ok ? outcome.summary !== null || outcome.outputs.length > 0 : outcome.failure.hasLateResult === true;
  return isLate ? { ...stopped, hasLateResult: true } : stopped;
}

/** The SDK gives its reason as the message of the CancelledFailure. */
function isWorkerShutdown(reason: unknown): boolean {
  return reason instanceof Error && reason.message === 'WORKER_SHUTDOWN';
}
