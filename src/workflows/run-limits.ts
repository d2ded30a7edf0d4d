import { workflowInfo } from '@temporalio/workflow';

const MIB = 1024 * 1024;
/** The server ends a workflow at 51,200 events or 50 MiB of history, refuses its signals from 10,000 on, its updates from 2,000. */
const FULL = { events: 8_000, bytes: 16 * MIB, signals: 8_000, updates: 1_500 } as const;
/** Past this a run lets work wait rather than grow on; it gets here only with an attempt that is at work all the while. */
const EXHAUSTED_EVENTS = 40_000;
/** A run whose successor's input was too large tries again after so many events. */
const POSTPONED_EVENTS = 2_000;

/** Messages that this run has received. */
export interface Received {
  readonly signals: number;
  readonly updates: number;
}

/** How far this run may still grow. All of it follows from the history, so that a replay decides alike. */
export interface RunLimits {
  /** The next free moment is one for a new run. */
  readonly isLong: boolean;
  /** What takes long may keep this run from ending in time. */
  readonly isHalfFull: boolean;
  /** Nothing that keeps this run from ending may be begun. */
  readonly isFull: boolean;
  readonly isExhausted: boolean;
  postpone(): void;
}

/** @param continueAfterEvents Instead of the limits that the server sets, for tests; null: those. */
export function createRunLimits(continueAfterEvents: () => number | null, received: () => Received): RunLimits {
  let notBefore = 0;
  /** Whether one of the limits is used up to this share. */
  const isUsed = (share: number): boolean => {
    const { historyLength, historySize } = workflowInfo();
    const { signals, updates } = received();
    if (historyLength < notBefore) return false;
    if (historyLength >= share * (continueAfterEvents() ?? FULL.events) || historySize >= share * FULL.bytes) return true;
    return signals >= share * FULL.signals || updates >= share * FULL.updates;
  };
  const isFull = (): boolean => isUsed(1);
  return {
    get isLong() {
      const { continueAsNewSuggested, historyLength } = workflowInfo();
      return isFull() || (continueAsNewSuggested && historyLength >= notBefore && continueAfterEvents() === null);
    },
    get isHalfFull() {
      return isUsed(0.5);
    },
    get isFull() {
      return isFull();
    },
    get isExhausted() {
      return workflowInfo().historyLength >= EXHAUSTED_EVENTS;
    },
    postpone: () => (notBefore = workflowInfo().historyLength + POSTPONED_EVENTS),
  };
}
