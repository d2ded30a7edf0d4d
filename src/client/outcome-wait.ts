import type { ExecutionResult } from '../domain/views.ts';
import type { ServerLink } from './connection.ts';
import { toClientError } from './grpc-failure.ts';
import { outcomeOfFailure, outcomeOfResult } from './outcome.ts';
import type { ExecutionOutcome } from './outcome.ts';

/**
 * Waits for the execution to close, over its continued runs, and tells how it ended. Needs no worker once it has closed.
 * @throws UnknownExecutionError, NoServerError; any error once `signal` has aborted
 */
export async function awaitOutcome(link: ServerLink, executionId: string, signal?: AbortSignal): Promise<ExecutionOutcome> {
  try {
    const handle = link.client.workflow.getHandle(executionId);
    const wait = (): Promise<ExecutionResult> => handle.result();
    const over = signal === undefined ? link.closing : AbortSignal.any([link.closing, signal]);
    const result = await link.connection.withAbortSignal(over, wait);
    return outcomeOfResult(executionId, result);
  } catch (error) {
    const outcome = outcomeOfFailure(executionId, error);
    if (outcome !== null) return outcome;
    throw toClientError(error, { address: link.address, namespace: link.namespace, executionId });
  }
}
