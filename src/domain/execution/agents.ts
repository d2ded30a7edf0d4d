import type { AgentStatus } from '../agent-status.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

/**
 * One status per attempt at work, then one per agent of the roster without any: as it was last told, or as it waits. An agent that
 * is idle in one sprint and at work in another is at work.
 */
export function toAgents(state: ExecutionState): AgentStatus[] {
  const started = state.sprints.flatMap(({ state: now, progress }) => (now === 'started' ? (progress?.agents ?? []) : []));
  const atWork = started.filter(isAtWork);
  const busy = new Set(atWork.map(({ agent_id }) => agent_id));
  // What is told later, and by sprints at work, comes last and stays.
  const ended = state.sprints.flatMap(({ state: now, progress }) => (now === 'started' ? [] : (progress?.agents ?? [])));
  const last = new Map([...ended, ...started].map((status) => [status.agent_id, status]));
  const idle = (state.prepared?.resolved.agents ?? []).flatMap(({ id }) =>
    busy.has(id) ? [] : [last.get(id) ?? toWaiting(state, id)],
  );
  return [...atWork, ...idle];
}

const isAtWork = ({ status, current_task }: AgentStatus): boolean =>
  current_task !== null && (status === 'working' || status === 'blocked');

function toWaiting({ phase, authorization }: ExecutionState, agent_id: string): AgentStatus {
  const isOver = isExecutionFinal(phase);
  const issue = authorization.documented ? 'waits for its sprint' : 'waits for authorization';
  return {
    agent_id,
    status: isOver ? 'completed' : 'blocked',
    current_task: null,
    progress_percentage: 0,
    estimated_completion: null,
    blocking_issues: isOver ? [] : [issue],
    next_coordination_point: null,
    outputs_ready: [],
  };
}
