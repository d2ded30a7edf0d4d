import { setTimeout as delay } from 'node:timers/promises';
import type { ServerLink } from './connection.ts';
import { toExposed } from './exposed.ts';

const WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits, for a moment, until the server has recorded that the plan is prepared. A query may answer from a result that no finished
 * workflow task has taken yet; an update sent right then comes before that result when the history is replayed, and the workflow
 * would be found nondeterministic. Never throws: what cannot be looked at is the command's business.
 */
export async function untilPreparedIsRecorded(link: ServerLink, executionId: string): Promise<void> {
  const handle = link.client.workflow.getHandle(executionId);
  const deadline = performance.now() + WITHIN_MS;
  do {
    const info = await handle.describe().catch(() => null);
    if (info === null || info.status.name !== 'RUNNING' || toExposed(info).planHash !== null) return;
    await delay(LOOK_EVERY_MS);
  } while (performance.now() < deadline);
}
