import type { AgentStatus } from '../../domain/agent-status.ts';
import type { ProcessEnd } from '../processes/managed-process.ts';
import { DEPENDENCY_DOWN, REPORTED_FAULTS } from '../../domain/attempt.ts';
import type { AgentOutcome, Leavings } from './agent-runner.ts';
import type { Transcript } from './transcript.ts';

/** Why the engine ended an agent before its time. */
export type Interruption =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'timeBudget'; readonly elapsedMs: number }
  | { readonly kind: 'stalled'; readonly silentMs: number; readonly stallAfterMs: number; readonly lastOutputAt: number | null }
  | { readonly kind: 'question'; readonly id: string; readonly text: string };

export interface AttemptEnd {
  readonly transcript: Transcript;
  readonly end: ProcessEnd;
  /** null: the agent ended by itself. */
  readonly interruption: Interruption | null;
  readonly durationMs: number;
  /** Last output, at most 4 KiB. */
  readonly tail: string;
}

type Failure = Extract<AgentOutcome, { ok: false }>['failure'];

/** How an attempt went. What the process did outweighs what the agent said: an exit with an error is one, whatever its result. */
export function toOutcome({ transcript, end, interruption, durationMs, tail }: AttemptEnd): AgentOutcome {
  const exitCode = end.kind === 'ended' ? end.exitCode : null;
  const { usage } = transcript;
  const fail = (failure: Omit<Failure, 'exitCode' | 'tail'>): AgentOutcome => ({
    ok: false,
    failure: { ...failure, exitCode, tail, ...(usage === null ? {} : { usage }) },
    lastStatus: failure.cause === 'stopped' ? transcript.status : { ...transcript.status, status: 'error' },
    durationMs,
    left: toLeavings(transcript),
  });
  if (end.kind === 'notStarted')
    return fail({ cause: 'agent', type: 'AgentError', message: end.message, retryable: end.retryable, fault: 'cannotStart' });
  if (end.survivors.length > 0) {
    const message = `Could not kill pids ${end.survivors.join(', ')} of the attempt (stuck in the kernel?): look at them by hand`;
    return fail({ cause: 'agent', type: 'AgentError', message, retryable: false });
  }
  if (interruption !== null) {
    const late = transcript.hasLateResult ? ({ hasLateResult: true } as const) : {};
    return fail({ ...explainInterruption(interruption, transcript), ...late });
  }
  const { error, result } = transcript;
  if (end.exitCode !== 0 || error !== null) {
    const message = [describeExit(end), error === null ? null : `${error.type}: ${error.message}`]
      .filter((part) => part !== null)
      .join('; ');
    const after = result === null ? '' : ' (after it had given a result, which does not count)';
    const isKilled = end.exitCode === null;
    const fault = REPORTED_FAULTS.find((name) => name === error?.type) ?? (isKilled ? 'died' : undefined);
    return fail({
      cause: 'agent',
      type: 'AgentError',
      message: `${message}${after}`,
      retryable: error?.retryable ?? true,
      ...(fault === undefined ? {} : { fault }),
      ...(error?.type === DEPENDENCY_DOWN ? { dependencyDown: error.dependency ?? null } : {}),
    });
  }
  return {
    ok: true,
    summary: result?.summary ?? null,
    notes: result?.notes ?? null,
    outputs: result?.outputs ?? [],
    usage,
    answer: transcript.answer,
    lastStatus: completed(transcript.status),
    durationMs,
    left: toLeavings(transcript),
  };
}

const toLeavings = ({ notes, openQuestions, result }: Transcript): Leavings => ({
  notes: [...notes, ...[result?.summary, result?.notes].filter((text) => typeof text === 'string')],
  questions: openQuestions.map(({ id, text }) => ({ id, text })),
});

const completed = (status: AgentStatus): AgentStatus => ({
  ...status,
  status: 'completed',
  progress_percentage: 100,
  blocking_issues: [],
});

function describeExit({ exitCode, signal }: Extract<ProcessEnd, { kind: 'ended' }>): string | null {
  if (exitCode === 0) return null;
  if (exitCode !== null) return `The agent exited with ${exitCode}`;
  return `The agent was ended by ${signal ?? 'an unknown signal'}, which the engine did not send`;
}

function explainInterruption(interruption: Interruption, { result }: Transcript): Omit<Failure, 'exitCode' | 'tail'> {
  const after = result === null ? '' : '; it had given its result but did not exit';
  switch (interruption.kind) {
    case 'stopped':
      return { cause: 'stopped', type: 'AgentError', message: 'The agent was stopped', retryable: true };
    case 'timeBudget': {
      const message = `The time budget of the attempt is used up after ${toSeconds(interruption.elapsedMs)}${after}`;
      return { cause: 'timeBudget', type: 'BudgetExceeded', message, retryable: true };
    }
    case 'stalled': {
      const { silentMs, stallAfterMs, lastOutputAt } = interruption;
      const last = lastOutputAt === null ? 'it never printed anything' : `the last at ${new Date(lastOutputAt).toISOString()}`;
      const silence = `${toSeconds(silentMs)} (limit ${toSeconds(stallAfterMs)})`;
      const message = `No output and no change of progress for ${silence}; ${last}${after}`;
      return { cause: 'stalled', type: 'AgentError', message, retryable: true };
    }
    case 'question': {
      const message =
        `The agent asked a question (${interruption.id}: ${interruption.text}), but no answer can reach it: ` +
        "its adapter.input is 'once'. Set adapter.input to stream in the config, and let the agent read its stdin";
      return { cause: 'agent', type: 'AgentError', message, retryable: false };
    }
  }
}

const toSeconds = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`);
