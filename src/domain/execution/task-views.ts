import { toIso } from '../iso-time.ts';
import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';
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

/** A task with what its sprint has told of it. */
export function toTaskView(state: ExecutionState, { task, sprint }: PlannedTask): TaskView {
  const news = ownValue(state.tasks, task.id);
  const planned = { id: task.id, sprint: sprint.id, title: task.title, plannedMs: task.estimateMs };
  if (!news) return { ...planned, ...toUntold(state, task, sprint) };
  const { startedAt, endedAt, ...told } = news;
  return {
    ...planned,
    ...told,
    startedAt: toIsoOrNull(startedAt),
    endedAt: toIsoOrNull(endedAt),
    actualMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}

const toIsoOrNull = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

/** Nothing has been told of it, so it waits; or nothing will be. */
function toUntold(state: ExecutionState, task: Task, sprint: SprintStanding) {
  const { end, reason } = endOfUntold(state, sprint);
  return {
    state: end,
    priority: ownValue(state.priorities, task.id)?.priority ?? task.priority,
    agent_id: task.agent,
    attempts: 0,
    startedAt: null,
    endedAt: null,
    actualMs: null,
    reason,
    deliverables: [],
  };
}

function endOfUntold(state: ExecutionState, sprint: SprintStanding): Pick<TaskNews, 'reason'> & { end: TaskNews['state'] } {
  if (sprint.state === 'ended') return { end: 'cancelled', reason: 'its sprint ended without telling of it' };
  if (sprint.state === 'skipped' || isExecutionFinal(state.phase)) return { end: 'skipped', reason: 'its sprint did not run' };
  return { end: 'waiting', reason: null };
}
