import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../domain/plan/plan.ts';
import { readBootId, readStartTime } from './process-table.ts';

/** Where a worker's processes live: pids mean something within one host, boot and pid namespace only. */
export interface WorkerIdentity {
  readonly pid: number;
  readonly startTime: number | null;
  readonly host: string;
  /** null where there is no /proc. */
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
}

/** One running attempt, as written to disk before its process starts and again when its group is known. */
export interface JournalEntry {
  readonly marker: string;
  readonly pgid: number | null;
  readonly startTime: number | null;
  readonly recovery: JsonObject | null;
}

/**
 * The attempts that a worker runs, on disk: `<runningDir>/<pid>-<start time>-<n>/` with `worker.json` and one file per attempt, so
 * that starting and ending one costs one small file however many run. Whoever cleans up after a dead worker first moves
 * its folder to `…@<own pid>-<own start time>`: only one can.
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
  readonly worker: WorkerIdentity;
  readonly entries: readonly JournalEntry[];
  /** False after a restart of the host: the pids in the entries mean nothing any more, and nothing of them can run. */
  readonly isSameBoot: boolean;
  remove(): void;
}

/** Takes over the folders of workers of this host that are dead. Those of other hosts, containers and the living stay. */
export function claimDeadJournals(runningDir: string): readonly ClaimedJournal[] {
  const self = identifyWorker();
  return listFolders(runningDir).flatMap((name) => {
    const folder = join(runningDir, name);
    const worker = readJson<WorkerIdentity>(join(folder, 'worker.json'));
    if (worker === null || !isOfThisHost(worker, self)) return [];
    const isSameBoot = worker.bootId === self.bootId;
    const [pid = 0, startTime = 0] = (name.split('@').at(-1) ?? '').split('-').map(Number);
    if (isSameBoot && isAlive(pid, startTime)) return [];
    const claimed = join(runningDir, `${name.split('@')[0]}@${ownerName(self)}`);
    try {
      renameSync(folder, claimed);
    } catch {
      return []; // another new worker was faster
    }
    return [
      { worker, entries: readEntries(claimed), isSameBoot, remove: () => rmSync(claimed, { recursive: true, force: true }) },
    ];
  });
}

/** A worker in another pid namespace (another container on the same kernel) cannot be looked at, so it counts as alive. */
function isOfThisHost(worker: WorkerIdentity, self: WorkerIdentity): boolean {
  if (worker.host !== self.host) return false;
  return worker.bootId !== self.bootId || worker.pidNamespace === self.pidNamespace;
}

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
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'worker.json')
    .toSorted();
  return files
    .map((name) => readJson<JournalEntry>(join(folder, name)))
    .filter((entry) => typeof entry?.marker === 'string') as JournalEntry[];
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
