import type { Result } from '../../domain/result.ts';
import type { CommandResult, CommandSpec } from '../processes/run-command.ts';
import type { Channel, Delivery } from './channel.ts';

const TIMEOUT_MS = 30_000;

/** What a command channel needs of the process adapter. */
export interface CommandChannelDeps {
  readonly runCommand: (spec: Omit<CommandSpec, 'registry'>) => Promise<CommandResult>;
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
      const input = `${JSON.stringify(event)}\n`;
      try {
        const ended = await deps.runCommand({
          argv,
          cwd,
          env,
          timeoutMs: TIMEOUT_MS,
          input,
          ...(signal === undefined ? {} : { signal }),
        });
        return toDelivery(argv, ended);
      } catch (error) {
        return {
          ok: false,
          detail: `${argv.join(' ')} could not be run: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
    },
    async reachable() {
      const found = await deps.checkProgram(argv);
      return found.ok ? { ok: true, detail: found.value } : { ok: false, detail: found.error };
    },
  };
}

function toDelivery(argv: readonly string[], { failure, durationMs, tail }: CommandResult): Delivery {
  if (failure === null) return { ok: true, detail: `exit 0 after ${Math.round(durationMs)} ms` };
  const said = tail.trim().slice(-500);
  return { ok: false, detail: `${argv.join(' ')}: ${failure}; expected exit code 0${said === '' ? '' : `. It said: ${said}`}` };
}
