import { jsonBytes } from '../json-size.ts';
import type { Notice } from './notice.ts';

/**
 * What an execution still has to tell people: one call at a time, and at most five a minute, so that a flood of events is a few
 * messages. Whatever comes in between goes together in the next one. Plain JSON, changed in place; times are Unix ms.
 */
export interface Outbox {
  waiting: Notice[];
  /** What they take as JSON. */
  bytes: number;
  /** Oldest ones that were dropped because too many waited. */
  dropped: number;
  /** Starts of the calls within the last minute, oldest first. */
  sentAt: number[];
  /** A call is under way. */
  isSending: boolean;
  /** Notices so far: the number in the id of the last one. */
  count: number;
}

/** Calls of the activity in any minute: each is at most one message per channel. */
export const MOST_A_MINUTE = 5;
const MINUTE_MS = 60_000;
/** They go to an activity as one payload, and are part of the state. */
const MOST_BYTES = 128 * 1024;

export const createOutbox = (): Outbox => ({ waiting: [], bytes: 0, dropped: 0, sentAt: [], isSending: false, count: 0 });

export function putNotice(outbox: Outbox, notice: Notice): void {
  outbox.waiting.push(notice);
  outbox.bytes += jsonBytes(notice);
  while (outbox.bytes > MOST_BYTES) {
    outbox.bytes -= jsonBytes(outbox.waiting.shift());
    outbox.dropped += 1;
  }
}

/** What is to be told now; null while nothing is, or it must wait. `isLast`: the limit per minute does not hold it up. */
export function takeDue(outbox: Outbox, now: number, isLast: boolean): { notices: Notice[]; dropped: number } | null {
  const dueAt = outboxDueAt(outbox);
  if (dueAt === null || (dueAt > now && !isLast)) return null;
  outbox.sentAt = [...outbox.sentAt.filter((at) => at > now - MINUTE_MS), now];
  outbox.isSending = true;
  const due = { notices: outbox.waiting, dropped: outbox.dropped };
  outbox.waiting = [];
  outbox.bytes = 0;
  outbox.dropped = 0;
  return due;
}

/** When the next call may be made; null: there is nothing to tell, or a call is under way. */
export function outboxDueAt({ waiting, sentAt, isSending }: Outbox): number | null {
  if (waiting.length === 0 || isSending) return null;
  const [first = 0] = sentAt.slice(-MOST_A_MINUTE);
  return sentAt.length < MOST_A_MINUTE ? 0 : first + MINUTE_MS;
}
