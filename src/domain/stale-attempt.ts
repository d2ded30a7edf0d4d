import type { Refusal } from './failure.ts';
import type { TaskPhase } from './views.ts';

/** How far a task is: the number of its last attempt, 0 before the first. */
export interface TaskStanding {
  readonly attempt: number;
  readonly state: TaskPhase;
}

/** Ids of items that an attempt has opened: `<task>#<attempt>`, `<task>#<attempt>/<question>`. */
const ITEM_OF_ATTEMPT = /^([^#/]+)#([1-9]\d{0,8})(?:\/|$)/;

/** The refusal of an answer to what an attempt has asked that is over; null where the item is not of such a one. */
export function findStaleAttempt(itemId: string, standingOf: (taskId: string) => TaskStanding | undefined): Refusal | null {
  const [, taskId, number] = ITEM_OF_ATTEMPT.exec(itemId) ?? [];
  const task = taskId === undefined ? undefined : standingOf(taskId);
  if (task === undefined) return null;
  const isAtWork = task.state === 'running' || task.state === 'blocked';
  const oldest = isAtWork ? task.attempt : task.attempt + 1;
  if (Number(number) >= oldest) return null;
  const now = isAtWork ? `expected attempt ${task.attempt}, which is at work` : `"${taskId}" is ${task.state}`;
  return { type: 'StaleAttempt', message: `"${itemId}" is of attempt ${number} of "${taskId}", which is over; ${now}` };
}
