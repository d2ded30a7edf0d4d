import type { Refusal } from '../failure.ts';
import { reassignTaskSchema, type ReassignTask } from '../messages.ts';
import { ownValue } from '../own-value.ts';
import { parseMessage } from '../parse-message.ts';
import type { Sprint, Task } from '../plan/plan.ts';
import type { Prepared } from '../prepared.ts';
import { err, type Result } from '../result.ts';
import type { AgentProfile } from '../roster.ts';
import { isCandidate } from '../sprint/sprint-index.ts';
import { isTaskEnded } from '../sprint/state.ts';
import { sprintOfTask, standingOf, tasksOf } from './standings.ts';
import type { ExecutionState } from './state.ts';

/** May the task go to that agent, as far as the execution knows? Its sprint looks again. */
export function checkReassignment(state: ExecutionState, raw: unknown): Result<ReassignTask, Refusal> {
  const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });
  const data = parseMessage(reassignTaskSchema, raw);
  if (!data.ok) return data;
  const { taskId, agentId, force } = data.value;
  const sprintId = state.prepared ? sprintOfTask(state, taskId) : null;
  if (sprintId === null) return refuse('UnknownTask', `the plan has no task "${taskId}"; the query tasks lists them`);
  const { plan, agents } = (state.prepared as Prepared).resolved;
  const standing = standingOf(state, sprintId)?.state;
  if (standing !== 'waiting' && standing !== 'started')
    return refuse('NotAllowedInPhase', `sprint ${sprintId} of the task "${taskId}" has been ${standing}`);
  const task = tasksOf(state, sprintId).find(({ id }) => id === taskId) as Task;
  const now = ownValue(state.tasks, taskId)?.state ?? 'waiting';
  if (isTaskEnded(now) || task.cancelled)
    return refuse('NotAllowedInPhase', `task "${taskId}" is ${task.cancelled ? 'cancelled' : now}: it cannot be reassigned`);
  const team = (plan.sprints.find(({ id }) => id === sprintId) as Sprint).agents;
  if (!team.includes(agentId))
    return refuse('UnknownAgent', `"${agentId}" does not work in sprint ${sprintId}, which has ${team.slice(0, 20).join(', ')}`);
  const agent = agents.find(({ id }) => id === agentId) as AgentProfile;
  if (force === true || isCandidate(task, agent)) return data;
  const why = task.agent === null ? `lacks one of ${task.skills.join(', ')}` : `is not ${task.agent}, whom the plan names`;
  return refuse('NotAllowedInPhase', `"${agentId}" may not do "${taskId}" by the plan: it ${why}; or send force: true`);
}
