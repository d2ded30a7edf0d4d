import type { Task } from './plan.ts';

/**
 * What is made of a task is made once and kept as long as the task: revisions of a plan share the tasks that they do not change, and nobody
 * changes a task in place. `make` must follow from the task alone.
 */
export function oncePerTask<T extends {}>(make: (task: Task) => T): (task: Task) => T {
  const made = new WeakMap<Task, T>();
  return (task) => {
    const known = made.get(task);
    if (known !== undefined) return known;
    const fresh = make(task);
    made.set(task, fresh);
    return fresh;
  };
}
