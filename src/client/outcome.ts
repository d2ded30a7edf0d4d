import { WorkflowContinuedAsNewError, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { ExecutionResult, Phase } from '../domain/views.ts';

/** How a closed execution ended, whichever way Temporal closed it. */
export interface ExecutionOutcome {
  readonly executionId: string;
  readonly phase: Phase;
  readonly planHash: string | null;
  readonly report: { readonly uri: string; readonly sha256: string } | null;
  readonly summary: string;
  /** Type and details of the failure that closed it; null for `completed` and `rejected`. */
  readonly failure: { readonly type: string; readonly message: string; readonly details: readonly unknown[] } | null;
}

/** Result of a workflow that completed. */
export function outcomeOfResult(executionId: string, result: ExecutionResult): ExecutionOutcome {
  return {
    executionId: result.executionId ?? executionId,
    phase: result.phase,
    planHash: result.planHash,
    report: result.report,
    summary: result.summary,
    failure: null,
  };
}

/** The error that `result()` rejected with, as an outcome; null when it does not say how the execution ended. */
export function outcomeOfFailure(executionId: string, error: unknown): ExecutionOutcome | null {
  if (!(error instanceof WorkflowFailedError) || error instanceof WorkflowContinuedAsNewError) return null;
  const cause = error.cause;
  if (cause instanceof CancelledFailure) {
    return ended(executionId, 'cancelled', 'Cancelled', cause.message || 'The execution was cancelled.', cause.details ?? []);
  }
  if (cause instanceof TerminatedFailure) {
    return ended(executionId, 'cancelled', 'Terminated', cause.message || 'The execution was terminated on the server.', []);
  }
  if (cause instanceof TimeoutFailure) return ended(executionId, 'failed', 'TimedOut', cause.message, []);
  if (cause instanceof ApplicationFailure) {
    return ended(executionId, 'failed', cause.type ?? 'PlanFailed', cause.message, cause.details ?? []);
  }
  return ended(executionId, 'failed', 'PlanFailed', cause?.message ?? error.message, []);
}

function ended(executionId: string, phase: Phase, type: string, message: string, details: readonly unknown[]): ExecutionOutcome {
  const result = details.find(isExecutionResult);
  return {
    executionId,
    phase: result?.phase ?? phase,
    planHash: result?.planHash ?? null,
    report: result?.report ?? null,
    summary: result?.summary ?? message,
    failure: { type, message, details },
  };
}

/** `PlanFailed` and a cancelled execution carry their ExecutionResult in the details. */
function isExecutionResult(detail: unknown): detail is ExecutionResult {
  return typeof detail === 'object' && detail !== null && 'executionId' in detail && 'phase' in detail && 'summary' in detail;
}
