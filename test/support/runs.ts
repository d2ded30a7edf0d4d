import type { Client } from '@temporalio/client';
import { until } from './engine.ts';

/** So short that a test fills a run within a moment. */
export const SHORT_RUN = 20;

/** On a machine that others load, too. */
const LONG_MS = 90_000;
const NOTHING = { reports: [] };

/**
 * Sends signals that say nothing until the history of the workflow's current run is longer than this. Where that is full, something must be
 * at work that keeps the run from ending.
 */
export async function fillRun(client: Client, workflowId: string, events = SHORT_RUN): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await until(
    async () => {
      await handle.signal('agentStatus', NOTHING);
      return (await handle.describe()).historyLength;
    },
    (length) => length > events,
    LONG_MS,
  );
}

/**
 * Sends signals that say nothing, and updates that are refused, until the workflow has continued as new so many times from now on: some of
 * them come while a run ends. Expects it to be neither paused nor stopped.
 */
export async function passRuns(client: Client, workflowId: string, count = 1): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const seen = new Set([(await handle.describe()).runId]);
  await until(
    async () => {
      const signals = [1, 2, 3].map(() => handle.signal('agentStatus', NOTHING));
      const refused = handle.executeUpdate('resume', { args: [{ by: 'nobody' }] }).catch(() => undefined);
      await Promise.all([...signals, refused]);
      return seen.add((await handle.describe()).runId).size - 1;
    },
    (passed) => passed >= count,
    LONG_MS,
  );
}
