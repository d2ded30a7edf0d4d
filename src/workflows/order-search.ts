import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { messageOf } from '../domain/error-message.ts';
import { takeSnapshot } from '../domain/simulation/snapshot.ts';
import type { SprintEvent } from '../domain/sprint/events.ts';
import type { Sprint } from '../domain/sprint/turn.ts';
import { causeOf } from './activity-cause.ts';
import { whenPacked } from './packing.ts';

const { planOrder } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 2 },
  summary: 'search for a better order of tasks',
});

export interface OrderSearches {
  /** Has a better order searched for, from how the sprint stands now; what came of it goes to `happened` as an event. */
  start(search: number): void;
  /** Numbers of those under way: the next run begins them anew. */
  carry(): readonly number[];
}

export function createOrderSearches(sprint: Sprint, happened: (event: SprintEvent) => void): OrderSearches {
  const open = new Set<number>();
  return {
    start(search) {
      open.add(search);
      void searchOrder(sprint, search).then((event) => {
        open.delete(search);
        happened(event);
      });
    },
    carry: () => [...open],
  };
}

/** Never rejects. */
async function searchOrder(sprint: Sprint, search: number): Promise<SprintEvent> {
  try {
    const found = await whenPacked(takeSnapshot(sprint), planOrder);
    return { type: 'orderChosen', at: Date.now(), search, ...found };
  } catch (error) {
    return { type: 'orderSearchFailed', at: Date.now(), search, reason: messageOf(causeOf(error)) };
  }
}
