import { toIso } from '../iso-time.ts';
import { ownValue } from '../own-value.ts';
import type { Sprint, Task } from '../plan/plan.ts';
import type { TaskView } from '../views.ts';
import { tasksOf } from './standings.ts';
import { isExecutionFinal, type ExecutionState, type SprintStanding, type TaskNews } from './state.ts';

/** One task of the plan in its place. */
export interface PlannedTask {
  readonly task: Task;
  readonly sprint: SprintStanding;
}

/** All tasks in the order of the plan. */
export const plannedTasks = (state: ExecutionState): PlannedTask[] =>
  state.sprints.flatMap((sprint) => tasksOf(state, sprint.id).map((task) => ({ task, sprint })));

/** Tasks that a revision would add, while it awaits its authorization. */
export function awaitedTasks(state: ExecutionState): TaskView[] {
  const pending = state.amendments?.pending;
  if (!pending) return [];
  const { resolved } = pending.revision;
  return state.sprints.flatMap((sprint) => {
    const known = tasksOf(state, sprint.id).length;
    const tasks = (resolved.plan.sprints.find(({ id }) => id === sprint.id) as Sprint).tasks;
    return tasks.slice(known).map((task) => toTaskView(state, { task, sprint }));
  });
}

/** A task with what its sprint has told of it. */
export function toTaskView(state: ExecutionState, { task, sprint }: PlannedTask): TaskView {
  const news = ownValue(state.tasks, task.id);
  const planned = { id: task.id, sprint: sprint.id, title: task.title, plannedMs: task.estimateMs };
  if (!news) return { ...planned, ...toUntold(state, task, sprint), ...toAwaited(state, task.id) };
  const { startedAt, endedAt, ...told } = news;
  return {
    ...planned,
    ...told,
    ...(told.state === 'waiting' ? toAwaited(state, task.id) : {}),
    startedAt: toIsoOrNull(startedAt),
    endedAt: toIsoOrNull(endedAt),
    actualMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}

/** Of a task that must not start before a revision that changes it is decided on. */
function toAwaited({ amendments }: ExecutionState, id: string): { reason?: string } {
  const pending = amendments?.pending;
  if (!pending) return {};
  const isChanged = pending.revision.differences.some(({ task }) => task === id);
  return isChanged ? { reason: `awaiting authorization of revision ${pending.revision.revision}` } : {};
}

const toIsoOrNull = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

/** Nothing has been told of it, so it waits; or nothing will be. */
function toUntold(state: ExecutionState, task: Task, sprint: SprintStanding) {
  const { end, reason } = task.cancelled ? TAKEN_OUT : endOfUntold(state, sprint);
  return {
    state: end,
    priority: ownValue(state.priorities, task.id)?.priority ?? task.priority,
    agent_id: task.agent,
    attempts: (sprint.earlier && ownValue(sprint.earlier.attempts, task.id)) ?? 0,
    startedAt: null,
    endedAt: null,
    actualMs: null,
    reason,
    deliverables: [],
  };
}

const TAKEN_OUT = { end: 'cancelled', reason: 'taken out of the plan' } as const;

function endOfUntold(state: ExecutionState, sprint: SprintStanding): Pick<TaskNews, 'reason'> & { end: TaskNews['state'] } {
  if (sprint.state === 'ended') return { end: 'cancelled', reason: 'its sprint ended without telling of it' };
  if (sprint.state === 'skipped' || isExecutionFinal(state.phase))
    return { end: 'skipped', reason: sprint.earlier ? 'its sprint was rolled back' : 'its sprint did not run' };
  return { end: 'waiting', reason: null };
}
