import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ProcessTarget } from './process-end.ts';
import type { ProcessRegistry, Registration } from './process-registry.ts';
import { locateReaper } from './reaper-program.ts';
import { REAPER_READY, type ReaperLine } from './reaper-protocol.ts';
import { openRunningJournal, type JournalEntry, type RunningJournal } from './running-journal.ts';

/** The one reaper of a worker, and the journal of what runs: between them nothing outlives the worker. */
export interface Reaper extends ProcessRegistry {
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

const READY_WITHIN_MS = 15_000;
const RESTART_DELAY_MS = 200;

/**
 * Starts the worker's reaper. Throws when it does not come up, since without it a killed worker would leave agents running.
 * One per worker; `cleanLeftovers(runningDir)` before it takes care of dead predecessors.
 */
export async function startReaper({ runningDir, log }: ReaperOptions): Promise<Reaper> {
  const program = locateReaper();
  const journal = openRunningJournal(runningDir);
  const running = new Map<number, JournalEntry>();
  let nextKey = 0;
  let restarts = 0;
  let isClosed = false;
  let child = await launch(program);

  const send = (line: ReaperLine): void => {
    if (child.stdin?.writable === true) child.stdin.write(`${JSON.stringify(line)}\n`);
  };
  const replaceWhenDead = (watcher: ChildProcess): void => {
    const replace = async (): Promise<void> => {
      if (isClosed) return;
      try {
        child = await launch(program);
        restarts += 1;
        for (const [key, entry] of running) send({ op: 'watch', key, ...toTarget(entry) });
        replaceWhenDead(child);
        log(`The reaper (pid ${watcher.pid}) died; pid ${child.pid} watches ${running.size} running attempts now`);
      } catch (error) {
        log(`The reaper died and another could not be started, trying again: ${String(error)}`);
        setTimeout(() => void replace(), RESTART_DELAY_MS * 5).unref();
      }
    };
    if (hasEnded(watcher)) void replace();
    else watcher.once('exit', () => setTimeout(() => void replace(), RESTART_DELAY_MS).unref());
  };
  replaceWhenDead(child);

  return {
    get pid() {
      return child.pid ?? 0;
    },
    get restarts() {
      return restarts;
    },
    register: ({ marker, recovery }): Registration => {
      const key = nextKey++;
      const set = (entry: JournalEntry): void => {
        running.set(key, entry);
        send({ op: 'watch', key, ...toTarget(entry) });
        tryJournal(journal, log, (to) => to.write(String(key), entry));
      };
      set({ marker, pgid: null, startTime: null, recovery });
      return {
        started: (pgid, startTime) => set({ marker, pgid, startTime, recovery }),
        release: () => {
          if (!running.delete(key)) return;
          send({ op: 'release', key });
          tryJournal(journal, log, (to) => to.remove(String(key)));
        },
      };
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit');
      child.ref();
      child.stdin?.end();
      await ended;
      tryJournal(journal, log, (to) => to.close());
    },
  };
}

const toTarget = ({ pgid, startTime, marker }: JournalEntry): ProcessTarget => ({ pgid, startTime, marker });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** A full disk costs the clean-up after a crash of both worker and reaper, never the attempt. */
function tryJournal(journal: RunningJournal, log: (line: string) => void, act: (journal: RunningJournal) => void): void {
  try {
    act(journal);
  } catch (error) {
    log(`The journal of running attempts cannot be written: ${String(error)}`);
  }
}

/**
 * Starts the program in its own session with an empty environment, so that neither Ctrl-C nor a marker that this worker itself
 * may carry reaches it, and waits until it listens. It does not keep the worker alive.
 */
async function launch(program: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--max-old-space-size=64', program], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
  const timeout = AbortSignal.timeout(READY_WITHIN_MS);
  const died = once(child, 'exit', { signal: timeout }).then(([code, signal]) => {
    throw new Error(`it ended with ${String(code ?? signal)}: ${errors.trim()}`);
  });
  try {
    const [answer] = (await Promise.race([once(child.stdout, 'data', { signal: timeout }), died])) as [Buffer];
    if (!answer.toString().startsWith(REAPER_READY))
      throw new Error(`it said ${JSON.stringify(answer.toString().slice(0, 200))}`);
  } catch (error) {
    child.kill('SIGKILL');
    const why = timeout.aborted
      ? `no answer within ${READY_WITHIN_MS} ms`
      : error instanceof Error
        ? error.message
        : String(error);
    throw new Error(`Cannot start the reaper (${process.execPath} ${program}): ${why}`, { cause: error });
  } finally {
    died.catch(() => {});
  }
  child.stdout.destroy();
  child.stderr.destroy();
  (child.stdin as unknown as Socket).unref();
  child.unref();
  return child;
}
