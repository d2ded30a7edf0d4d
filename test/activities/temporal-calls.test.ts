import { AsyncLocalStorage } from 'node:async_hooks';
import { type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { createTemporalCalls } from '../../src/activities/temporal-calls.ts';

type Handle = Pick<ReturnType<WorkflowClient['getHandle']>, 'signal' | 'query'>;
const clientOf = (handle: Partial<Record<keyof Handle, (...args: unknown[]) => Promise<unknown>>>): WorkflowClient =>
  ({ getHandle: (workflowId: string) => ({ workflowId, ...handle }) }) as unknown as WorkflowClient;

describe('calls of the worker to Temporal', () => {
  it('do not belong to the activity that causes them, whose cancel would abort them', async () => {
    const activity = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const note = async () => seen.push(activity.getStore());
    const calls = createTemporalCalls(clientOf({ signal: note, query: note }));
    await activity.run('attempt', async () => {
      await calls.signal('w', 'agentStatus', {});
      await calls.query('w', 'status', {});
    });
    expect(seen).toEqual([undefined, undefined]);
  });

  it('tell a workflow that is gone from a call that may work later', async () => {
    const gone = createTemporalCalls(
      clientOf({ signal: async () => Promise.reject(new WorkflowNotFoundError('none', 'w', undefined)) }),
    );
    expect(await gone.signal('w', 'agentStatus', {})).toBe('gone');
    const away = createTemporalCalls(clientOf({ signal: async () => Promise.reject(new Error('unavailable')) }));
    await expect(away.signal('w', 'agentStatus', {})).rejects.toThrow('unavailable');
  });
});
