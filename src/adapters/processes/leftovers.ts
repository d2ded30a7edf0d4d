import type { JsonObject } from '../../domain/plan/plan.ts';
import { endProcesses } from './process-end.ts';
import { claimDeadJournals, type JournalEntry } from './running-journal.ts';

/** An attempt that a dead worker of this host had running; its processes are dead now. */
export interface Leftover {
  readonly marker: string;
  /** What the dead worker registered with it, such as the task token by which its activity can be failed at once. */
  readonly recovery: JsonObject | null;
  /** Pids that outlived KILL; empty but for processes stuck in the kernel. */
  readonly survivors: readonly number[];
}

const GRACE_MS = 1_000;

/**
 * Ends what dead predecessors of this worker left running, and tells which attempts these were. To be called when a worker
 * starts. A living neighbour's attempts are never touched.
 */
export async function cleanLeftovers(runningDir: string, graceMs: number = GRACE_MS): Promise<readonly Leftover[]> {
  const journals = claimDeadJournals(runningDir);
  const cleaned = await Promise.all(
    journals.map(async ({ entries, isSameBoot, remove }) => {
      const leftovers = await Promise.all(entries.map((entry) => clean(entry, isSameBoot, graceMs)));
      remove();
      return leftovers;
    }),
  );
  return cleaned.flat();
}

async function clean(
  { marker, pgid, startTime, recovery }: JournalEntry,
  isSameBoot: boolean,
  graceMs: number,
): Promise<Leftover> {
  const survivors = isSameBoot ? await endProcesses({ pgid, startTime, marker }, graceMs) : [];
  return { marker, recovery, survivors };
}
