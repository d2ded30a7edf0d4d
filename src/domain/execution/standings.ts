import type { Sprint, Task } from '../plan/plan.ts';
import type { Prepared } from '../prepared.ts';
import type { ExecutionState, SprintStanding } from './state.ts';

export const standingOf = (state: ExecutionState, id: string): SprintStanding | undefined =>
  state.sprints.find((sprint) => sprint.id === id);

/** Tasks of a sprint that the plan has, which is prepared then. */
export function tasksOf({ prepared }: ExecutionState, sprintId: string): readonly Task[] {
  const { sprints } = (prepared as Prepared).resolved.plan;
  return (sprints.find(({ id }) => id === sprintId) as Sprint).tasks;
}

/** Id of the sprint that has the task; null for a task that the plan does not have. */
export const sprintOfTask = ({ prepared }: ExecutionState, taskId: string): string | null =>
  prepared?.resolved.plan.sprints.find(({ tasks }) => tasks.some(({ id }) => id === taskId))?.id ?? null;

/** The sprints that each sprint of a prepared plan waits for, by id, in the order of the plan's edges. */
export function predecessors(state: ExecutionState): ReadonlyMap<string, readonly SprintStanding[]> {
  const standings = new Map(state.sprints.map((sprint) => [sprint.id, sprint]));
  const before = new Map<string, SprintStanding[]>(state.sprints.map(({ id }) => [id, []]));
  for (const edge of (state.prepared as Prepared).resolved.order) {
    const earlier = standings.get(edge.before);
    if (earlier) before.get(edge.after)?.push(earlier);
  }
  return before;
}
