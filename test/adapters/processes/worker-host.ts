import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { fileAppears, fixture, isAlive } from '../agents/agent-harness.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');

/** Compiles the process code into a new folder, as a package would carry it, for hosts that run outside vitest. */
export function compileProcesses(): { readonly folder: string; readonly code: string } {
  const folder = mkdtempSync(join(root, 'node_modules', '.pact-test-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const compiled = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '--ignoreConfig',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--strict',
      '--rewriteRelativeImportExtensions',
      '--types',
      'node',
      '--rootDir',
      join(root, 'src'),
      '--outDir',
      folder,
      join(root, 'src/adapters/processes/reaper.ts'),
      join(root, 'src/adapters/processes/managed-process.ts'),
      join(root, 'src/adapters/processes/reaper-client.ts'),
      join(root, 'src/adapters/processes/leftovers.ts'),
    ],
    { encoding: 'utf8' },
  );
  if (compiled.status !== 0) throw new Error(`tsc: ${compiled.stdout}${compiled.stderr}`);
  return { folder, code: join(folder, 'adapters', 'processes') };
}

/** A worker process with agents, each with a child in its group and one outside it; `pids` are all of these. */
export interface WorkerHost {
  readonly pid: number;
  readonly reaper: number;
  readonly pids: readonly number[];
  kill(): Promise<void>;
}

const hosts: { child: ChildProcess; folder: string; pids: readonly number[] }[] = [];

export async function startHost(code: string, runningDir: string, agents: number): Promise<WorkerHost> {
  const folder = mkdtempSync(join(tmpdir(), 'pact-host-'));
  const argv = [
    join(here, 'reaper-host.mjs'),
    code,
    runningDir,
    folder,
    String(agents),
    process.execPath,
    fixture('stubborn.mjs'),
  ];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  const { pid, reaper } = await fileAppears<{ pid: number; reaper: number }>(join(folder, 'host'));
  const pids = (
    await Promise.all(Array.from({ length: agents }, (_, index) => fileAppears<number[]>(join(folder, String(index), 'pids'))))
  ).flat();
  hosts.push({ child, folder, pids });
  return {
    pid,
    reaper,
    pids,
    kill: async () => {
      const exit = once(child, 'exit');
      process.kill(pid, 'SIGKILL');
      await exit;
    },
  };
}

/** What a failed test left: ends only what was started here. */
export function removeHosts(): void {
  for (const { child, folder, pids } of hosts.splice(0)) {
    child.kill('SIGKILL');
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with the time it took until none of them lives; throws after the deadline, naming those that do. */
export async function allDead(pids: readonly number[], withinMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const alive = pids.filter(isAlive);
    const elapsedMs = performance.now() - startedAt;
    if (alive.length === 0) return elapsedMs;
    if (elapsedMs > withinMs) throw new Error(`Still alive after ${withinMs} ms: ${alive.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20)); // polls the process table: nobody tells of a stranger's death
  }
}
