import { takeWithin } from './json-size.ts';
import type { TaskView } from './views.ts';

/** Bytes of JSON for the deliverables of a task in a list; `report.json` has all of them. */
const MAX_DELIVERABLES_BYTES = 128 * 1024;

/** A task as the query `tasks` lists it: of very many deliverables the first, and how many there are. */
export function toListedTask(task: TaskView): TaskView {
  const deliverables = takeWithin(task.deliverables, MAX_DELIVERABLES_BYTES);
  const { length } = task.deliverables;
  return deliverables.length === length ? task : { ...task, deliverables, deliverablesTotal: length };
}
