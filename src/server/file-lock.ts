import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';
import { ServerFailure } from './server-failure.ts';

export interface LockOptions {
  /** File that exists while the lock is held; it holds the identity of its holder. */
  readonly path: string;
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once if the lock is held by a living process. */
  readonly onWait: (holder: ProcessIdentity) => void;
}

/**
 * Runs `work` while no other process runs under the same lock file. The lock of a dead process is broken.
 * Throws FolderBusy when the holder lives on past `waitMs`.
 */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(options);
  try {
    return await work();
  } finally {
    rmSync(options.path, { force: true });
  }
}

async function acquire({ path, waitMs, signal, onWait }: LockOptions): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify(identifyProcess(process.pid));
  const deadline = performance.now() + waitMs;
  let told = false;
  while (!create(path, mine)) {
    const seen = readIfThere(path);
    const holder = seen === null ? null : toHolder(seen);
    if (seen !== null && isStale(path, holder)) breakStale(path, seen);
    else if (performance.now() > deadline) throw stillHeld(path, holder);
    else {
      if (holder !== null && !told) onWait(holder);
      told ||= holder !== null;
      await delay(100);
      if (signal?.aborted) throw new ServerFailure('Interrupted', `Interrupted while waiting for ${path}.`);
    }
  }
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function toHolder(content: string): ProcessIdentity | null {
  try {
    const holder = JSON.parse(content) as ProcessIdentity | null;
    return typeof holder?.pid === 'number' ? holder : null;
  } catch {
    return null;
  }
}

/** A file without a readable holder is being written, unless it is old: then its writer died. */
function isStale(path: string, holder: ProcessIdentity | null): boolean {
  return holder === null ? ageMs(path) > 5_000 : !isAlive(holder);
}

/**
 * Two processes may find the same stale lock; if both just removed it, the slower one would remove the faster one's new
 * lock. So breaking needs a lock of its own and looks again under it.
 */
function breakStale(path: string, seen: string): void {
  const breaker = `${path}.break`;
  if (!create(breaker, '')) {
    if (ageMs(breaker) > 10_000) rmSync(breaker, { force: true });
    return;
  }
  if (readIfThere(path) === seen) rmSync(path, { force: true });
  rmSync(breaker, { force: true });
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function stillHeld(path: string, holder: ProcessIdentity | null): ServerFailure {
  const who = holder === null ? 'an unknown process' : `process ${holder.pid}`;
  return new ServerFailure('FolderBusy', `${who} still holds ${path}. Wait for it or end it, then try again.`);
}
