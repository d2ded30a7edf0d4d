import type { AgentStatus } from '../domain/agent-status.ts';
import type { Phase, StatusView } from '../domain/views.ts';
import type { ServerLink } from './connection.ts';
import { describeExecution, phaseOfServerStatus } from './description.ts';
import type { ExecutionDescription } from './description.ts';
import { NoWorkerError } from './errors.ts';
import type { ExecutionOutcome } from './outcome.ts';

/** The execution's own answer, or, with no worker, what the server's records say and why it is only that. */
export type StatusAnswer = ({ readonly source: 'workflow' } & StatusView) | ServerStatus;

export interface ServerStatus {
  readonly source: 'server';
  /** Why the execution itself did not answer. */
  readonly why: string;
  readonly executionId: string;
  readonly project: string | null;
  /** As last recorded on the server; null when it has never been. */
  readonly phase: Phase | null;
  readonly reason: string | null;
  readonly planHash: string | null;
  /** Running, Completed…: the server's own word. */
  readonly serverStatus: string;
  readonly needsPerson: boolean | null;
  readonly startedAt: string;
  readonly closedAt: string | null;
  /** From the heartbeats of pending activities. */
  readonly agents: readonly AgentStatus[];
  readonly memo: Readonly<Record<string, unknown>>;
}

/** A `Record` so that a new phase breaks the build here. */
const PHASE_ENDS: Readonly<Record<Phase, boolean>> = {
  preparing: false,
  awaitingAuthorization: false,
  running: false,
  paused: false,
  stopping: false,
  stopped: false,
  rollingBack: false,
  completed: true,
  failed: true,
  rejected: true,
  cancelled: true,
};

export const isFinalPhase = (phase: Phase | null): boolean => phase !== null && PHASE_ENDS[phase];

const QUERY_TIMEOUT_MS = 5_000;

/**
 * Asks the execution; when no worker answers, falls back to describe, memo, search attributes and, of a closed one, its result.
 * @throws UnknownExecutionError, NoServerError, RefusedError when the workflow is not one of ours
 */
export async function fetchStatus(
  link: ServerLink,
  executionId: string,
  closedOutcome: () => Promise<ExecutionOutcome | null>,
): Promise<StatusAnswer> {
  try {
    const handle = link.client.workflow.getHandle(executionId);
    const status = await link.call(executionId, () => handle.query<StatusView>('status'), QUERY_TIMEOUT_MS);
    return { source: 'workflow', ...status };
  } catch (error) {
    if (!(error instanceof NoWorkerError)) throw error;
    const description = await describeExecution(link, executionId);
    const outcome = description.closedAt === null ? null : await closedOutcome();
    return toServerStatus(description, outcome, error.message);
  }
}

/** Pure: the server's records as a status. */
export function toServerStatus(description: ExecutionDescription, outcome: ExecutionOutcome | null, why: string): ServerStatus {
  const closedPhase = description.closedAt === null ? null : phaseOfServerStatus(description.serverStatus);
  return {
    source: 'server',
    why,
    executionId: description.executionId,
    project: description.project,
    phase: outcome?.phase ?? closedPhase ?? toPhase(description.phase),
    reason: outcome?.summary ?? null,
    planHash: outcome?.planHash ?? description.planHash,
    serverStatus: description.serverStatus,
    needsPerson: description.needsPerson,
    startedAt: description.startedAt,
    closedAt: description.closedAt,
    agents: description.attempts.flatMap((attempt) => (attempt.status === null ? [] : [attempt.status])),
    memo: description.memo,
  };
}

export const isPhase = (text: string): text is Phase => Object.hasOwn(PHASE_ENDS, text);

const toPhase = (text: string | null): Phase | null => (text !== null && isPhase(text) ? text : null);

/**
 * An execution that was terminated or timed out on the server cannot know it: its own answer is that of a moment before. The
 * server's word then counts for the phase.
 */
export async function correctedByServer(
  link: ServerLink,
  answer: StatusAnswer,
  closedOutcome: () => Promise<ExecutionOutcome>,
): Promise<StatusAnswer> {
  if (answer.source === 'server' || isFinalPhase(answer.phase)) return answer;
  const handle = link.client.workflow.getHandle(answer.executionId);
  const description = await link.call(answer.executionId, () => handle.describe());
  if (description.closeTime === undefined) return answer;
  const outcome = await closedOutcome();
  return { ...answer, phase: outcome.phase, reason: outcome.summary };
}
