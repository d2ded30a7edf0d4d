import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { createActivities } from '../activities/index.ts';
import { takeWithin } from '../domain/json-size.ts';
import { MAX_PLAIN_BYTES } from '../domain/packed.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import { whenPacked } from './packing.ts';

type WorkflowActivities = ReturnType<typeof createActivities>['workflowActivities'];

/** Bookkeeping is tried until it works: nothing may go on undocumented for ever. */
const { journal } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  // A worker that dies in the midst of it is found by this.
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds' },
  summary: 'write the ledger',
});

const FULL = 200;
const ENVELOPE_BYTES = 2 * 1024;
const WRITE_EVERY_MS = 15_000;

export interface LedgerWriter {
  add(entry: { at: number; event: string; text: string; data: JsonObject }): void;
  /** When what has come together must be written (Unix ms); null while there is nothing. */
  readonly dueAt: number | null;
  /** Writes in the background when enough has come together, or it has waited long enough. */
  writeIfDue(now: number): void;
  /** A write is on its way. */
  readonly isBusy: boolean;
  /** Whether writing waits for the next run. */
  hold(isHeld: boolean): void;
  /** Resolves when everything added so far is in the file. */
  flush(): Promise<void>;
  /** Everything that is not known to be in the file; writing an entry again changes nothing. */
  carry(): CarriedLedger;
}

/** What one run has not written yet, as it hands it to the next. */
export interface CarriedLedger {
  readonly seq: number;
  /** Unix ms. */
  readonly writtenAt: number;
  readonly entries: readonly LedgerEntry[];
}

/** Entries of one source in their order: one write at a time, each entry with the next number. */
export function createLedgerWriter(executionId: string, source: string, carried?: CarriedLedger): LedgerWriter {
  let entries: LedgerEntry[] = [...(carried?.entries ?? [])];
  let seq = carried?.seq ?? 0;
  let writtenAt = carried?.writtenAt ?? 0;
  let onTheWay: readonly LedgerEntry[] = [];
  let writing: Promise<void> | null = null;
  let isHeld = false;
  const has = (atLeast: number): boolean => !isHeld && entries.length >= atLeast;
  /** So many at first; what comes meanwhile waits again until it is a whole batch, or in a busy sprint each write would be a small one. */
  const write = async (atLeast: number): Promise<void> => {
    for (let wanted = atLeast; has(wanted); wanted = FULL) {
      const fitting = takeWithin(entries.slice(0, FULL), MAX_PLAIN_BYTES - ENVELOPE_BYTES);
      // An entry that is too large alone travels packed.
      onTheWay = fitting.length === 0 ? entries.slice(0, 1) : fitting;
      entries = entries.slice(onTheWay.length);
      await whenPacked({ executionId, entries: onTheWay }, journal);
      onTheWay = [];
    }
  };
  const start = (atLeast: number): Promise<void> => (writing ??= write(atLeast).finally(() => (writing = null)));
  const flush = async (): Promise<void> => {
    isHeld = false;
    for (;;) {
      if (entries.length === 0 && writing === null) return;
      await start(1);
    }
  };
  return {
    get dueAt() {
      return entries.length === 0 ? null : writtenAt + WRITE_EVERY_MS;
    },
    add({ at, event, text, data }) {
      seq += 1;
      const { firstExecutionRunId: run } = workflowInfo();
      entries.push({ at: new Date(at).toISOString(), source, run, seq, event, text, data });
    },
    writeIfDue(now) {
      const isFull = entries.length >= FULL;
      if (isHeld || entries.length === 0 || (!isFull && now - writtenAt < WRITE_EVERY_MS)) return;
      writtenAt = now;
      void start(isFull ? FULL : 1);
    },
    get isBusy() {
      return writing !== null;
    },
    hold: (wanted) => void (isHeld = wanted),
    flush,
    carry: () => ({ seq, writtenAt, entries: [...onTheWay, ...entries] }),
  };
}
