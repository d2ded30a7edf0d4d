import { clip } from '../clip.ts';
import { takeLastWithin, takeWithin } from '../json-size.ts';
import type { AlertView, InboxItem } from '../views.ts';
import type { SprintProgress } from './progress.ts';

/** Shares of the whole that each list may take; the rest is for the fields of fixed size. */
const SHARES = {
  agents: 0.3,
  inbox: 0.28,
  alerts: 0.1,
  checkpoints: 0.07,
  leases: 0.07,
  inactiveAgents: 0.04,
  budgets: 0.04,
  emergencies: 0.05,
  usage: 0.03,
} as const;
const MAX_TITLE = 300;
const MAX_QUESTION = 2_000;

/**
 * The progress with as much of its lists as fits into about `maxBytes` of JSON: those at work and what has waited longest come
 * first. Items that do not fit are named by number in an alert, and come up when others have been answered.
 */
export function boundProgress(progress: SprintProgress, maxBytes: number): SprintProgress {
  const { agents, alerts, inbox, coordination, budgets, usage } = progress;
  const { checkpoints, leases, inactiveAgents, emergencies } = coordination;
  const items = boundInbox(inbox, maxBytes);
  const left = inbox.length - items.length;
  return {
    ...progress,
    agents: takeWithin(agents, maxBytes * SHARES.agents),
    inbox: items,
    alerts: [...takeLastWithin(alerts, maxBytes * SHARES.alerts), ...(left === 0 ? [] : [toAlert(left, inbox[0] as InboxItem)])],
    coordination: {
      ...coordination,
      checkpoints: takeWithin(checkpoints, maxBytes * SHARES.checkpoints),
      leases: takeWithin(leases, maxBytes * SHARES.leases),
      inactiveAgents: takeWithin(inactiveAgents, maxBytes * SHARES.inactiveAgents),
      ...(emergencies ? { emergencies: takeWithin(emergencies, maxBytes * SHARES.emergencies) } : {}),
    },
    ...(budgets ? { budgets: takeWithin(budgets, maxBytes * SHARES.budgets) } : {}),
    ...(usage ? { usage: takeWithin(usage, maxBytes * SHARES.usage) } : {}),
  };
}

/** As much of the inbox as fits beside the other lists. */
export const boundInbox = (inbox: readonly InboxItem[], maxBytes: number): InboxItem[] =>
  takeWithin(inbox.map(toShortItem), maxBytes * SHARES.inbox);

const toShortItem = (item: InboxItem): InboxItem => ({
  ...item,
  title: clip(item.title, MAX_TITLE),
  question: clip(item.question, MAX_QUESTION),
});

const toAlert = (left: number, { since }: InboxItem): AlertView => ({
  id: 'inbox',
  kind: 'communication',
  text: `${left} more items wait for people; they are shown when others have been answered`,
  since,
});
