import type { AgentStatus, StatusReport } from '../agent-status.ts';
import { nextCheckpointAt } from './attempt-input.ts';
import { taskRun, toIso, type Sprint } from './turn.ts';

/** The eight fields of a report, nothing else. */
export function toStatus(report: StatusReport): AgentStatus {
  const { agent_id, status, current_task, progress_percentage, estimated_completion } = report;
  const { blocking_issues, next_coordination_point, outputs_ready } = report;
  return { agent_id, status, current_task, progress_percentage, estimated_completion, blocking_issues, next_coordination_point, outputs_ready };
}

/** What is known of an attempt before its agent has said anything. */
export function toFirstStatus(sprint: Sprint, task: number): AgentStatus {
  const run = taskRun(sprint, task);
  return {
    agent_id: sprint.index.agents[run.agent as number]?.id ?? '',
    status: 'working',
    current_task: sprint.index.tasks[task]?.id ?? null,
    progress_percentage: 0,
    estimated_completion: run.expectedAt === null ? null : toIso(run.expectedAt),
    blocking_issues: [],
    next_coordination_point: nextCheckpointAt(sprint, run.agent as number),
    outputs_ready: [],
  };
}

export function toEndedStatus(sprint: Sprint, task: number, status: 'completed' | 'error'): AgentStatus {
  const run = taskRun(sprint, task);
  const last = run.status ?? toFirstStatus(sprint, task);
  return {
    ...last,
    status,
    progress_percentage: status === 'completed' && run.deliverables.length > 0 ? 100 : last.progress_percentage,
    estimated_completion: null,
    blocking_issues: status === 'error' && run.reason !== null ? [run.reason] : [],
    outputs_ready: run.deliverables.length > 0 ? run.deliverables.map(({ id }) => id) : last.outputs_ready,
  };
}
