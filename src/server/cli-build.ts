import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath, pinnedVersion } from './cli-binary.ts';
import { executableName, placeInCache } from './cli-cache.ts';
import { readTail, startKept, type KeptProgram } from './kept-program.ts';
import { ServerFailure } from './server-failure.ts';
import type { ServerContext } from './server-options.ts';

const cliModule = `github.com/temporalio/cli/cmd/temporal@v${pinnedVersion}`;

/**
 * Builds the official CLI from its Go module into the cache; 2–3 minutes on 2 cores. Returns the binary's path. Rejects
 * with the end of Go's own output; a Ctrl-C, a TERM or the signal of the context ends the build and rejects as Interrupted.
 * Call it under the cache lock.
 */
export async function buildCli(context: ServerContext): Promise<string> {
  const go = findOnPath(process.platform === 'win32' ? 'go.exe' : 'go', context.env);
  if (go === null) throw new Error('Go is not on the PATH');
  context.say(`Building Temporal CLI ${pinnedVersion} with ${go} install ${cliModule}; this takes a few minutes, once.`);
  return placeInCache(context.env, async (folder) => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const logPath = join(folder, 'go.log');
    const { graceMs } = context.limits;
    // The keeper ends the build with us, however we end: nothing goes on compiling behind the user's back.
    const order = { cwd: folder, logPath, graceMs, diesWithParent: true, scratch: null };
    const build = await startKept({ ...order, command: [go, 'install', cliModule] }, { ...context.env, GOBIN: bin });
    const status = await waitForBuild(build, context);
    if (status !== 0) throw new Error(`${go} install ${cliModule} ended with status ${status}:\n${readTail(logPath)}`);
    return join(bin, executableName());
  });
}

async function waitForBuild(build: KeptProgram, context: ServerContext): Promise<number> {
  const startedAt = performance.now();
  const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let interruptedBy: string | null = null;
  const interrupt = (by: string): void => {
    interruptedBy ??= by;
    void build.stop();
  };
  const onAbort = (): void => interrupt('the caller');
  for (const signal of interrupts) process.on(signal, interrupt);
  context.signal?.addEventListener('abort', onAbort);
  if (context.signal?.aborted) onAbort();
  const progress = setInterval(() => {
    context.say(`  still building, ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }, context.limits.progressMs);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    void build.stop();
  }, context.limits.buildMs);
  const status = await build.exited;
  clearTimeout(late);
  clearInterval(progress);
  context.signal?.removeEventListener('abort', onAbort);
  for (const signal of interrupts) process.off(signal, interrupt);
  if (interruptedBy !== null) {
    throw new ServerFailure('Interrupted', `The build of the Temporal CLI was interrupted by ${interruptedBy}.`);
  }
  if (isLate) throw new Error(`the build was not finished within ${context.limits.buildMs / 1000} s`);
  return status;
}
