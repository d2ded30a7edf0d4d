import { ownValue } from '../own-value.ts';
import type { Prepared } from '../prepared.ts';
import { compareForUndo, toUndoSteps, type UndoStep } from '../rollback/undo-step.ts';
import { toSprintDefinition } from '../sprint/definition.ts';
import { buildIndex } from '../sprint/sprint-index.ts';
import { predecessors, tasksOf } from './standings.ts';
import type { ExecutionState, SprintStanding } from './state.ts';

const hasBegun = ({ state }: SprintStanding): boolean => state === 'started' || state === 'ended';

/** A sprint with all that come after it, at any distance. */
export function withLater(state: ExecutionState, sprintId: string): SprintStanding[] {
  const before = predecessors(state);
  const meant = new Set([sprintId]);
  for (let known = 0; known < meant.size;) {
    known = meant.size;
    for (const { id } of state.sprints) if (before.get(id)?.some((one) => meant.has(one.id))) meant.add(id);
  }
  return state.sprints.filter(({ id }) => meant.has(id));
}

/** What a rollback undoes: a sprint with those that came after it and have begun, or all that have; in the order of the plan. */
export const begunFrom = (state: ExecutionState, sprintId: string | null): SprintStanding[] =>
  (sprintId === null ? state.sprints : withLater(state, sprintId)).filter(hasBegun);

/** Ids of the sprint's tasks that are at work and depend on tasks of these sprints, as it has told of them. */
export function atWorkOn(state: ExecutionState, sprintId: string, sprintIds: readonly string[]): string[] {
  const meant = new Set(sprintIds.flatMap((id) => (id === sprintId ? [] : tasksOf(state, id).map((task) => task.id))));
  return tasksOf(state, sprintId).flatMap(({ id, dependsOn }) => {
    const now = ownValue(state.tasks, id)?.state;
    return (now === 'running' || now === 'blocked') && dependsOn.some(({ task }) => meant.has(task)) ? [id] : [];
  });
}

/** Ids of ended sprints, the one that ended last first: none comes after one that depends on it. */
export const toUndoOrder = (sprints: readonly SprintStanding[]): string[] =>
  sprints.toSorted((a, b) => (b.endedAs ?? 0) - (a.endedAs ?? 0)).map(({ id }) => id);

/**
 * Steps that undo what the tasks of an ended sprint have done, by what it has told of them; newest first.
 * A compensation is the check of the plan as it is now: an amendment does not change what has ended.
 */
export function toSprintUndoSteps(state: ExecutionState, sprintId: string): readonly UndoStep[] {
  const { resolved } = state.prepared as Prepared;
  const from = { executionId: state.executionId, ownerId: '', sprintId, delivered: [] };
  const { tailMs } = buildIndex(toSprintDefinition(resolved, from));
  const queues = new Map(resolved.agents.map(({ id, queue }) => [id, queue]));
  const begun = tasksOf(state, sprintId).flatMap((task, place) => {
    const news = ownValue(state.tasks, task.id);
    const queue = queues.get(news?.agent_id ?? '');
    if (!news || news.startedAt === null || queue === undefined) return [];
    const done = { kind: 'undo' as const, attempt: news.attempts, queue, deliverables: news.deliverables };
    return [{ task, done, startedAt: news.startedAt, tailMs: tailMs[place] as number, place }];
  });
  return begun.toSorted(compareForUndo).flatMap(({ task, done }) => toUndoSteps(task, done, resolved.checks));
}
