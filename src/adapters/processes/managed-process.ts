import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import type { Writable } from 'node:stream';
import { readPaced } from './paced-reader.ts';
import { createProcessHold } from './process-hold.ts';
import { endProcesses, type ProcessTarget } from './process-end.ts';
import { MARKER_VARIABLE, readStartTime } from './process-table.ts';
import type { ProcessRegistry } from './process-registry.ts';

export interface ProcessSpec {
  /** Program and arguments, never a shell string. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment, except the marker, which is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Value of `PACT_ATTEMPT`, unique among what runs on this host. */
  readonly marker: string;
  /** Time between TERM and KILL. */
  readonly killGraceMs: number;
  readonly stdin: 'pipe' | 'ignore';
  /** Ends the process when this worker dies; null: nobody does. */
  readonly registry: ProcessRegistry | null;
  /** Must not throw. */
  readonly onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
}

export type ProcessEnd =
  | { readonly kind: 'notStarted'; readonly message: string; readonly retryable: boolean }
  | {
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly signal: NodeJS.Signals | null;
      /** Pids that outlived KILL; empty but for processes stuck in the kernel. */
      readonly survivors: readonly number[];
    };

export interface ManagedProcess {
  /** null: it could not be started. */
  readonly pid: number | null;
  /** null without `stdin: 'pipe'`. Errors on it are harmless: a program need not read its input. */
  readonly stdin: Writable | null;
  /** True once the main process has ended, though others of it may still be dying. */
  hasExited(): boolean;
  /** Stops all of it (SIGSTOP) until `resume` or `stop`. */
  pause(): void;
  /** Lets it go on (SIGCONT). */
  resume(): void;
  /** TERM to all of it, KILL after the grace. May be called again and at any time. */
  stop(): void;
  /** Never rejects. Resolves when every process of it is dead and its output has been read. */
  readonly ended: Promise<ProcessEnd>;
}

/** What the main process leaves running gets at most this long between TERM and KILL. */
const LEFTOVER_GRACE_MS = 1_000;
/** For reading what is in the pipes when everything is dead; a process that escaped may hold them open for ever. */
const DRAIN_MS = 2_000;

/**
 * Starts a program as leader of its own session and process group, and watches over all that comes of it: when the main
 * process ends, whatever is left in its group or carries its marker is ended too.
 */
export function startProcess(spec: ProcessSpec): ManagedProcess {
  // Registered by marker before it exists: a worker killed right after the fork leaves nothing that nobody knows.
  const { marker } = spec;
  const home = spec.env.HOME ?? null;
  const registration = spec.registry?.register({ marker, home }) ?? null;
  const release = (): void => registration?.release();
  const child = trySpawn(spec);
  if (child instanceof Error || child.pid === undefined) return notStarted(spec, child, release);

  lowerPriority(child.pid);
  const target: ProcessTarget = { pgid: child.pid, startTime: readStartTime(child.pid), marker, home };
  registration?.started(child.pid, target.startTime);
  child.stdin?.on('error', () => {}); // EPIPE when it never reads
  if (child.stdout !== null) readPaced(child.stdout, (chunk) => spec.onOutput(chunk, 'stdout'));
  if (child.stderr !== null) readPaced(child.stderr, (chunk) => spec.onOutput(chunk, 'stderr'));
  return { pid: child.pid, stdin: child.stdin, ...superviseEnd(child, target, spec.killGraceMs, release) };
}

function trySpawn({ argv, cwd, env, marker, stdin }: ProcessSpec): ChildProcess | Error {
  const [program = '', ...args] = argv;
  try {
    return spawn(program, args, {
      cwd,
      env: { ...env, [MARKER_VARIABLE]: marker },
      detached: true, // setsid: its own session and process group
      shell: false,
      stdio: [stdin, 'pipe', 'pipe'],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** So much less pressing than the worker (on the scale of `nice`) is what it starts: it must be able to stop what takes all the processor. */
const NICER_BY = 5;

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, Math.min(getPriority() + NICER_BY, 19));
  } catch {
    // It has ended already, or may not be told: then it competes as an equal.
  }
}

function superviseEnd(
  child: ChildProcess,
  target: ProcessTarget,
  killGraceMs: number,
  release: () => void,
): Pick<ManagedProcess, 'hasExited' | 'pause' | 'resume' | 'stop' | 'ended'> {
  const exit = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  let reportStuck: (survivors: readonly number[]) => void = () => {};
  const stuck = new Promise<{ survivors: readonly number[] }>((resolve) => {
    reportStuck = (survivors) => resolve({ survivors });
  });
  const end = (graceMs: number): Promise<readonly number[]> => endProcesses(target, graceMs).catch(() => [target.pgid ?? -1]);
  let stopping: Promise<readonly number[]> | null = null;
  const stop = (): void => {
    stopping ??= end(killGraceMs).then((survivors) => {
      if (survivors.length > 0) reportStuck(survivors);
      return survivors;
    });
  };
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const hold = createProcessHold(target, () => hasExited() || stopping !== null);
  const watch = async (): Promise<ProcessEnd> => {
    const first = await Promise.race([exit, stuck]);
    if ('survivors' in first) return { kind: 'ended', exitCode: null, signal: null, survivors: first.survivors };
    const survivors = await (stopping ?? end(Math.min(killGraceMs, LEFTOVER_GRACE_MS)));
    await drain(child);
    return { kind: 'ended', ...first, survivors };
  };
  return { hasExited, ...hold, stop, ended: watch().finally(release) };
}

/** Everything is dead: reads the rest of the pipes, and lets go of those that somebody unknown still holds. */
async function drain(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const timer = new AbortController();
  const closed = streams.map((stream) => (stream.closed ? Promise.resolve() : once(stream, 'close', { signal: timer.signal })));
  const timeout = setTimeout(() => timer.abort(), DRAIN_MS);
  await Promise.all(closed).catch(() => {});
  clearTimeout(timeout);
  for (const stream of [...streams, child.stdin]) stream?.destroy();
}

function notStarted(spec: ProcessSpec, cause: Error | ChildProcess, release: () => void): ManagedProcess {
  const failed = cause instanceof Error ? Promise.resolve(cause) : once(cause, 'error').then(([error]) => error as Error);
  const ended = failed
    .then((error): ProcessEnd => ({ kind: 'notStarted', ...explainStartFailure(spec, error) }))
    .finally(release);
  return { pid: null, stdin: null, hasExited: () => true, pause: () => {}, resume: () => {}, stop: () => {}, ended };
}

/** What could not be started, why, and what to do. Only a lack of resources is worth another attempt. */
function explainStartFailure({ argv, cwd }: ProcessSpec, error: Error): { message: string; retryable: boolean } {
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  const program = argv[0] ?? '';
  const isRetryable = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(code);
  // spawn says ENOENT for a missing folder as well, and names the program.
  const hasFolder = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true;
  const why: Record<string, string> = {
    ENOENT: 'no such program: it is neither a file nor on the PATH (or the interpreter in its first line does not exist)',
    EACCES: 'it is not executable for this user: chmod +x it, or name its interpreter first',
    EAGAIN: 'the process limit of this user or container is reached',
    EMFILE: 'the worker has too many open files',
    E2BIG: 'its arguments and environment are too long',
  };
  const reason = hasFolder ? (why[code] ?? error.message) : `its working directory ${cwd} does not exist`;
  return { message: `Cannot start ${JSON.stringify(program)} (${code}): ${reason}`, retryable: isRetryable };
}
