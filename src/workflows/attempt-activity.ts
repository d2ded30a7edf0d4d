import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  scheduleActivity,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { AttemptFailure, PerformTaskResult } from '../domain/attempt.ts';
import { attemptActivityId } from '../domain/ids.ts';
import type { Packable } from '../domain/packed.ts';
import type { AttemptEvent, PerformEffect } from '../domain/sprint/events.ts';
import type { AttemptRef } from './lane-messages.ts';
import { whenPacked } from './packing.ts';
import { messageOf } from '../domain/error-message.ts';
import { causeOf } from './activity-cause.ts';

/** Room after an agent's own time for its checks and for collecting what it delivered. */
const WRAP_UP_MS = 600_000;
const NO_BUDGET_MS = 30 * 86_400_000;

/**
 * One attempt is one activity with one Temporal attempt: the sprint decides on the next one, so that each is fenced and logged.
 * A cancel waits until the agent's processes are dead.
 */
export function performAttempt(
  { input, queue, budgetMs, pickUpMs, summary }: PerformEffect,
  heartbeatTimeoutMs: number,
): Promise<Packable<PerformTaskResult>> {
  return whenPacked(input, (packed) =>
    scheduleActivity<Packable<PerformTaskResult>>('performTask', [packed], {
      activityId: attemptActivityId(input.task.id, input.attempt),
      taskQueue: queue,
      startToCloseTimeout: (budgetMs ?? NO_BUDGET_MS) + WRAP_UP_MS,
      ...(pickUpMs === undefined ? {} : { scheduleToStartTimeout: pickUpMs }),
      heartbeatTimeout: heartbeatTimeoutMs,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { maximumAttempts: 1 },
      summary: summary.slice(0, 200),
    }),
  );
}

/** What the failure of an attempt's activity means to its sprint. */
export function toAttemptFailure(error: unknown): AttemptFailure {
  if (error instanceof ActivityFailure && error.cause instanceof CancelledFailure) return toStopped(error.cause);
  if (isCancellation(error)) return describe('stopped', 'stopped');
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) {
    const detail = cause.details?.[0];
    if (isAttemptFailure(detail)) return detail;
    return describe('agent', cause.message, true);
  }
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType === 'START_TO_CLOSE')
      return describe('timeBudget', 'the time for the attempt and its checks was up', true);
    if (cause.timeoutType === 'SCHEDULE_TO_START')
      return { ...describe('lost', 'no worker has taken it in time', true), fault: 'unreachable', notTaken: true };
    return { ...describe('lost', `the worker was lost: ${cause.timeoutType} timeout`, true), fault: 'unreachable' };
  }
  return describe('agent', messageOf(cause), true);
}

/** With what it has left. */
function toStopped({ details }: CancelledFailure): AttemptFailure {
  const [detail] = details ?? [];
  return isAttemptFailure(detail) ? detail : describe('stopped', 'stopped');
}

/** The end of an attempt that went with what carried it out: nobody's failure. */
export const toLostAttempt = (ref: AttemptRef, message: string): AttemptEvent => toEnd(ref, describe('lost', message, true));

/** The end of an attempt that was stopped before it began. */
export const toStoppedAttempt = (ref: AttemptRef): AttemptEvent => toEnd(ref, describe('stopped', 'stopped'));

const toEnd = ({ taskId, attempt }: AttemptRef, failure: AttemptFailure): AttemptEvent => ({
  type: 'attemptFailed',
  at: Date.now(),
  taskId,
  attempt,
  failure,
});

function isAttemptFailure(detail: unknown): detail is AttemptFailure {
  return typeof detail === 'object' && detail !== null && 'cause' in detail && 'message' in detail && 'retryable' in detail;
}

function describe(cause: AttemptFailure['cause'], message: string, retryable = false): AttemptFailure {
  return { cause, type: 'AgentError', message, retryable, exitCode: null, tail: '', checks: [], log: null };
}
