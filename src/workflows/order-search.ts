import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { takeSnapshot } from '../domain/simulation/snapshot.ts';
import type { SprintEvent } from '../domain/sprint/events.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { whenPacked } from './packing.ts';

const { planOrder } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 2 },
  summary: 'search for a better order of tasks',
});

/** Has a better order searched for, from how the sprint stands now; what came of it is an event. Never rejects. */
export async function searchOrder(sprint: Sprint, search: number): Promise<SprintEvent> {
  try {
    const found = await whenPacked(takeSnapshot(sprint), planOrder);
    return { type: 'orderChosen', at: Date.now(), search, ...found };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { type: 'orderSearchFailed', at: Date.now(), search, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}
