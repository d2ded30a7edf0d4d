import { elementAt } from '../lookup.ts';

/** Tasks at a time of a team, agents by their numbers in the list. */
export const slotsOf = (team: readonly number[], agents: readonly { readonly capacity: number }[]): number =>
  team.reduce((sum, agent) => sum + elementAt(agents, agent).capacity, 0);

/** Work of each class of tasks (ms), from that of each task. */
export function workOfClasses(classes: readonly unknown[], classOf: readonly number[], workMs: readonly number[]): number[] {
  const sums = classes.map(() => 0);
  for (const [task, group] of classOf.entries()) sums[group] = elementAt(sums, group) + elementAt(workMs, task);
  return sums;
}

/** How long the work of each class takes all who can do its tasks (ms). */
export const spreadOverSlots = (
  workMs: readonly number[],
  classes: readonly (readonly number[])[],
  agents: Parameters<typeof slotsOf>[1],
): number[] => workMs.map((ms, group) => ms / Math.max(1, slotsOf(elementAt(classes, group), agents)));
