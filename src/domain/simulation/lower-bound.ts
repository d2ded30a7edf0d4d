import { elementAt } from '../lookup.ts';
import type { SprintIndex } from '../sprint/sprint-index.ts';

/**
 * No order of the tasks ends sooner: the longest path, the work of every set of agents ÷ its slots, the work under every lease ÷ its
 * capacity. O(n) for few kinds of tasks.
 * @param slotsOf Tasks at a time of an agent, by number.
 */
export function lowerBoundMs(
  index: SprintIndex,
  slotsOf = (agent: number): number => elementAt(index.agents, agent).capacity,
): number {
  const { classes, classOf, estimateMs, needs, resourceCapacity, resourceIds, tailMs } = index;
  const classWorkMs = classes.map(() => 0);
  const leasedMs = resourceIds.map(() => 0);
  let boundMs = 0;
  for (const [task, ms] of estimateMs.entries()) {
    const group = elementAt(classOf, task);
    boundMs = Math.max(boundMs, elementAt(tailMs, task));
    classWorkMs[group] = elementAt(classWorkMs, group) + ms;
    for (const { resource, mode } of elementAt(needs, task)) {
      leasedMs[resource] =
        elementAt(leasedMs, resource) + (mode === 'exclusive' ? ms : ms / elementAt(resourceCapacity, resource));
    }
  }
  for (const agents of classes) {
    const team = new Set(agents);
    const slots = agents.reduce((sum, agent) => sum + slotsOf(agent), 0);
    const workMs = classes.reduce(
      (sum, other, group) => (other.every((agent) => team.has(agent)) ? sum + elementAt(classWorkMs, group) : sum),
      0,
    );
    if (slots > 0) boundMs = Math.max(boundMs, workMs / slots);
  }
  return leasedMs.reduce((most, ms) => Math.max(most, ms), boundMs);
}
