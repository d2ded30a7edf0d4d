import type { JsonObject } from '../../domain/plan/plan.ts';
import type { ProcessTarget } from './process-end.ts';
import type { ProcessRegistry, Registration } from './process-registry.ts';
import { locateReaper } from './reaper-program.ts';
import { keepReaper } from './reaper-process.ts';
import type { ReaperLine } from './reaper-protocol.ts';
import { openRunningJournal, type RunningJournal } from './running-journal.ts';

/** The one reaper of a worker, and the journal of what runs: between them nothing outlives the worker. */
export interface Reaper extends ProcessRegistry {
  /** Notes on disk what is under way without a process of its own; a successor of this worker gets it. The answer takes it back. */
  note(what: JsonObject): () => void;
  /** Pid of the reaper that watches now; another one when the first was killed. */
  readonly pid: number;
  /** How many times a dead reaper was replaced. */
  readonly restarts: number;
  /** Lets the reaper go and removes the journal. What is still registered is ended by the reaper. */
  close(): Promise<void>;
}

export interface ReaperOptions {
  /** Folder for the journals of this host's workers, usually `.pact/running`; created when missing. */
  readonly runningDir: string;
  /** Hears of a reaper that had to be replaced and of a journal that cannot be written. */
  readonly log: (line: string) => void;
}

/**
 * Starts the worker's reaper. Throws when it does not come up, since without it a killed worker would leave agents running.
 * One per worker; `cleanLeftovers(runningDir)` before it takes care of dead predecessors.
 */
export async function startReaper({ runningDir, log }: ReaperOptions): Promise<Reaper> {
  const journal = openRunningJournal(runningDir);
  const running = new Map<number, ProcessTarget>();
  let nextKey = 0;
  const watched = (): readonly ReaperLine[] => [...running].map(([key, target]) => ({ op: 'watch', key, ...target }));
  const reaper = await keepReaper({ program: locateReaper(), watched, log });
  return {
    get pid() {
      return reaper.pid;
    },
    get restarts() {
      return reaper.restarts;
    },
    note: (what) => {
      const key = String(nextKey++);
      tryJournal(journal, log, (to) => to.write(key, { note: what }));
      return () => tryJournal(journal, log, (to) => to.remove(key));
    },
    register: ({ marker, home }): Registration => {
      const key = nextKey++;
      const set = (target: ProcessTarget): void => {
        running.set(key, target);
        reaper.send({ op: 'watch', key, ...target });
        tryJournal(journal, log, (to) => to.write(String(key), target));
      };
      set({ marker, home, pgid: null, startTime: null });
      return {
        started: (pgid, startTime) => set({ marker, home, pgid, startTime }),
        release: () => {
          if (!running.delete(key)) return;
          reaper.send({ op: 'release', key });
          tryJournal(journal, log, (to) => to.remove(String(key)));
        },
      };
    },
    close: async () => {
      await reaper.close();
      tryJournal(journal, log, (to) => to.close());
    },
  };
}

/** A full disk costs the clean-up after a crash of both worker and reaper, never the attempt. */
function tryJournal(journal: RunningJournal, log: (line: string) => void, act: (journal: RunningJournal) => void): void {
  try {
    act(journal);
  } catch (error) {
    log(`The journal of what runs cannot be written: ${String(error)}`);
  }
}
