import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { keepProgram, type KeeperLine, type KeepOrder } from './server-keeper.ts';
import type { Environment } from './server-options.ts';

export interface KeptProgram {
  /** Process id of the program. */
  readonly pid: number;
  readonly keeperPid: number;
  /** Exit status of the program; 128 + signal number when a signal ended it. Never rejects. */
  readonly exited: Promise<number>;
  /** TERM, KILL after the grace, and the wait for the end. */
  stop(): Promise<void>;
}

/** Starts a program under a keeper. Throws when it cannot be started at all (no such file, no permission). */
export async function startKept(order: KeepOrder, env: Environment): Promise<KeptProgram> {
  const { NODE_OPTIONS: _ours, ...programEnv } = env;
  const keeper = spawn(process.execPath, ['-e', `(${keepProgram.toString()})()`, JSON.stringify(order)], {
    cwd: order.cwd,
    env: programEnv,
    detached: true,
    stdio: [order.diesWithParent ? 'pipe' : 'ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise<number>((resolve) => {
    keeper.once('exit', (code) => resolve(code ?? 137));
    keeper.once('error', () => resolve(127));
  });
  const pid = await readPid(keeper, exited);
  // Neither the keeper nor its pipe is a reason for this process to stay: when it ends, the pipe closes.
  keeper.unref();
  keeper.stdout?.destroy();
  (keeper.stdin as { unref?: () => void } | null)?.unref?.();
  return { pid, keeperPid: keeper.pid ?? -1, exited, stop: () => stopKept(keeper, pid, exited, order.graceMs) };
}

async function readPid(keeper: ChildProcess, exited: Promise<number>): Promise<number> {
  if (keeper.stdout === null) throw new Error('The keeper has no output.');
  const lines = createInterface({ input: keeper.stdout });
  const first = once(lines, 'line').then(([line]) => JSON.parse(String(line)) as KeeperLine);
  const said = await Promise.race([first, exited.then((code) => ({ error: `its keeper ended with status ${code}` }))]);
  lines.close();
  if ('error' in said) throw new Error(said.error);
  return said.pid;
}

async function stopKept(keeper: ChildProcess, pid: number, exited: Promise<number>, graceMs: number): Promise<void> {
  keeper.ref();
  keeper.kill('SIGTERM');
  // The keeper itself was stopped or is stuck: past its grace the group is killed from here.
  const force = setTimeout(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
    keeper.kill('SIGKILL');
  }, graceMs + 5_000);
  await exited;
  clearTimeout(force);
}

/** The last lines of a log, and before them what a Go program panicked about; '' when there is none. */
export function readTail(path: string, lines = 15): string {
  try {
    const file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, 65_536));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    const all = buffer.toString('utf8').trimEnd().split('\n');
    const cause = all.slice(0, -lines).findLast((line) => line.startsWith('panic: '));
    return [...(cause === undefined ? [] : [cause]), ...all.slice(-lines)].join('\n');
  } catch {
    return '';
  }
}
