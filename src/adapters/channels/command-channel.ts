import type { Result } from '../../domain/result.ts';
import type { Channel, Delivery } from './channel.ts';

const TIMEOUT_MS = 30_000;

/** What a command channel needs of the process adapter. */
export interface CommandChannelDeps {
  /** Runs a program to its end; `stdin` is written and closed. */
  readonly runCommand: (request: {
    readonly argv: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly stdin: string;
    readonly signal?: AbortSignal;
  }) => Promise<{ readonly exitCode: number | null; readonly durationMs: number; readonly tail: string; readonly timedOut: boolean }>;
  /** The program's absolute path, or why it cannot be run. */
  readonly checkProgram: (argv: readonly string[]) => Result<string> | Promise<Result<string>>;
  /** Working directory. */
  readonly baseDir: string;
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program that gets each event as one line of JSON on its stdin and tells by exit status 0 that it was passed on. */
export function createCommandChannel(id: string, argv: readonly string[], deps: CommandChannelDeps): Channel {
  const { baseDir: cwd, env } = deps;
  return {
    id,
    async send(event, signal) {
      const stdin = `${JSON.stringify(event)}\n`;
      try {
        const ended = await deps.runCommand({ argv, cwd, env, timeoutMs: TIMEOUT_MS, stdin, ...(signal === undefined ? {} : { signal }) });
        return toDelivery(argv, ended);
      } catch (error) {
        return { ok: false, detail: `${argv.join(' ')} could not be run: ${error instanceof Error ? error.message : String(error)}` };
      }
    },
    async reachable() {
      const found = await deps.checkProgram(argv);
      return found.ok ? { ok: true, detail: found.value } : { ok: false, detail: found.error };
    },
  };
}

function toDelivery(
  argv: readonly string[],
  ended: { readonly exitCode: number | null; readonly durationMs: number; readonly tail: string; readonly timedOut: boolean },
): Delivery {
  if (ended.exitCode === 0 && !ended.timedOut) return { ok: true, detail: `exit 0 after ${Math.round(ended.durationMs)} ms` };
  const how = ended.timedOut ? `was ended after ${TIMEOUT_MS / 1000} s` : `ended with exit code ${ended.exitCode ?? 'none'}`;
  const said = ended.tail.trim().slice(-500);
  return { ok: false, detail: `${argv.join(' ')} ${how}; expected exit code 0${said === '' ? '' : `. It said: ${said}`}` };
}
