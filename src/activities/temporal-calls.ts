import { AsyncResource } from 'node:async_hooks';
import { type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import type { SendSignal } from './status-batcher.ts';

/** What activities ask of the Temporal service besides being activities. */
export interface TemporalCalls {
  readonly signal: SendSignal;
  /** Rejects when the workflow or a worker for it cannot be reached. */
  readonly query: (workflowId: string, name: string, input: unknown) => Promise<unknown>;
}

/**
 * Calls that belong to the worker and not to the activity that happens to cause them: the SDK would otherwise abort them when
 * that activity is cancelled, and with them the reports of all others in the same batch.
 */
export function createTemporalCalls(client: WorkflowClient): TemporalCalls {
  const worker = new AsyncResource('PactTemporalCalls');
  return {
    signal: async (workflowId, name, payload) =>
      await worker.runInAsyncScope(async () => {
        try {
          await client.getHandle(workflowId).signal(name, payload);
          return 'sent';
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return 'gone';
          throw error;
        }
      }),
    query: async (workflowId, name, input) =>
      await worker.runInAsyncScope(async () => await client.getHandle(workflowId).query(name, input)),
  };
}
