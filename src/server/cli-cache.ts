import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { withLock } from './file-lock.ts';
import type { Environment, ServerContext } from './server-options.ts';

const incomingPrefix = 'incoming-';

/** `${PACT_CACHE_DIR:-${XDG_CACHE_HOME:-~/.cache}/pact-temporal}` */
export function cacheFolder(env: Environment): string {
  if (env['PACT_CACHE_DIR']) return env['PACT_CACHE_DIR'];
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'pact-temporal');
}

export function executableName(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? 'temporal.exe' : 'temporal';
}

export function cachedBinaryPath(env: Environment): string {
  return join(cacheFolder(env), 'bin', executableName());
}

/**
 * Runs `work` as the only process that fills the cache. Several first starts at once wait for one another here, so the
 * binary is fetched once; `work` should look into the cache again before it fetches.
 */
export function withCacheLock<T>(context: ServerContext, work: () => Promise<T>): Promise<T> {
  const path = join(cacheFolder(context.env), 'cli.lock');
  const onWait = ({ pid }: { pid: number }): void =>
    context.say(`Process ${pid} is already getting the Temporal CLI; waiting for it.`);
  return withLock({ path, waitMs: context.limits.lockMs, signal: context.signal, onWait }, work);
}

/**
 * Gives `fill` an empty folder beside the cached binary and moves the binary it names into place by one rename, so that
 * nobody ever sees half a binary. What an earlier process left when it was killed is removed: the lock is held.
 */
export async function placeInCache(env: Environment, fill: (folder: string) => Promise<string>): Promise<string> {
  const target = cachedBinaryPath(env);
  const root = dirname(dirname(target));
  await mkdir(dirname(target), { recursive: true });
  for (const name of await readdir(root)) {
    if (name.startsWith(incomingPrefix)) await rm(join(root, name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(root, incomingPrefix));
  try {
    const made = await fill(folder);
    await chmod(made, 0o755);
    await rename(made, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
