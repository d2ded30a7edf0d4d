import type { CommandResult, CommandSpec } from '../adapters/processes/run-command.ts';
import { messageOf } from '../domain/error-message.ts';

/** How activities run programs of the config: checks and probes. Injected with the worker's process registry already in it. */
export type RunCommand = (spec: Omit<CommandSpec, 'registry'>) => Promise<CommandResult>;

/** A command that could not even be tried is a failed one, with the reason as its output. */
export async function runToEvidence(runCommand: RunCommand, spec: Parameters<RunCommand>[0]): Promise<CommandResult> {
  const startedAt = performance.now();
  try {
    return await runCommand(spec);
  } catch (error) {
    const failure = `Could not be run: ${messageOf(error)}`;
    return { exitCode: null, durationMs: Math.round(performance.now() - startedAt), tail: failure, timedOut: false, failure };
  }
}

/** What the worker's environment passes on to programs. */
export type BaseEnvironment = Readonly<Record<string, string>>;

/** PATH, LANG and TZ of the worker and nothing else of it: its credentials are no business of agents and checks. */
export function toBaseEnvironment(env: Readonly<Record<string, string | undefined>>): BaseEnvironment {
  return Object.fromEntries(['PATH', 'LANG', 'TZ'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** The end of a text within `maxBytes` of UTF-8, whole characters only. */
export function toTail(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let start = bytes.length - maxBytes;
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.toString('utf8', start);
}
