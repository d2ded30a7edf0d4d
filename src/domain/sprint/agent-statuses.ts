import type { AgentStatus, StatusReport } from '../agent-status.ts';
import { clip } from '../clip.ts';
import { nextCheckpointAt } from './attempt-input.ts';
import { agentOfTask, taskRun, taskSpec, toIso, type Sprint } from './turn.ts';

/** Of what anyone may report only so much is kept, since there may be 500 of them in the state. */
const MAX_ISSUES = 5;
const MAX_ISSUE_LENGTH = 200;
const MAX_OUTPUTS = 20;
const MAX_ID_LENGTH = 128;

/** The eight fields of a report, bounded, and nothing else. A time that is none becomes null. */
export function toStatus(report: StatusReport): AgentStatus {
  const expectedAt = Date.parse(report.estimated_completion ?? '');
  return {
    agent_id: report.agent_id,
    status: report.status,
    current_task: clipOrNull(report.current_task),
    progress_percentage: report.progress_percentage,
    estimated_completion: Number.isFinite(expectedAt) ? toIso(expectedAt) : null,
    blocking_issues: report.blocking_issues.slice(0, MAX_ISSUES).map((issue) => clip(issue, MAX_ISSUE_LENGTH)),
    next_coordination_point: clipOrNull(report.next_coordination_point),
    outputs_ready: report.outputs_ready.slice(0, MAX_OUTPUTS).map((output) => clip(output, MAX_ID_LENGTH)),
  };
}

const clipOrNull = (text: string | null): string | null => (text === null ? null : clip(text, MAX_ID_LENGTH));

/** What is known of an attempt before its agent has said anything. */
export function toFirstStatus(sprint: Sprint, task: number): AgentStatus {
  const { agent, expectedAt } = taskRun(sprint, task);
  return {
    agent_id: agentOfTask(sprint, task).id,
    status: 'working',
    current_task: taskSpec(sprint, task).id,
    progress_percentage: 0,
    estimated_completion: toIso(expectedAt as number),
    blocking_issues: [],
    next_coordination_point: nextCheckpointAt(sprint, agent as number),
    outputs_ready: [],
  };
}

/** How an attempt ended: with a result, with an error (its own or its worker's loss), or taken away. */
export type AttemptEnd = 'finished' | 'failed' | 'withdrawn';

/** The last status of an attempt that has ended. */
export function toEndedStatus(sprint: Sprint, task: number, end: AttemptEnd): AgentStatus {
  const { deliverables, reason, status } = taskRun(sprint, task);
  const last = status as AgentStatus;
  const isFinished = end === 'finished';
  return {
    agent_id: last.agent_id,
    status: isFinished ? 'completed' : end === 'failed' ? 'error' : 'blocked',
    current_task: last.current_task,
    progress_percentage: isFinished ? 100 : last.progress_percentage,
    estimated_completion: null,
    blocking_issues: isFinished ? [] : [reason as string],
    next_coordination_point: last.next_coordination_point,
    outputs_ready: deliverables.length > 0 ? deliverables.slice(0, MAX_OUTPUTS).map(({ id }) => id) : last.outputs_ready,
  };
}
