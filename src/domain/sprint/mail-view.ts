import type { MessagesView } from '../views.ts';
import type { SprintState } from './state.ts';

/** Counters of the messages of a sprint; null when there have been none. */
export function toMessagesView({ mail }: SprintState): MessagesView | null {
  if (mail === null) return null;
  const { counts, requests, delaysMs } = mail;
  const inOrder = delaysMs.toSorted((a, b) => a - b);
  return {
    sent: counts.sent,
    bytes: counts.bytes,
    delivered: counts.delivered,
    dropped: { ...counts.dropped },
    openRequests: Object.keys(requests).length,
    unanswered: counts.unanswered,
    medianDeliveryMs: inOrder[Math.floor(inOrder.length / 2)] ?? null,
  };
}

/** Of several sprints; the time of delivery is the middle one of theirs, each counted as often as it has delivered. */
export function addMessagesViews(views: readonly MessagesView[]): MessagesView | null {
  if (views.length === 0) return null;
  const sum = (value: (view: MessagesView) => number): number => views.reduce((total, view) => total + value(view), 0);
  const dropped: Record<string, number> = {};
  for (const view of views) {
    for (const [reason, count] of Object.entries(view.dropped)) dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  return {
    sent: sum(({ sent }) => sent),
    bytes: sum(({ bytes }) => bytes),
    delivered: sum(({ delivered }) => delivered),
    dropped,
    openRequests: sum(({ openRequests }) => openRequests),
    unanswered: sum(({ unanswered }) => unanswered),
    medianDeliveryMs: weightedMedian(views),
  };
}

function weightedMedian(views: readonly MessagesView[]): number | null {
  const known = views.flatMap(({ medianDeliveryMs: ms, delivered }) =>
    ms === null ? [] : [{ ms, weight: Math.max(1, delivered) }],
  );
  const half = known.reduce((total, { weight }) => total + weight, 0) / 2;
  let below = 0;
  return known.toSorted((a, b) => a.ms - b.ms).find(({ weight }) => (below += weight) >= half)?.ms ?? null;
}
