import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../domain/plan/plan.ts';
import type { ProcessTarget } from './process-end.ts';
import { readBootId, readStartTime } from './process-table.ts';

/**
 * What identifies a worker: a pid, which another process may get later, so its start time, both of which mean something within one
 * boot of one kernel and one pid namespace only. The boot id is a random number of the kernel, so that a disk image restored
 * elsewhere, under whatever host name, is not taken for the host whose workers it names: those may well be alive there.
 */
export interface WorkerIdentity {
  readonly pid: number;
  readonly startTime: number | null;
  readonly host: string;
  /** null where the system tells none. */
  readonly bootId: string | null;
  /** null where there are none. */
  readonly pidNamespace: string | null;
}

/** A process group of the worker's, written before it starts and again when its group is known; or a note for a successor. */
export type JournalEntry = ProcessTarget | { readonly note: JsonObject };

/**
 * What a worker has under way, on disk: `<runningDir>/<pid>-<start time>-<n>/` with `worker.json` and one file per entry, so
 * that beginning and ending one costs one small file however many there are. Whoever cleans up after a dead worker first moves
 * its folder to `…@<own pid>-<own start time>`: only one can, and should that one die as well, the next one takes it from there.
 */
export interface RunningJournal {
  write(key: string, entry: JournalEntry): void;
  remove(key: string): void;
  /** Removes the worker's folder: nothing of it runs any more. */
  close(): void;
}

/** Several workers may live in one process, each with a journal of its own. */
let opened = 0;

export function openRunningJournal(runningDir: string): RunningJournal {
  const worker = identifyWorker();
  const folder = join(runningDir, `${ownerName(worker)}-${opened++}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'worker.json'), JSON.stringify(worker));
  return {
    write: (key, entry) => writeFileSync(join(folder, `${key}.json`), JSON.stringify(entry)),
    remove: (key) => rmSync(join(folder, `${key}.json`), { force: true }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const identifyWorker = (): WorkerIdentity => ({
  pid: process.pid,
  startTime: readStartTime(process.pid),
  host: hostname(),
  bootId: readBootId(),
  pidNamespace: readPidNamespace(),
});

const ownerName = ({ pid, startTime }: WorkerIdentity): string => `${pid}-${startTime ?? 0}`;

function readPidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

/** A dead worker's folder, now ours. */
export interface ClaimedJournal {
  readonly targets: readonly ProcessTarget[];
  readonly notes: readonly JsonObject[];
  remove(): void;
}

/**
 * Takes over the folders of workers that are known to be dead. Those of the living stay, and so do those of workers that cannot be
 * looked at from here; what these have lost is found by the timeouts of their activities.
 */
export function claimDeadJournals(runningDir: string): readonly ClaimedJournal[] {
  const self = identifyWorker();
  return listFolders(runningDir).flatMap((name) => {
    const folder = join(runningDir, name);
    const worker = readJson<WorkerIdentity>(join(folder, 'worker.json'));
    if (worker === null || !canBeLookedAt(worker, self)) return [];
    const [pid = 0, startTime = 0] = (name.split('@').at(-1) ?? '').split('-').map(Number);
    if (isAlive(pid, startTime)) return [];
    const claimed = join(runningDir, `${name.split('@')[0]}@${ownerName(self)}`);
    try {
      renameSync(folder, claimed);
    } catch {
      return []; // another new worker was faster
    }
    const entries = readEntries(claimed);
    return [
      {
        targets: entries.filter((entry) => 'marker' in entry),
        notes: entries.filter((entry) => 'note' in entry).map(({ note }) => note),
        remove: () => rmSync(claimed, { recursive: true, force: true }),
      },
    ];
  });
}

/**
 * Same boot, same pid namespace (not another container on the same kernel), and the same host name, which a snapshot restored
 * with its memory does not keep if it is given another one.
 */
const canBeLookedAt = (worker: WorkerIdentity, self: WorkerIdentity): boolean =>
  self.bootId !== null && worker.bootId === self.bootId && worker.pidNamespace === self.pidNamespace && worker.host === self.host;

/** `startTime` 0: unknown; then a process with that pid counts as the same one. */
function isAlive(pid: number, startTime: number): boolean {
  if (startTime !== 0) return readStartTime(pid) === startTime && !isZombie(pid);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A killed worker whose parent has not asked for its exit code yet still has its pid. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return true;
  }
}

function listFolders(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readEntries(folder: string): readonly JournalEntry[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'worker.json');
  return files.toSorted().flatMap((name) => {
    const entry = readJson<JournalEntry>(join(folder, name));
    return entry !== null && ('marker' in entry || 'note' in entry) ? [entry] : [];
  });
}

/** null: not there, or cut off by a crash of the whole host while it was written. */
function readJson<T>(path: string): T | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as T) : null;
  } catch {
    return null;
  }
}
