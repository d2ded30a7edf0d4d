import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import type { ExecutionEffect } from '../domain/execution/events.ts';
import { toUncarried, type ChannelResult } from '../domain/notices/notice.ts';
import { messageOf } from '../domain/error-message.ts';

const { notify } = proxyActivities<WorkflowActivities>({
  // Every channel may need several tries, and those that stand in for it theirs.
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
  summary: 'tell people',
});

/** Sends notices to channels of the config and answers how each took it. Never rejects: what nobody could be told is an answer, too. */
export async function tellPeople({
  channels,
  notices,
  dropped,
}: Extract<ExecutionEffect, { type: 'notify' }>): Promise<readonly ChannelResult[]> {
  try {
    return await notify({ channels, notices, dropped });
  } catch (error) {
    const detail = `the activity notify failed: ${messageOf(error)}`;
    const told = new Set([...channels, ...notices.flatMap(({ via }) => via ?? [])]);
    const noticesFor = (id: string) => notices.filter(({ via }) => (via ?? channels).includes(id));
    return [...told].map((channel) => ({ channel, ok: false, detail, insteadOf: null, what: toUncarried(noticesFor(channel)) }));
  }
}
