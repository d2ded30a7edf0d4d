import { elementAt } from '../lookup.ts';
import { topologicalOrder } from '../plan/network.ts';
import { hashToUnit } from '../random.ts';
import { slotsOf, spreadOverSlots, workOfClasses } from './class-slots.ts';
import type { SprintIndex } from './sprint-index.ts';

/**
 * An order of ready tasks of equal priority: a rule that weighs tasks, the heaviest first, and a seed. Seed 0 is the rule itself, any other
 * a perturbation of its weights. So an order of any number of tasks is two words, and everybody computes the same ranks from them.
 */
export interface TaskOrder {
  readonly rule: OrderRule;
  readonly seed: number;
}

export type OrderRule = keyof typeof WEIGHTS;

export const isSameOrder = (a: TaskOrder, b: TaskOrder): boolean => a.rule === b.rule && a.seed === b.seed;

/**
 * Longest remaining path first. With agents that are all as fast as each other and no cost of handing over it is the upward rank of HEFT
 * (Topcuoglu et al. 2002).
 */
export const LONGEST_PATH: TaskOrder = { rule: 'longestPath', seed: 0 };

const WEIGHTS = {
  longestPath: ({ tailMs }: SprintIndex) => tailMs,
  contendedPath: weighContendedPaths,
  pathAndWork: weighPathAndWork,
  sharedWork: weighSharedWork,
  criticality: ({ tailMs, earliestFinishMs, estimateMs }: SprintIndex) =>
    tailMs.map((tail, task) => elementAt(earliestFinishMs, task) - elementAt(estimateMs, task) + tail),
  mostSuccessors: ({ successors }: SprintIndex) => successors.map(({ length }) => length),
  largestWork: ({ estimateMs }: SprintIndex) => estimateMs,
  smallestWork: ({ estimateMs }: SprintIndex) => estimateMs.map((ms) => -ms),
} as const satisfies Record<string, (facts: SprintIndex) => readonly number[]>;

export const ORDER_RULES = Object.keys(WEIGHTS) as readonly OrderRule[];

/** In words, for the log. */
export const describeOrder = ({ rule, seed }: TaskOrder): string => {
  const words = rule.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return seed === 0 ? words : `${words}, variation ${seed}`;
};

/** How far a seed moves a weight at most, as a share of it. */
const STRENGTHS = [0.05, 0.1, 0.2, 0.4] as const;

/** Place of each task: by the order's weight, then the longest remaining path, then id. O(n log n). */
export function rankTasks(index: SprintIndex, { rule, seed }: TaskOrder): number[] {
  const { tasks, tailMs } = index;
  const weights = WEIGHTS[rule](index);
  const byId = tasks.map(({ id }, task) => ({ id, task, weight: elementAt(weights, task), tail: elementAt(tailMs, task) }));
  if (seed !== 0) {
    const strength = elementAt(STRENGTHS, seed % STRENGTHS.length);
    byId.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const [place, each] of byId.entries()) each.weight *= 1 + strength * (2 * hashToUnit(seed, place) - 1);
  }
  byId.sort((a, b) => b.weight - a.weight || b.tail - a.tail || (a.id < b.id ? -1 : 1));
  const rank = tasks.map(() => 0);
  for (const [place, { task }] of byId.entries()) rank[task] = place;
  return rank;
}

/** Longest paths, where each task counts the more the scarcer its agents and its resources are. */
function weighContendedPaths(index: SprintIndex): number[] {
  const { agents, classes, classOf, estimateMs, needs, resourceCapacity } = index;
  const resourceLoad = index.resourceIds.map(() => 0);
  for (const [task, ms] of estimateMs.entries()) {
    for (const { resource, mode } of elementAt(needs, task)) {
      const share = mode === 'exclusive' ? ms : ms / elementAt(resourceCapacity, resource);
      resourceLoad[resource] = elementAt(resourceLoad, resource) + share;
    }
  }
  const perSlot = spreadOverSlots(workOfClasses(classes, classOf, estimateMs), classes, agents);
  const most = Math.max(1, ...perSlot, ...resourceLoad);
  const pressed = estimateMs.map((ms, task) => {
    const loads = elementAt(needs, task).map(({ resource }) => elementAt(resourceLoad, resource));
    return ms * (0.25 + Math.max(elementAt(perSlot, elementAt(classOf, task)), ...loads) / most);
  });
  return walkBack(
    index,
    (task, after, tails) =>
      after.reduce((longest, next) => Math.max(longest, elementAt(tails, next)), 0) + elementAt(pressed, task),
  );
}

/** All work behind a task, its own included; what several tasks lead to is shared between them. */
function weighSharedWork(index: SprintIndex): number[] {
  const { estimateMs, dependencies } = index;
  return walkBack(index, (task, after, work) =>
    after.reduce((sum, next) => sum + elementAt(work, next) / elementAt(dependencies, next).length, elementAt(estimateMs, task)),
  );
}

/** The longest path plus the time that the work behind the task takes its agents. */
function weighPathAndWork(index: SprintIndex): number[] {
  const { agents, classes, classOf, tailMs } = index;
  const work = weighSharedWork(index);
  const slots = classes.map((team) => Math.max(1, slotsOf(team, agents)));
  return tailMs.map((tail, task) => tail + elementAt(work, task) / elementAt(slots, elementAt(classOf, task)));
}

/** Weighs each task after all that come after it. */
function walkBack(
  { dependencies, successors }: SprintIndex,
  weigh: (task: number, after: readonly number[], weights: readonly number[]) => number,
): number[] {
  const weights = dependencies.map(() => 0);
  for (const task of topologicalOrder(dependencies).toReversed())
    weights[task] = weigh(task, elementAt(successors, task), weights);
  return weights;
}
