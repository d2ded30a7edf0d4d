import type { SprintDefinition } from './definition.ts';
import { groupByCandidates, measurePaths, networkOf } from './sprint-index.ts';

/**
 * What `remainingBoundMs` says of a sprint before anything in it has started (ms), without building the sprint: no order of its tasks ends
 * sooner than its longest path, and than the work of each class of tasks ÷ the slots of those who can do it. O(n).
 */
export function wholeBoundMs(definition: SprintDefinition): number {
  const { tasks, successors, dependencies } = networkOf(definition.sprint.tasks);
  const { estimateMs, tailMs } = measurePaths(tasks, successors, dependencies);
  const { classOf, classes } = groupByCandidates(tasks, definition);
  const workMs = classes.map(() => 0);
  for (const [number, group] of classOf.entries()) workMs[group] = (workMs[group] as number) + (estimateMs[number] as number);
  const boundsMs = classes.map((agents, group) => {
    const slots = agents.reduce((sum, agent) => sum + (definition.agents[agent]?.capacity ?? 0), 0);
    return (workMs[group] as number) / Math.max(1, slots);
  });
  return [...tailMs, ...boundsMs].reduce((most, ms) => Math.max(most, ms), 0);
}
