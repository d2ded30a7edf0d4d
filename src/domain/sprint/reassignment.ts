import type { Refusal } from '../failure.ts';
import type { ReassignTask } from '../messages.ts';
import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import { withdrawMoveOf } from './reallocations.ts';
import { putTasks } from './regrowth.ts';
import { isCandidate } from './sprint-index.ts';
import { isAtWork, isTaskEnded } from './state.ts';
import { agentProfile, decide, nextSpec, taskRun, type Sprint, type Turn } from './turn.ts';
import { withdrawAttempt } from './withdrawal.ts';

/** May the task go to that agent? Both are known to the sprint. Without `force` only to one that the plan lets do it. */
export function checkReassignment(sprint: Sprint, { taskId, agentId, force }: ReassignTask): Result<void, Refusal> {
  const { index, definition } = sprint;
  const task = index.taskNumber.get(taskId) as number;
  const agent = agentProfile(sprint, index.agentNumber.get(agentId) as number);
  const run = taskRun(sprint, task);
  const refuse = (message: string): Result<never, Refusal> => err({ type: 'NotAllowedInPhase', message });
  if (isTaskEnded(run.state)) return refuse(`task "${taskId}" is ${run.state}: only one that has not ended can be reassigned`);
  if (!definition.sprint.agents.includes(agentId))
    return refuse(`"${agentId}" has been taken out of the sprint; add it by an amendment first`);
  if (isAtWork(run.state) && run.agent === index.agentNumber.get(agentId) && run.withdrawn === undefined)
    return refuse(`"${agentId}" is at work on "${taskId}" already`);
  const wanted = nextSpec(sprint, task);
  if (force === true || isCandidate(wanted, agent)) return ok(undefined);
  const why =
    wanted.agent === null ? `lacks ${missing(wanted.skills, agent.skills)}` : `is not ${wanted.agent}, whom the plan names`;
  return refuse(`"${agentId}" may not do "${taskId}" by the plan: it ${why}; name another agent, or send force: true`);
}

const missing = (wanted: readonly string[], has: readonly string[]): string =>
  wanted.filter((skill) => !has.includes(skill)).join(', ');

/** From now on that agent alone does the task; an attempt of another is taken away and what it still delivers refused. */
export function reassign(turn: Turn, { by, taskId, agentId, reason, force }: ReassignTask): void {
  const task = turn.index.taskNumber.get(taskId) as number;
  const run = taskRun(turn, task);
  const spec = nextSpec(turn, task);
  const isForced = force === true && !isCandidate(spec, agentProfile(turn, turn.index.agentNumber.get(agentId) as number));
  const why = `reassigned to ${agentId} by ${by}${reason ? `: ${reason}` : ''}`;
  decide(turn, 'taskReassigned', `"${spec.title}" is ${why}${isForced ? ' (forced: the plan would not have chosen it)' : ''}`, {
    task: taskId,
    agent_id: agentId,
    by,
    forced: isForced,
  });
  withdrawMoveOf(turn, task, why);
  const reassigned = (turn.state.reassigned ??= {});
  if (!Object.hasOwn(reassigned, taskId)) reassigned[taskId] = spec.agent;
  const changed = { ...spec, agent: agentId };
  if (isAtWork(run.state)) {
    (turn.state.pending ??= {})[taskId] = changed;
    withdrawAttempt(turn, task, why);
    return;
  }
  putTasks(turn, [changed]);
}

/** Whom a task was reassigned to here, it stays with, unless an amendment says who does it. */
export function keepAgent({ definition, index, state }: Turn, task: Task): Task {
  const number = index.taskNumber.get(task.id);
  if (number === undefined || !state.reassigned || !Object.hasOwn(state.reassigned, task.id)) return task;
  const { agent } = (state.pending && ownValue(state.pending, task.id)) ?? (definition.sprint.tasks[number] as Task);
  if (task.agent === state.reassigned[task.id]) return { ...task, agent };
  if (task.agent !== agent) delete state.reassigned[task.id];
  return task;
}
