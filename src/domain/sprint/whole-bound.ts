import { spreadOverSlots, workOfClasses } from './class-slots.ts';
import type { SprintDefinition } from './definition.ts';
import { groupByCandidates, measurePaths, networkOf } from './sprint-index.ts';

/**
 * What `remainingBoundMs` says of a sprint before anything in it has started (ms), without building the sprint: no order of its tasks ends
 * sooner than its longest path, and than the work of each class of tasks ÷ the slots of those who can do it. O(n).
 */
export function wholeBoundMs(definition: SprintDefinition): number {
  const { tasks, dependencies } = networkOf(definition.sprint.tasks);
  const { estimateMs, tailMs } = measurePaths(tasks, dependencies);
  const { classOf, classes } = groupByCandidates(tasks, definition);
  const boundsMs = spreadOverSlots(workOfClasses(classes, classOf, estimateMs), classes, definition.agents);
  return [...tailMs, ...boundsMs].reduce((most, ms) => Math.max(most, ms), 0);
}
