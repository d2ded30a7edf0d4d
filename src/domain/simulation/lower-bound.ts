import { elementAt } from '../lookup.ts';
import { slotsOf, workOfClasses } from '../sprint/class-slots.ts';
import type { SprintIndex } from '../sprint/sprint-index.ts';

/**
 * No order of the tasks ends sooner: the longest path, the work of every set of agents ÷ its slots, the work under every lease ÷ its
 * capacity. O(n) for few kinds of tasks.
 */
export function lowerBoundMs(index: SprintIndex): number {
  const { agents, classes, classOf, estimateMs, needs, resourceCapacity, resourceIds, tailMs } = index;
  const classWorkMs = workOfClasses(classes, classOf, estimateMs);
  const leasedMs = resourceIds.map(() => 0);
  let boundMs = 0;
  for (const [task, ms] of estimateMs.entries()) {
    boundMs = Math.max(boundMs, elementAt(tailMs, task));
    for (const { resource, mode } of elementAt(needs, task)) {
      leasedMs[resource] =
        elementAt(leasedMs, resource) + (mode === 'exclusive' ? ms : ms / elementAt(resourceCapacity, resource));
    }
  }
  for (const able of classes) {
    const team = new Set(able);
    const slots = slotsOf(able, agents);
    const workMs = classes.reduce(
      (sum, other, group) => (other.every((agent) => team.has(agent)) ? sum + elementAt(classWorkMs, group) : sum),
      0,
    );
    if (slots > 0) boundMs = Math.max(boundMs, workMs / slots);
  }
  return leasedMs.reduce((most, ms) => Math.max(most, ms), boundMs);
}
