import { isOverlapping } from '../../../src/domain/plan/declared-path.ts';
import type { Task } from '../../../src/domain/plan/plan.ts';

/** Whether two tasks could never be at work together for what they lease, by the plan alone. */
export const clash = (one: Task, two: Task): boolean =>
  one.resources.some((need) =>
    two.resources.some(({ id, mode }) => id === need.id && (mode === 'exclusive' || need.mode === 'exclusive')),
  ) || one.paths.some((path) => two.paths.some((other) => isOverlapping(path, other)));
