import { log, proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';

const { notify } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 3 },
  summary: 'tell people',
});

/** Sends an event to the channels of the config, without waiting for them. */
export function tellPeople(
  channels: readonly string[],
  executionId: string,
  { kind, title, text }: { kind: string; title: string; text: string },
): void {
  if (channels.length === 0) return;
  notify({ channels, event: { kind, executionId, title, text } }).catch((error: unknown) =>
    log.warn('nobody could be told', { title, error }),
  );
}
