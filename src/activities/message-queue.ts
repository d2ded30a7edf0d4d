import type { Receipt, SentMessage } from '../domain/agent-message.ts';

/** Of one signal; the rest of it is for reports. */
const SIGNAL_BYTES = 120 * 1024;
const MOST_IN_SIGNAL = 500;
const MOST_RECEIPTS = 1_000;
/** Beyond this nothing more is taken until some has been sent. */
const MOST_QUEUED = 2_000;
const MOST_DELAYS = 20;
/** An agent that has got so many must be acknowledged before its box, which holds 20, is full. */
const PRESSING_DELAYS = 10;

/** Messages of one sprint's attempts on their way to it, in their order, and receipts that go along with any signal. */
export interface MessageQueue {
  /** False when it is full. */
  put(message: SentMessage, now: number): boolean;
  /** Added to what the attempt's last receipt says and was not sent. */
  note(receipt: Receipt): void;
  /** The next payload: everything in its order, as much as fits. */
  take(): MessageBatch;
  /** Undoes a `take` whose payload was not sent. */
  putBack(batch: MessageBatch): void;
  /** Whether it holds anything of the attempt. */
  hasOf(taskId: string, attempt: number): boolean;
  /** Since when something urgent waits, a message or a receipt for many (Unix ms), or null. */
  readonly urgentSince: number | null;
  /** The most pressing of what waits: null when nothing does. */
  readonly pressing: 'notable' | 'slight' | null;
}

export interface MessageBatch {
  readonly messages: readonly SentMessage[];
  readonly receipts: readonly Receipt[];
  readonly bytes: number;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly message: SentMessage;
  readonly since: number;
  readonly bytes: number;
}

export function createMessageQueue(): MessageQueue {
  let entries: Entry[] = [];
  const receipts = new Map<string, Receipt>();
  let manySince: number | null = null;
  const note = (receipt: Receipt): void => {
    const key = keyOf(receipt);
    const before = receipts.get(key);
    const merged = before === undefined ? receipt : merge(before, receipt);
    receipts.set(key, merged);
    if ((merged.delaysMs ?? []).length >= PRESSING_DELAYS) manySince ??= Date.now();
  };
  return {
    put(message, now) {
      if (entries.length >= MOST_QUEUED) return false;
      entries.push({ message, since: now, bytes: Buffer.byteLength(JSON.stringify(message)) });
      return true;
    },
    note,
    take() {
      let bytes = 0;
      // A message is far smaller than a signal, so that the first one always fits.
      const isOver = (entry: Entry, place: number): boolean => (bytes += entry.bytes) > SIGNAL_BYTES || place >= MOST_IN_SIGNAL;
      const end = entries.findIndex(isOver);
      const taken = entries.splice(0, end < 0 ? entries.length : end);
      manySince = null;
      const said = [...receipts.values()].slice(0, MOST_RECEIPTS);
      for (const receipt of said) receipts.delete(keyOf(receipt));
      const saidBytes = said.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(said));
      const total = taken.reduce((sum, entry) => sum + entry.bytes, saidBytes);
      return { messages: taken.map(({ message }) => message), receipts: said, bytes: total, entries: taken };
    },
    putBack(batch) {
      entries = [...batch.entries, ...entries];
      const later = [...receipts.values()];
      receipts.clear();
      for (const receipt of [...batch.receipts, ...later]) note(receipt);
    },
    hasOf: (taskId, attempt) =>
      receipts.has(keyOf({ task_id: taskId, attempt })) ||
      entries.some(({ message }) => message.task_id === taskId && message.attempt === attempt),
    get urgentSince() {
      return entries.find(({ message }) => message.priority === 'urgent')?.since ?? manySince;
    },
    get pressing() {
      if (entries.length === 0) return receipts.size === 0 ? null : 'slight';
      return entries.every(({ message }) => message.priority === 'low') ? 'slight' : 'notable';
    },
  };
}

const keyOf = ({ task_id, attempt }: Pick<Receipt, 'task_id' | 'attempt'>): string => `${task_id}#${attempt}`;

function merge(before: Receipt, { sequence = before.sequence, delaysMs = [], dropped, ...attempt }: Receipt): Receipt {
  const delays = [...(before.delaysMs ?? []), ...delaysMs].slice(-MOST_DELAYS);
  const add = (reason: 'rate' | 'size'): number => (before.dropped?.[reason] ?? 0) + (dropped?.[reason] ?? 0);
  return {
    ...attempt,
    ...(sequence === undefined ? {} : { sequence }),
    ...(delays.length === 0 ? {} : { delaysMs: delays }),
    ...(before.dropped || dropped ? { dropped: { rate: add('rate'), size: add('size') } } : {}),
  };
}
