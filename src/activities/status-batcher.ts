import type { Receipt, SentMessage } from '../domain/agent-message.ts';
import type { StatusReport } from '../domain/agent-status.ts';
import { createMessageQueue, type MessageBatch, type MessageQueue } from './message-queue.ts';
import { createReportQueue, type ReportQueue } from './report-queue.ts';

/**
 * Sends a signal. `gone`: there is no such running workflow. Rejects when it is worth trying again.
 */
export type SendSignal = (workflowId: string, name: string, payload: unknown) => Promise<'sent' | 'gone'>;

export interface StatusBatcherDeps {
  readonly signal: SendSignal;
  /** Messages have reached the workflow: whom they are for may be at work on this worker. */
  readonly onMessagesSent?: (workflowId: string) => void;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
  readonly timing?: BatchTiming;
}

export interface BatchTiming {
  /** Urgent reports that come within this time go together. */
  readonly coalesceMs: number;
  /** Least time between two signals to one workflow. */
  readonly spacingMs: number;
  /** Time from an owner's first report to its first routine signal. */
  readonly firstRoutineMs: number;
  /** Least time between two routine signals to one workflow, for each of the payloads that the last reports filled. */
  readonly routineMs: number;
  /** The same while nothing but a few points of progress has changed: a quiet hour must cost few history events. */
  readonly quietMs: number;
  /** Pause after a signal that could not be sent; doubles up to `routineMs`. */
  readonly retryMs: number;
}

/** How long the end of an attempt waits for its last words to be sent. */
const SETTLE_MS = 5_000;

export const DEFAULT_BATCH_TIMING: BatchTiming = {
  coalesceMs: 50,
  spacingMs: 100,
  firstRoutineMs: 1_000,
  routineMs: 15_000,
  quietMs: 60_000,
  retryMs: 500,
};

/**
 * One per worker: gathers what running attempts report and say to each other and sends it in few signals, `agentStatus {reports: […],
 * messages?, receipts?}`. Messages go with the reports, since a signal of their own would be three events more.
 */
export interface StatusBatcher {
  /** Takes the place of the attempt's earlier report; a question in an earlier one is kept until it is sent. */
  report(ownerId: string, report: StatusReport, isUrgent: boolean): void;
  /** A message of an attempt, in its order; false when too many wait already. */
  send(ownerId: string, message: SentMessage): boolean;
  /** Goes along with whatever is sent next, and by itself when there are many, or after a minute. */
  receipt(ownerId: string, receipt: Receipt): void;
  /** Resolves when the attempt's messages and receipts have been sent, or after a few seconds in vain. */
  settle(ownerId: string, taskId: string, attempt: number): Promise<void>;
  /** The attempt has ended: its result says the rest. */
  forget(ownerId: string, taskId: string, attempt: number): void;
  /** Drops what is not sent and stops all timers. */
  close(): void;
}

interface Owner {
  readonly queue: ReportQueue;
  readonly messages: MessageQueue;
  /** Those that wait until something of theirs has been sent. */
  readonly settling: Set<() => void>;
  readonly since: number;
  lastSignalAt: number;
  lastRoutineAt: number | null;
  /** When messages that were due had all gone. */
  lastMailAt: number | null;
  /** Routine reports that are going out: how many are left of them, and in how many payloads the others went. */
  round: { readonly left: number; readonly parts: number } | null;
  /** Payloads of the last round. */
  routineParts: number;
  failures: number;
  isSending: boolean;
  /** Messages that are on their way. */
  sending: MessageBatch | null;
  timer: NodeJS.Timeout | null;
  timerAt: number;
}

export function createStatusBatcher(deps: StatusBatcherDeps): StatusBatcher {
  const timing = deps.timing ?? DEFAULT_BATCH_TIMING;
  const owners = new Map<string, Owner>();
  let isClosed = false;
  const ownerOf = (ownerId: string): Owner => {
    const known = owners.get(ownerId);
    if (known !== undefined) return known;
    dropIdleOwners(owners, Date.now() - 2 * timing.quietMs);
    const owner = newOwner();
    owners.set(ownerId, owner);
    return owner;
  };
  const schedule = createSchedule(deps, timing, () => isClosed);
  return {
    report(ownerId, report, isUrgent) {
      if (isClosed) return;
      const owner = ownerOf(ownerId);
      owner.queue.put(report, isUrgent, Date.now());
      schedule(ownerId, owner);
    },
    send(ownerId, message) {
      if (isClosed) return false;
      const owner = ownerOf(ownerId);
      const isTaken = owner.messages.put(message, Date.now());
      schedule(ownerId, owner);
      return isTaken;
    },
    receipt(ownerId, receipt) {
      if (isClosed) return;
      const owner = ownerOf(ownerId);
      owner.messages.note(receipt);
      schedule(ownerId, owner);
    },
    settle(ownerId, taskId, attempt) {
      const owner = owners.get(ownerId);
      if (owner === undefined) return Promise.resolve();
      const settled = untilHolds(owner.settling, () => isClosed || !isUnsent(owner, taskId, attempt));
      schedule(ownerId, owner);
      return settled;
    },
    forget(ownerId, taskId, attempt) {
      const owner = owners.get(ownerId);
      owner?.queue.drop(taskId, attempt);
      if (owner !== undefined) schedule(ownerId, owner);
    },
    close() {
      isClosed = true;
      for (const [ownerId, owner] of owners) schedule(ownerId, owner);
      for (const { settling } of owners.values()) for (const look of settling) look();
      owners.clear();
    },
  };
}

/** Answers with a function that arms or disarms an owner's next signal. */
function createSchedule(deps: StatusBatcherDeps, timing: BatchTiming, isClosed: () => boolean) {
  const schedule = (ownerId: string, owner: Owner): void => {
    const dueAt = owner.isSending || isClosed() ? null : nextDueAt(owner, timing);
    if (owner.timer !== null && dueAt === owner.timerAt) return;
    if (owner.timer !== null) clearTimeout(owner.timer);
    owner.timer = null;
    if (dueAt === null) return;
    owner.timerAt = dueAt;
    owner.timer = setTimeout(() => void flush(ownerId, owner), Math.max(0, dueAt - Date.now()));
    owner.timer.unref();
  };

  const flush = async (ownerId: string, owner: Owner): Promise<void> => {
    owner.timer = null;
    const now = Date.now();
    const isRoutineDue = routineDueAt(owner, timing) <= now;
    const isMailDue = mailDueAt(owner, timing) <= now;
    const mail = owner.messages.take();
    const batch = owner.queue.take(isRoutineDue ? 'all' : 'urgent', mail.bytes);
    if (batch.reports.length + mail.messages.length + mail.receipts.length > 0) {
      owner.isSending = true;
      owner.sending = mail;
      owner.lastSignalAt = now;
      if (isRoutineDue) noteRoutine(owner, batch.taken.length, now);
      if ((isRoutineDue || isMailDue) && owner.messages.pressing === null) owner.lastMailAt = now;
      await send(deps, ownerId, owner, batch, mail);
      owner.isSending = false;
      owner.sending = null;
    }
    for (const look of owner.settling) look();
    schedule(ownerId, owner);
  };
  return schedule;
}

/**
 * What did not fit into this payload is still due, so the routine pause begins only with the last part. What changes meanwhile is for the next
 * round.
 */
function noteRoutine(owner: Owner, taken: number, now: number): void {
  const { changes } = owner.queue;
  const { left, parts } = owner.round ?? { left: changes + taken, parts: 0 };
  owner.round = { left: Math.min(left - taken, changes), parts: parts + 1 };
  if (owner.round.left > 0) return;
  owner.lastRoutineAt = now;
  owner.routineParts = owner.round.parts;
  owner.round = null;
}

function isUnsent({ messages, sending }: Owner, taskId: string, attempt: number): boolean {
  const isOwn = (item: SentMessage | Receipt): boolean => item.task_id === taskId && item.attempt === attempt;
  return messages.hasOf(taskId, attempt) || [...(sending?.messages ?? []), ...(sending?.receipts ?? [])].some(isOwn);
}

/** Resolves when the condition holds, looked at now and whenever the set's members are called, or after a few seconds. */
function untilHolds(looks: Set<() => void>, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      looks.delete(look);
      resolve();
    };
    const look = (): void => (holds() ? end() : undefined);
    const timer = setTimeout(end, SETTLE_MS);
    looks.add(look);
  });
}

async function send(
  deps: StatusBatcherDeps,
  ownerId: string,
  owner: Owner,
  batch: ReturnType<ReportQueue['take']>,
  mail: MessageBatch,
): Promise<void> {
  const { messages, receipts } = mail;
  const payload = {
    reports: batch.reports,
    ...(messages.length === 0 ? {} : { messages }),
    ...(receipts.length === 0 ? {} : { receipts }),
  };
  try {
    const outcome = await deps.signal(ownerId, 'agentStatus', payload);
    owner.failures = 0;
    if (outcome === 'sent' && messages.length > 0) deps.onMessagesSent?.(ownerId);
    if (outcome === 'gone') deps.log.debug('Status reports dropped: their workflow is not running', { workflowId: ownerId });
  } catch (error) {
    owner.failures += 1;
    owner.queue.putBack(batch);
    owner.messages.putBack(mail);
    deps.log.debug('Status reports could not be sent and will be tried again', { workflowId: ownerId, error: String(error) });
  }
}

const newOwner = (): Owner => ({
  queue: createReportQueue(),
  messages: createMessageQueue(),
  settling: new Set(),
  since: Date.now(),
  lastSignalAt: 0,
  lastRoutineAt: null,
  lastMailAt: null,
  round: null,
  routineParts: 1,
  failures: 0,
  isSending: false,
  sending: null,
  timer: null,
  timerAt: 0,
});

/** When the next signal is due (Unix ms), or null when there is nothing to send. */
function nextDueAt(owner: Owner, timing: BatchTiming): number | null {
  const { queue, messages, settling } = owner;
  const urgentSince = Math.min(queue.urgentSince ?? Infinity, messages.urgentSince ?? Infinity);
  const urgentDueAt = settling.size > 0 ? 0 : urgentSince + timing.coalesceMs;
  const routineAt = queue.changes > 0 ? routineDueAt(owner, timing) : Infinity;
  const mailAt = messages.pressing === null ? Infinity : mailDueAt(owner, timing);
  const dueAt = Math.min(urgentDueAt, routineAt, mailAt);
  if (dueAt === Infinity) return null;
  const pauseMs =
    owner.failures === 0 ? timing.spacingMs : Math.min(timing.retryMs * 2 ** (owner.failures - 1), timing.routineMs);
  return Math.max(dueAt, owner.lastSignalAt + pauseMs);
}

/** The more agents report, the longer the pause: a sprint's history must not grow with their number. */
function routineDueAt({ since, queue, lastRoutineAt, routineParts }: Owner, timing: BatchTiming): number {
  if (lastRoutineAt === null) return since + timing.firstRoutineMs;
  return lastRoutineAt + Math.max(queue.hasNotableChanges() ? 0 : timing.quietMs, timing.routineMs * routineParts);
}

function mailDueAt({ since, messages, lastMailAt }: Owner, timing: BatchTiming): number {
  if (lastMailAt === null) return since + timing.firstRoutineMs;
  return lastMailAt + (messages.pressing === 'notable' ? timing.routineMs : timing.quietMs);
}

/** An owner without attempts is kept for a while: short attempts one after the other share one rhythm. */
function dropIdleOwners(owners: Map<string, Owner>, before: number): void {
  for (const [ownerId, owner] of owners) {
    const isQuiet = Math.max(owner.since, owner.lastSignalAt) < before && !owner.isSending;
    if (isQuiet && owner.queue.isEmpty() && owner.messages.pressing === null) owners.delete(ownerId);
  }
}
