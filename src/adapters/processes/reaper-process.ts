import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { REAPER_READY, type ReaperLine } from './reaper-protocol.ts';

/** The reaper as a process that is always there: a dead one is replaced. */
export interface ReaperProcess {
  readonly pid: number;
  readonly restarts: number;
  send(line: ReaperLine): void;
  /** Closes its input and waits for its end: it ends what it still watches. */
  close(): Promise<void>;
}

export interface ReaperProcessOptions {
  /** Absolute path. */
  readonly program: string;
  /** What a new one must be told. */
  readonly watched: () => readonly ReaperLine[];
  readonly log: (line: string) => void;
}

const READY_WITHIN_MS = 15_000;
const RESTART_DELAY_MS = 200;
const RETRY_DELAY_MS = 1_000;

/** Throws when the first one does not come up; later ones are tried again and again, and said so. */
export async function keepReaper({ program, watched, log }: ReaperProcessOptions): Promise<ReaperProcess> {
  let child = await launch(program);
  let restarts = 0;
  let isClosed = false;

  const send = (line: ReaperLine): void => {
    if (child.stdin?.writable === true) child.stdin.write(`${JSON.stringify(line)}\n`);
  };
  const replace = async (): Promise<void> => {
    if (isClosed) return;
    const dead = child.pid;
    try {
      child = await launch(program);
    } catch (error) {
      log(`The reaper died and another could not be started, trying again: ${String(error)}`);
      setTimeout(() => void replace(), RETRY_DELAY_MS).unref();
      return;
    }
    restarts += 1;
    const lines = watched();
    for (const line of lines) send(line);
    // Closed meanwhile: it must not wait for the end of this worker.
    if (isClosed) child.stdin?.end();
    else replaceWhenDead();
    log(`The reaper (pid ${dead}) died; pid ${child.pid} watches ${lines.length} running attempts now`);
  };
  const replaceWhenDead = (): void => {
    if (hasEnded(child)) void replace();
    else child.once('exit', () => setTimeout(() => void replace(), RESTART_DELAY_MS).unref());
  };
  replaceWhenDead();
  return {
    get pid() {
      return child.pid ?? 0;
    },
    get restarts() {
      return restarts;
    },
    send,
    close: async () => {
      isClosed = true;
      const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit');
      child.ref();
      child.stdin?.end();
      await ended;
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

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
