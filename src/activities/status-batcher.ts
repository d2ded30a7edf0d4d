import type { StatusReport } from '../domain/agent-status.ts';
import { createReportQueue, type ReportQueue } from './report-queue.ts';

/**
 * Sends a signal. `gone`: there is no such running workflow. Rejects when it is worth trying again.
 */
export type SendSignal = (workflowId: string, name: string, payload: unknown) => Promise<'sent' | 'gone'>;

export interface StatusBatcherDeps {
  readonly signal: SendSignal;
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
  /** Least time between two routine signals to one workflow. */
  readonly routineMs: number;
  /** The same while nothing but a few points of progress has changed: a quiet hour must cost few history events. */
  readonly quietMs: number;
  /** Pause after a signal that could not be sent; doubles up to `routineMs`. */
  readonly retryMs: number;
}

export const DEFAULT_BATCH_TIMING: BatchTiming = {
  coalesceMs: 50,
  spacingMs: 100,
  firstRoutineMs: 1_000,
  routineMs: 15_000,
  quietMs: 60_000,
  retryMs: 500,
};

/** One per worker: gathers what running attempts report and sends it in few signals, `agentStatus {reports: […]}`. */
export interface StatusBatcher {
  /** Takes the place of the attempt's earlier report; a question in an earlier one is kept until it is sent. */
  report(ownerId: string, report: StatusReport, isUrgent: boolean): void;
  /** The attempt has ended: its result says the rest. */
  forget(ownerId: string, taskId: string, attempt: number): void;
  /** Drops what is not sent and stops all timers. */
  close(): void;
}

interface Owner {
  readonly queue: ReportQueue;
  readonly since: number;
  lastSignalAt: number;
  lastRoutineAt: number | null;
  failures: number;
  isSending: boolean;
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

  const schedule = (ownerId: string, owner: Owner): void => {
    const dueAt = owner.isSending || isClosed ? null : nextDueAt(owner, timing);
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
    const batch = owner.queue.take(isRoutineDue ? 'all' : 'urgent');
    if (batch.reports.length > 0) {
      owner.isSending = true;
      owner.lastSignalAt = now;
      // What did not fit into this payload is still due, so the routine pause begins only with the last part.
      if (isRoutineDue && !owner.queue.hasChanges()) owner.lastRoutineAt = now;
      await send(deps, ownerId, owner, batch);
      owner.isSending = false;
    }
    schedule(ownerId, owner);
  };

  return {
    report(ownerId, report, isUrgent) {
      if (isClosed) return;
      const owner = ownerOf(ownerId);
      owner.queue.put(report, isUrgent, Date.now());
      schedule(ownerId, owner);
    },
    forget(ownerId, taskId, attempt) {
      const owner = owners.get(ownerId);
      owner?.queue.drop(taskId, attempt);
      if (owner !== undefined) schedule(ownerId, owner);
    },
    close() {
      isClosed = true;
      for (const [ownerId, owner] of owners) schedule(ownerId, owner);
      owners.clear();
    },
  };
}

async function send(
  deps: StatusBatcherDeps,
  ownerId: string,
  owner: Owner,
  batch: ReturnType<ReportQueue['take']>,
): Promise<void> {
  try {
    const outcome = await deps.signal(ownerId, 'agentStatus', { reports: batch.reports });
    owner.failures = 0;
    if (outcome === 'gone') deps.log.debug('Status reports dropped: their workflow is not running', { workflowId: ownerId });
  } catch (error) {
    owner.failures += 1;
    owner.queue.putBack(batch);
    deps.log.debug('Status reports could not be sent and will be tried again', { workflowId: ownerId, error: String(error) });
  }
}

const newOwner = (): Owner => ({
  queue: createReportQueue(),
  since: Date.now(),
  lastSignalAt: 0,
  lastRoutineAt: null,
  failures: 0,
  isSending: false,
  timer: null,
  timerAt: 0,
});

/** When the next signal is due (Unix ms), or null when there is nothing to send. */
function nextDueAt(owner: Owner, timing: BatchTiming): number | null {
  const { urgentSince } = owner.queue;
  const urgentDueAt = urgentSince === null ? Infinity : urgentSince + timing.coalesceMs;
  const routineAt = owner.queue.hasChanges() ? routineDueAt(owner, timing) : Infinity;
  const dueAt = Math.min(urgentDueAt, routineAt);
  if (dueAt === Infinity) return null;
  const pauseMs =
    owner.failures === 0 ? timing.spacingMs : Math.min(timing.retryMs * 2 ** (owner.failures - 1), timing.routineMs);
  return Math.max(dueAt, owner.lastSignalAt + pauseMs);
}

function routineDueAt(owner: Owner, timing: BatchTiming): number {
  if (owner.lastRoutineAt === null) return owner.since + timing.firstRoutineMs;
  return owner.lastRoutineAt + (owner.queue.hasNotableChanges() ? timing.routineMs : timing.quietMs);
}

/** An owner without attempts is kept for a while: short attempts one after the other share one rhythm. */
function dropIdleOwners(owners: Map<string, Owner>, before: number): void {
  for (const [ownerId, owner] of owners) {
    const isQuiet = Math.max(owner.since, owner.lastSignalAt) < before && !owner.isSending;
    if (isQuiet && owner.queue.isEmpty()) owners.delete(ownerId);
  }
}
