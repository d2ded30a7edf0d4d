import type { JsonObject } from '../../domain/plan/plan.ts';
import { endProcesses } from './process-end.ts';
import { claimDeadJournals, type ClaimedJournal } from './running-journal.ts';

/** What one dead worker of this host had under way; its processes are dead now. */
export interface Leftovers {
  /** Of the attempts and commands whose processes it had running. */
  readonly markers: readonly string[];
  /** Pids that outlived KILL; empty but for processes stuck in the kernel. */
  readonly survivors: readonly number[];
  /** What it had noted of its activities, see `Reaper.note`. */
  readonly notes: readonly JsonObject[];
  /** To be called when the notes are dealt with: should this worker die before, the next one gets them again. */
  forget(): void;
}

const GRACE_MS = 1_000;

/**
 * Ends what dead predecessors of this worker left running, and tells what they were doing. To be called when a worker starts.
 * A living neighbour is never touched.
 */
export async function cleanLeftovers(runningDir: string, graceMs: number = GRACE_MS): Promise<readonly Leftovers[]> {
  return await Promise.all(claimDeadJournals(runningDir).map((journal) => clean(journal, graceMs)));
}

async function clean({ targets, notes, remove }: ClaimedJournal, graceMs: number): Promise<Leftovers> {
  const survivors = await Promise.all(targets.map((target) => endProcesses(target, graceMs)));
  return { markers: targets.map(({ marker }) => marker), survivors: survivors.flat(), notes, forget: remove };
}
