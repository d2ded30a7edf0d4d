import { startProcess, type ProcessEnd } from './managed-process.ts';
import { openOutputLog } from './output-log.ts';
import type { ProcessRegistry } from './process-registry.ts';

export interface CommandSpec {
  /** Program and arguments, never a shell string. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment; only the marker is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Aborting ends it: TERM, then KILL after the grace. */
  readonly signal?: AbortSignal;
  /** Absolute path; its output goes there, capped. */
  readonly logFile?: string;
  /** Written to its stdin, which then ends. Without it stdin is empty. */
  readonly input?: string;
  /** Default 2 s. */
  readonly killGraceMs?: number;
  /** With it the command dies with this worker, whatever happens. */
  readonly registry?: ProcessRegistry;
  /** Value of its `PACT_ATTEMPT`; default: one of its own. */
  readonly marker?: string;
}

export interface CommandResult {
  /** null: it was ended by a signal, or could not be started. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** Last output, at most 4 KiB. */
  readonly tail: string;
  readonly timedOut: boolean;
  /** A sentence for everything but an exit with 0; null then. */
  readonly failure: string | null;
}

const TAIL_BYTES = 4_096;
const DEFAULT_KILL_GRACE_MS = 2_000;
let started = 0;

/**
 * Runs one command (a check, a probe, a channel) to its end, with everything that it starts. Never throws for what the command
 * does; throws when the log file cannot be created.
 */
export async function runCommand(spec: CommandSpec): Promise<CommandResult> {
  const { argv, cwd, env, timeoutMs, signal, killGraceMs = DEFAULT_KILL_GRACE_MS } = spec;
  const log = openOutputLog(spec.logFile ?? null);
  const startedAt = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  const isAborted = (): boolean => signal?.aborted === true;
  if (isAborted()) {
    log.close();
    return { exitCode: null, durationMs: 0, tail: '', timedOut: false, failure: 'Stopped before it started' };
  }
  const child = startProcess({
    argv,
    cwd,
    env,
    killGraceMs,
    marker: spec.marker ?? `command/${process.pid}/${Math.round(performance.timeOrigin)}/${started++}`,
    stdin: spec.input === undefined ? 'ignore' : 'pipe',
    registry: spec.registry ?? null,
    onOutput: (chunk) => log.write(chunk),
  });
  child.stdin?.end(spec.input);
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      child.stop();
    },
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  signal?.addEventListener('abort', child.stop, { once: true });
  const end = await child.ended;
  clearTimeout(timer);
  signal?.removeEventListener('abort', child.stop);
  const failure = explain(end, timedOut ? `Timed out after ${timeoutMs} ms` : isAborted() ? 'Stopped' : null);
  const tail = end.kind === 'notStarted' ? end.message : log.tail(TAIL_BYTES);
  log.close();
  return { exitCode: end.kind === 'ended' ? end.exitCode : null, durationMs: elapsedMs(), tail, timedOut, failure };
}

/** setTimeout takes 32 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function explain(end: ProcessEnd, interruption: string | null): string | null {
  if (end.kind === 'notStarted') return end.message;
  if (interruption !== null) return interruption;
  if (end.exitCode === 0) return null;
  return end.exitCode === null ? `Ended by ${end.signal ?? 'an unknown signal'}` : `Exited with ${end.exitCode}`;
}
