import type { Refusal } from '../failure.ts';
import type { ReassignTask } from '../messages.ts';
import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import { withdrawMoveOf } from './reallocations.ts';
import { putTasks } from './regrowth.ts';
import { isCandidate } from './sprint-index.ts';
import { overruleStandIns } from './stand-ins.ts';
import { isAtWork, isTaskEnded } from './state.ts';
import { agentProfile, decide, plannedSpec, taskRun, type Sprint, type Turn } from './turn.ts';
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
  const wanted = plannedSpec(sprint, task);
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
  const spec = plannedSpec(turn, task);
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
  } else putTasks(turn, [changed]);
  overruleStandIns(turn, taskId);
}

/**
 * Whom a task was reassigned to, it stays with, whoever decided that last, unless an amendment says who does it: the sprint alone knows in which
 * order such decisions have come, from the execution and from its own escalations.
 */
export function keepAgent(turn: Turn, task: Task): Task {
  const { reassigned = {} } = turn.state;
  const planned = ownValue(reassigned, task.id);
  if (planned === undefined) return task;
  if (task.agent === planned) return { ...task, agent: agentOfPlan(turn, task.id) };
  delete reassigned[task.id];
  return task;
}

const agentOfPlan = (sprint: Sprint, taskId: string): string | null =>
  plannedSpec(sprint, sprint.index.taskNumber.get(taskId) as number).agent;

/** Whom tasks have been reassigned to, by task id; null: none has. */
export function toReassigned(sprint: Sprint): Readonly<Record<string, string>> | null {
  const ids = Object.keys(sprint.state.reassigned ?? {});
  return ids.length === 0 ? null : Object.fromEntries(ids.map((id) => [id, agentOfPlan(sprint, id) as string]));
}
