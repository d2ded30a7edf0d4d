import type { CommandResult } from '../adapters/processes/run-command.ts';
import type { Workspace } from '../adapters/workspaces/directory-workspaces.ts';
import type { CheckEvidence, PerformTaskInput } from '../domain/attempt.ts';
import type { CheckConfig } from '../domain/config/config.ts';
import { AttemptError, toAttemptFailure } from './attempt-failure.ts';
import { markerOf } from './attempt-request.ts';
import { runToEvidence, toTail, type BaseEnvironment, type RunCommand } from './command-runner.ts';
import type { Roster } from './roster.ts';

const TAIL_BYTES = 2_048;

export interface AttemptChecksDeps {
  readonly roster: Pick<Roster, 'checks'>;
  readonly checks: readonly CheckConfig[];
  readonly runCommand: RunCommand;
  readonly baseEnvironment: BaseEnvironment;
  /** Time between TERM and KILL for the processes of an agent or a check. */
  readonly killGraceMs: number;
}

/**
 * The configured checks of a task, in its order. Throws an AttemptError (refused) for one that this worker does not have, or has
 * otherwise than it was authorized.
 */
export async function findChecks(
  deps: AttemptChecksDeps,
  task: Pick<PerformTaskInput['task'], 'id' | 'checks'>,
): Promise<readonly CheckConfig[]> {
  if (task.checks.length === 0) return [];
  const current = new Map((await deps.roster.checks()).map(({ id, digest }) => [id, digest]));
  return task.checks.map(({ id, digest }) => {
    const check = deps.checks.find((candidate) => candidate.id === id);
    if (check === undefined) {
      const known = deps.checks.map((candidate) => candidate.id).join(', ') || 'none';
      throw refusedCheck(`Task "${task.id}" asks for the check "${id}", which this worker does not have (it has: ${known}).`);
    }
    if (current.get(id) === digest) return check;
    throw refusedCheck(
      `Check "${id}" is not the one that was authorized: its config or a program file has changed (expected digest ${digest}, ` +
        `found ${current.get(id)}). Restore it, or start the plan again and authorize the new one.`,
    );
  });
}

function refusedCheck(message: string): AttemptError {
  return new AttemptError(toAttemptFailure({ cause: 'refused', type: 'ConfigChanged', retryable: false, message }));
}

/**
 * Runs the checks one after the other in the workspace; all of them, so that the evidence is complete. Each one's result is taken
 * from its exit code, never from what the agent says. Throws the signal's reason when it is aborted.
 */
export async function runChecks(
  deps: AttemptChecksDeps,
  input: PerformTaskInput,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<readonly CheckEvidence[]> {
  const evidence: CheckEvidence[] = [];
  for (const check of await findChecks(deps, input.task)) {
    signal.throwIfAborted();
    evidence.push(await runCheck(deps, check, { workspace, marker: markerOf(input), signal }));
  }
  signal.throwIfAborted();
  return evidence;
}

export interface CheckRun {
  readonly workspace: Workspace;
  /** In the environment of its processes, so that they are found when the worker dies. */
  readonly marker: string;
  readonly signal: AbortSignal;
  /** Of the engine, beyond what every check gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one check in the workspace. */
export async function runCheck(
  deps: Pick<AttemptChecksDeps, 'runCommand' | 'baseEnvironment' | 'killGraceMs'>,
  check: CheckConfig,
  { workspace, marker, signal, env: more }: CheckRun,
): Promise<CheckEvidence> {
  const env = { ...deps.baseEnvironment, HOME: workspace.home, TMPDIR: workspace.tmp, ...check.env, ...more };
  const { run: argv, timeoutMs } = check;
  const { killGraceMs } = deps;
  return toEvidence(
    check,
    await runToEvidence(deps.runCommand, { argv, cwd: workspace.work, env, timeoutMs, signal, killGraceMs, marker }),
  );
}

/** Throws an AttemptError (check) when one did not pass. */
export function requirePassed(evidence: readonly CheckEvidence[], logName: string | null): void {
  const failed = evidence.filter(({ ok }) => !ok);
  const first = failed[0];
  if (first === undefined) return;
  const others =
    failed.length === 1
      ? ''
      : `; ${failed.length - 1} more failed: ${failed
          .slice(1)
          .map(({ check }) => check)
          .join(', ')}`;
  const command = first.command.join(' ');
  const how = first.exitCode === null ? 'did not end by itself' : `ended with exit code ${first.exitCode}`;
  throw new AttemptError(
    toAttemptFailure({
      cause: 'check',
      type: 'CheckFailed',
      message: `Check "${first.check}" (${command}) ${how} after ${first.durationMs} ms; expected exit code 0${others}.`,
      exitCode: first.exitCode,
      tail: first.tail,
      checks: evidence,
      log: logName,
    }),
  );
}

function toEvidence(check: CheckConfig, result: CommandResult): CheckEvidence {
  // An exit code speaks for itself; a command that was ended or never started has to be explained.
  const isExplained = result.exitCode !== null || result.failure === null || result.tail.includes(result.failure);
  const tail = isExplained ? result.tail : `${result.tail}\n[${result.failure}]`;
  return {
    check: check.id,
    ok: result.exitCode === 0 && !result.timedOut,
    command: check.run,
    exitCode: result.exitCode,
    durationMs: Math.round(result.durationMs),
    tail: toTail(tail, TAIL_BYTES),
  };
}
