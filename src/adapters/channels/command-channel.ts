import type { Result } from '../../domain/result.ts';
import type { CommandResult, CommandSpec } from '../processes/run-command.ts';
import type { Transport, Try } from './channel.ts';
import { messageOf } from '../../domain/error-message.ts';

const TIMEOUT_MS = 30_000;

/** What a command channel needs of the process adapter. */
export interface CommandChannelDeps {
  readonly runCommand: (spec: Omit<CommandSpec, 'registry'>) => Promise<CommandResult>;
  /** The program's absolute path, or why it cannot be run. */
  readonly checkProgram: (argv: readonly string[]) => Result<string> | Promise<Result<string>>;
  /** Working directory. */
  readonly baseDir: string;
  /** The environment of every program. */
  readonly env: Readonly<Record<string, string>>;
  /** A variable of the worker's own environment. */
  readonly readVariable: (name: string) => string | undefined;
}

/** EX_TEMPFAIL of sysexits.h: try again later. */
const TEMPORARY_FAILURE = 75;

/**
 * A program that gets each message as one line of JSON on its stdin and tells by exit status 0 that it was passed on, by 75 that it
 * may be tried again. Of its output the last 4 KiB are kept.
 * @param passEnv Variables of the worker that it gets besides PATH, LANG and TZ.
 */
export function createCommandChannel(argv: readonly string[], passEnv: readonly string[], deps: CommandChannelDeps): Transport {
  const { baseDir: cwd } = deps;
  return {
    async send(message, signal) {
      const passed = passEnv.flatMap((name) => {
        const value = deps.readVariable(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      const env = { ...deps.env, ...Object.fromEntries(passed) };
      const input = `${JSON.stringify(message)}\n`;
      try {
        const ended = await deps.runCommand({
          argv,
          cwd,
          env,
          timeoutMs: TIMEOUT_MS,
          input,
          ...(signal === undefined ? {} : { signal }),
        });
        return toTry(argv, ended);
      } catch (error) {
        return {
          ok: false,
          detail: `${argv.join(' ')} could not be run: ${messageOf(error)}`,
          isPassing: false,
        };
      }
    },
    async reachable() {
      const found = await deps.checkProgram(argv);
      return found.ok ? { ok: true, detail: found.value } : { ok: false, detail: found.error };
    },
  };
}

function toTry(argv: readonly string[], { exitCode, failure, durationMs, tail }: CommandResult): Try {
  if (failure === null) return { ok: true, detail: `exit 0 after ${Math.round(durationMs)} ms`, isPassing: false };
  const said = tail.trim().slice(-500);
  const detail = `${argv.join(' ')}: ${failure}; expected exit code 0${said === '' ? '' : `. It said: ${said}`}`;
  return { ok: false, detail, isPassing: exitCode === TEMPORARY_FAILURE };
}
