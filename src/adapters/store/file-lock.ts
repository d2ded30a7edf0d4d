import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errorCode } from './artifact-error.ts';

const RETRY_MS = 20;
/** Work under the lock takes milliseconds; a lock this old belongs to a process of another host that is gone. */
const ABANDONED_AFTER_MS = 30_000;

/**
 * Runs `work` while this process alone holds the lock file. A lock whose process is dead, or that is 30 s old, is taken over.
 * Throws what `work` throws, and an Error when the lock cannot be had within `patienceMs`.
 */
export async function withFileLock<T>(lockFile: string, work: () => Promise<T>, patienceMs = 60_000): Promise<T> {
  const owner = `${hostname()} ${process.pid} ${randomUUID()}`;
  await acquire(lockFile, owner, Date.now() + patienceMs);
  try {
    return await work();
  } finally {
    if ((await readOwner(lockFile)) === owner) await rm(lockFile, { force: true });
  }
}

async function acquire(lockFile: string, self: string, giveUpAt: number): Promise<void> {
  // Linking a finished file makes the lock appear together with its owner's name; open('wx') would show it empty at first.
  const claim = `${lockFile}.${randomUUID()}`;
  await writeFile(claim, self);
  try {
    for (;;) {
      try {
        await link(claim, lockFile);
        return;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const owner = await readOwner(lockFile);
      if (owner !== null && (await isAbandoned(lockFile, owner))) await takeAway(lockFile, owner);
      else if (Date.now() > giveUpAt) throw new Error(`Gave up waiting for the lock ${lockFile}, held by "${owner}".`);
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    await rm(claim, { force: true });
  }
}

/** Two processes may find the same abandoned lock: the slower one must not take away what the faster one has locked since. */
async function takeAway(lockFile: string, abandonedBy: string): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readOwner(aside)) !== abandonedBy) await link(aside, lockFile).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isAbandoned(lockFile: string, owner: string): Promise<boolean> {
  const found = await stat(lockFile).catch(() => null);
  if (found === null) return false;
  const [host, pid] = owner.split(' ');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  return Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function readOwner(lockFile: string): Promise<string | null> {
  return await readFile(lockFile, 'utf8').catch(() => null);
}
