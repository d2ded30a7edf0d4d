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
  const below = own.closeTime === undefined ? await describeBelow(link, own) : [];
  return { ...toDescription(own), attempts: [own, ...below].flatMap(pendingAttempts) };
}

/** Sprints and their lanes. What an earlier run has started is not pending in this one: then the server's list has to say. */
async function describeBelow(link: ServerLink, own: WorkflowExecutionDescription): Promise<WorkflowExecutionDescription[]> {
  const sprints = await describeAll(link, childrenOf(own));
  const known = [...sprints, ...(await describeAll(link, sprints.flatMap(childrenOf)))];
  if (![own, ...sprints].some(isLaterRun)) return known;
  const ids = new Set(known.map(({ workflowId }) => workflowId));
  const others = (await listBelow(link, own.workflowId)).filter((id) => !ids.has(id));
  return [...known, ...(await describeAll(link, others))];
}

async function describeAll(link: ServerLink, ids: readonly string[]): Promise<WorkflowExecutionDescription[]> {
  const described = await Promise.all(ids.map((id) => describeChild(link, id)));
  return described.filter((child) => child !== null);
}

const childrenOf = ({ raw }: WorkflowExecutionDescription): string[] =>
  (raw.pendingChildren ?? []).flatMap(({ workflowId, workflowTypeName }) =>
    workflowId && workflowTypeName !== 'tether' ? [workflowId] : [],
  );

const isLaterRun = ({ raw, runId }: WorkflowExecutionDescription): boolean => {
  const first = raw.workflowExecutionInfo?.firstRunId;
  return Boolean(first) && first !== runId;
};

async function listBelow(link: ServerLink, executionId: string): Promise<string[]> {
  const query = `RootWorkflowId = "${executionId}" AND ExecutionStatus = "Running" AND WorkflowType IN ("sprint", "lane")`;
  const ids: string[] = [];
  try {
    for await (const { workflowId } of link.client.workflow.list({ query })) ids.push(workflowId);
  } catch {
    // A server without that list: what is pending is all that can be told.
  }
  return ids.filter((id) => id !== executionId);
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
