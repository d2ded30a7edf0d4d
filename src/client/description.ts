import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowExecutionDescription, WorkflowExecutionStatusName } from '@temporalio/client';
import type { AgentStatus } from '../domain/agent-status.ts';
import type { Phase } from '../domain/views.ts';
import type { ServerLink } from './connection.ts';
import { toExposed } from './exposed.ts';

/** What the server itself knows of an execution, with no worker's help. Times are ISO 8601. */
export interface ExecutionDescription {
  readonly executionId: string;
  readonly workflowType: string;
  readonly serverStatus: WorkflowExecutionStatusName;
  readonly taskQueue: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  readonly historyLength: number;
  /** From search attributes or, where the server does not have them, the memo; null before the execution has set either. */
  readonly phase: string | null;
  readonly project: string | null;
  readonly needsPerson: boolean | null;
  readonly planHash: string | null;
  readonly memo: Readonly<Record<string, unknown>>;
  readonly attempts: readonly PendingAttempt[];
}

/** An activity that is under way or waits for its next try, of the execution or of one of its sprints. */
export interface PendingAttempt {
  readonly workflowId: string;
  /** `<task>#<attempt>` for `performTask`. */
  readonly activityId: string;
  readonly activityType: string;
  readonly state: 'scheduled' | 'started' | 'cancelRequested' | 'paused' | 'unknown';
  readonly lastHeartbeat: string | null;
  /** The last heartbeat's detail: the eight status fields. */
  readonly status: AgentStatus | null;
  readonly lastFailure: string | null;
}

const STATES = ['unknown', 'scheduled', 'started', 'cancelRequested', 'paused', 'paused'] as const;

/** Describes the execution and its open child workflows. @throws UnknownExecutionError, NoServerError */
export async function describeExecution(link: ServerLink, executionId: string): Promise<ExecutionDescription> {
  const own = await link.call(executionId, () => link.client.workflow.getHandle(executionId).describe());
  const children = own.raw.pendingChildren ?? [];
  const described = await Promise.all(children.map((child) => describeChild(link, child.workflowId ?? '')));
  const attempts = [own, ...described.filter((child) => child !== null)].flatMap(pendingAttempts);
  return { ...toDescription(own), attempts };
}

async function describeChild(link: ServerLink, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  // A child may end between the two calls; it then has nothing pending.
  return link.call(workflowId, () => link.client.workflow.getHandle(workflowId).describe()).catch(() => null);
}

function toDescription(own: WorkflowExecutionDescription): Omit<ExecutionDescription, 'attempts'> {
  return {
    executionId: own.workflowId,
    workflowType: own.type,
    serverStatus: own.status.name,
    taskQueue: own.taskQueue,
    startedAt: own.startTime.toISOString(),
    closedAt: own.closeTime?.toISOString() ?? null,
    historyLength: own.historyLength,
    ...toExposed(own),
    memo: own.memo ?? {},
  };
}

function pendingAttempts(description: WorkflowExecutionDescription): readonly PendingAttempt[] {
  return (description.raw.pendingActivities ?? []).map((pending) => ({
    workflowId: description.workflowId,
    activityId: pending.activityId ?? '',
    activityType: pending.activityType?.name ?? '',
    state: STATES[pending.state ?? 0] ?? 'unknown',
    lastHeartbeat: toIso(pending.lastHeartbeatTime),
    status: toAgentStatus(pending.heartbeatDetails?.payloads?.[0]),
    lastFailure: pending.lastFailure?.message ?? null,
  }));
}

function toIso(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string | null {
  if (time === null || time === undefined) return null;
  return new Date(Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6).toISOString();
}

function toAgentStatus(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined): AgentStatus | null {
  if (payload === undefined) return null;
  try {
    const detail: unknown = defaultPayloadConverter.fromPayload(payload);
    return isAgentStatus(detail) ? detail : null;
  } catch {
    // Encrypted, or of another program's activity: not a status that we can show.
    return null;
  }
}

const isAgentStatus = (detail: unknown): detail is AgentStatus =>
  typeof detail === 'object' && detail !== null && 'agent_id' in detail && 'status' in detail;

/** The phase that the server's own state implies, for when the search attribute is missing or stale. */
export function phaseOfServerStatus(status: WorkflowExecutionStatusName): Phase | null {
  switch (status) {
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'cancelled';
    default:
      return null;
  }
}
