import { sep } from 'node:path';
import { scanProcesses, type ProcessEntry } from './process-table.ts';

/** What belongs to one attempt: its process group (and session, which it leads), and whatever carries its marker. */
export interface ProcessTarget {
  /** null: not known (yet), so that only the marker counts. */
  readonly pgid: number | null;
  /** Start time of the group's leader, in the unit of `ProcessEntry`; null: not known. */
  readonly startTime: number | null;
  readonly marker: string;
  /** Its private folder, `…/<execution>/<task>/<attempt>/home`; null: it has none. */
  readonly home: string | null;
}

/** Processes that not even KILL ends within this time are stuck in the kernel; they are reported instead of waited for. */
const UNKILLABLE_AFTER_MS = 15_000;
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 100;

/**
 * Ends every process of the target: TERM, and KILL after `graceMs` (0: at once). Resolves when all are dead, with an empty
 * list, or with the pids that outlived KILL by 15 s. Processes that appear meanwhile are ended as well. Throws when the
 * processes of the host cannot be listed for that long.
 */
export async function endProcesses(target: ProcessTarget, graceMs: number): Promise<readonly number[]> {
  const startedAt = performance.now();
  const asked = new Set<string>();
  let everFound = false;
  let confirmed = false;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS)) {
    const table = await scanProcesses().catch((error: unknown) => error);
    const elapsedMs = performance.now() - startedAt;
    if (!Array.isArray(table)) {
      if (elapsedMs > graceMs + UNKILLABLE_AFTER_MS) throw table;
      await delay(pollMs);
      continue;
    }
    const alive = membersOf(target, table as readonly ProcessEntry[]);
    if (alive.length === 0) {
      // A reading of the table is not atomic: a process that forked and died meanwhile hides its child once, not twice.
      if (!everFound || confirmed) return [];
      confirmed = true;
      continue;
    }
    everFound = true;
    confirmed = false;
    if (elapsedMs > graceMs + UNKILLABLE_AFTER_MS) return alive.map(({ pid }) => pid);
    if (elapsedMs >= graceMs) signalAll(target, alive, 'SIGKILL');
    else {
      const news = alive.filter((entry) => isNew(asked, entry));
      signalAll(target, news, 'SIGTERM');
      // One that is paused hears of it only when it goes on.
      signalAll(target, news, 'SIGCONT');
    }
    const untilKillMs = elapsedMs < graceMs ? graceMs - elapsedMs : Infinity;
    await delay(Math.min(pollMs, untilKillMs));
  }
}

/**
 * The target's members in a process table: same group or session, same marker, and the descendants of those. A pid that was
 * given to somebody else meanwhile is told by the start time: members never started before their leader.
 */
export function membersOf(target: ProcessTarget, table: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const since = target.startTime ?? -Infinity;
  const leader = table.find(({ pid }) => pid === target.pgid);
  const isReused = leader !== undefined && target.startTime !== null && leader.startTime !== target.startTime;
  const pgid = isReused ? null : target.pgid;
  const members = new Map<number, ProcessEntry>();
  const eligible = table.filter(({ pid, startTime }) => pid > 1 && pid !== process.pid && startTime >= since);
  for (const entry of eligible) {
    const isMarked = entry.marker === target.marker && !isNamesake(target, entry);
    if (isMarked || (pgid !== null && (entry.group === pgid || entry.session === pgid))) members.set(entry.pid, entry);
  }
  for (let grown = members.size > 0; grown;) {
    const children = eligible.filter(({ pid, parent }) => !members.has(pid) && members.has(parent));
    for (const child of children) members.set(child.pid, child);
    grown = children.length > 0;
  }
  return [...members.values()];
}

/**
 * Two services may run executions of the same id on one host, and their attempts carry the same markers. One of the other service has its
 * private folder at the same place below another worker's folder; a process to which an agent gave any other home is the agent's.
 */
function isNamesake({ home: own }: ProcessTarget, { home }: ProcessEntry): boolean {
  return own !== null && home !== null && home !== own && toPlaceBelow(home) === toPlaceBelow(own);
}

/** `<execution>/<task>/<attempt>/home`. */
const toPlaceBelow = (home: string): string => home.split(sep).slice(-4).join(sep);

/** True for the first time that a process is seen: TERM is sent once, a handler must not run again and again. */
function isNew(seen: Set<string>, { pid, startTime }: ProcessEntry): boolean {
  const key = `${pid}@${startTime}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

export function signalAll({ pgid }: ProcessTarget, entries: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  const inGroup = entries.filter(({ group }) => group === pgid);
  // The whole group in one call: nobody in it can fork out of its reach between two calls.
  if (pgid !== null && inGroup.length > 0) trySignal(-pgid, signal);
  for (const { pid, group } of entries) if (group !== pgid) trySignal(pid, signal);
}

/** ESRCH: it ended by itself. EPERM: it changed its user; it stays in the table and is reported in the end. */
function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
