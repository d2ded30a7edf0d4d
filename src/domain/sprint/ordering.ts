import { formatDuration } from '../duration.ts';
import { slotsOf } from './class-slots.ts';
import type { FoundOrder, SprintEvent } from './events.ts';
import { remainingBoundMs } from './forecast.ts';
import { reorderAll } from './parking.ts';
import type { SprintIndex } from './sprint-index.ts';
import type { Ordering } from './state.ts';
import { describeOrder, isSameOrder, rankTasks } from './task-order.ts';
import { agentOfTask, decide, placeOf, taskRun, type Turn } from './turn.ts';

/**
 * Ready tasks are ordered by the longest remaining path at first. A search for a better order simulates what is left of the sprint under
 * many orders; it runs outside, nothing waits for it, and its choice comes back as an event. It is made at the start, where an order can
 * matter at all, and again when actual times have departed from the estimates: with growing gaps, a bounded number of times.
 */

/** Searches in one sprint, at most. */
export const MAX_SEARCHES = 10;
/** Of the whole work, what the tasks done must have been off their estimates before the next search; it grows with each. */
const FIRST_DEPARTURE = 0.05;
const DEPARTURE_GROWTH = 1.5;
/** An answer that has not come by then will not come: its worker died, or this sprint has continued as new. */
const ANSWER_WITHIN_MS = 120_000;
/** What ends sooner is not worth a search. */
const LEAST_REST_MS = 3_000;
const LEAST_WAITING = 3;

/** Asks for a search if an order could matter; see above. */
export function searchOrder(turn: Turn): void {
  const { state } = turn;
  const { ordering } = state;
  // What waits for a decision on an amendment may be another task after it.
  if (ordering.asked >= MAX_SEARCHES || state.hold || isUnderWay(ordering, state.now)) return;
  ordering.departedMs = 0;
  if (!canMatter(turn)) return;
  ordering.asked += 1;
  ordering.askedAt = state.now;
  turn.effects.push({ type: 'searchOrder', search: ordering.asked });
}

const isUnderWay = ({ askedAt }: Ordering, now: number): boolean => askedAt !== null && now - askedAt < ANSWER_WITHIN_MS;

function canMatter(turn: Turn): boolean {
  const { definition, index, state } = turn;
  const waiting = state.tasks.filter((run) => run.state === 'waiting').length;
  if (state.phase !== 'running' || waiting < LEAST_WAITING) return false;
  // Without estimates every simulation is a guess.
  const estimated = index.tasks.filter((task) => task.estimateMs !== null).length;
  if (2 * estimated < index.tasks.length) return false;
  const { checkpoints } = definition.sprint;
  const hasMore = checkpoints.length + index.triggers.length + index.resourceIds.length > 0;
  if (!hasMore && !isContended(index)) return false;
  return remainingBoundMs(turn) >= LEAST_REST_MS;
}

/** Whether more tasks than there are slots would be at work at a time if each started as early as its dependencies let it. */
export function isContended({ agents, classes, classOf, earliestFinishMs, estimateMs }: SprintIndex): boolean {
  const free = classes.map((team) => slotsOf(team, agents));
  let allFree = slotsOf([...agents.keys()], agents);
  // Most plans are at their start already, which takes no sorting.
  const atStart = estimateMs.filter((ms, task) => ms > 0 && earliestFinishMs[task] === ms).length;
  if (atStart > allFree) return true;
  const changes = [...estimateMs.entries()].flatMap(([task, ms]) => {
    const end = earliestFinishMs[task] as number;
    return [
      { at: end - ms, task, by: -1 },
      { at: end, task, by: 1 },
    ];
  });
  changes.sort((a, b) => a.at - b.at || b.by - a.by);
  return changes.some(({ task, by }) => {
    const group = classOf[task] as number;
    free[group] = (free[group] as number) + by;
    allFree += by;
    return allFree < 0 || free[group] < 0;
  });
}

/** Takes the duration of a task that is about to end well into what is known of the estimates, which may call for another search. */
export function measureEstimate(turn: Turn, task: number): void {
  const { index, state } = turn;
  const { ordering } = state;
  // How soon people answer says nothing about how right the other estimates are.
  if (agentOfTask(turn, task).kind === 'human') return;
  const estimatedMs = index.estimateMs[task] as number;
  const actualMs = state.now - (taskRun(turn, task).startedAt as number);
  const departedMs = Math.abs(actualMs - estimatedMs);
  const { measured } = ordering;
  measured.tasks += 1;
  measured.estimatedMs += estimatedMs;
  measured.actualMs += actualMs;
  measured.estimatedSquare += estimatedMs ** 2;
  measured.actualSquare += actualMs ** 2;
  measured.product += estimatedMs * actualMs;
  ordering.departedMs += departedMs;
  const thresholdMs = state.work.totalMs * FIRST_DEPARTURE * DEPARTURE_GROWTH ** ordering.asked;
  if (ordering.departedMs >= thresholdMs) searchOrder(turn);
}

/** What a search has found comes into force, if it is the answer to the last one. */
export function takeOrder(turn: Turn, { search, order, ...found }: Extract<SprintEvent, { type: 'orderChosen' }>): void {
  const { index, state, rank, places } = turn;
  if (!isAwaited(state.ordering, search)) return;
  const text = describeChoice({ ...found, order }, state.ordering.order);
  state.ordering.askedAt = null;
  if (!isSameOrder(order, state.ordering.order))
    state.ordering.changed = { at: state.now, simulatedMs: found.meanMs, withoutMs: found.currentMs };
  state.ordering.order = order;
  state.ordering.forecastFactor = Math.max(1, found.forecastFactor);
  for (const [task, place] of rankTasks(index, order).entries()) rank[task] = place;
  for (const [task, { priority }] of state.tasks.entries()) places[task] = placeOf(turn, task, priority);
  reorderAll(turn);
  decide(turn, 'orderChosen', text, { ...order, simulatedMs: found.meanMs, currentMs: found.currentMs, tried: found.tried });
}

export function takeSearchFailure(turn: Turn, { search, reason }: Extract<SprintEvent, { type: 'orderSearchFailed' }>): void {
  if (!isAwaited(turn.state.ordering, search)) return;
  turn.state.ordering.askedAt = null;
  const order = describeOrder(turn.state.ordering.order);
  decide(turn, 'orderSearchFailed', `the search for a better order of tasks failed, ${order} stays: ${reason}`, { reason });
}

const isAwaited = ({ asked, askedAt }: Ordering, search: number): boolean => askedAt !== null && search === asked;

function describeChoice({ order, meanMs, currentMs, tried }: FoundOrder, current: Ordering['order']): string {
  const rest = `the rest simulated in ${inWords(meanMs)}`;
  if (isSameOrder(order, current)) {
    return `order "${describeOrder(order)}" stays: ${rest}, ${tried === 1 ? 'no order can be better' : `none of ${tried} orders is better`}`;
  }
  return `order "${describeOrder(order)}" chosen: ${rest} against ${inWords(currentMs)} for ${describeOrder(current)}; ${tried} orders tried`;
}

/** At the end of a sprint whose order was changed: what came of it. */
export function measureOrder(turn: Turn): void {
  const { now, ordering } = turn.state;
  if (ordering.changed === null) return;
  const { at, simulatedMs, withoutMs } = ordering.changed;
  const actualMs = now - at;
  const text = `order "${describeOrder(ordering.order)}": the rest took ${inWords(actualMs)}, simulated in ${inWords(simulatedMs)}; ${inWords(withoutMs)} without it`;
  decide(turn, 'orderMeasured', text, { ...ordering.order, actualMs, simulatedMs, withoutMs });
}

/** To a tenth of a second below a minute, to the second above. */
const inWords = (ms: number): string => formatDuration(ms < 60_000 ? 100 * Math.round(ms / 100) : 1_000 * Math.round(ms / 1_000));

/** How actual times come out of estimates: `delayMs` and `bias` times the estimate, in the median, with σ `spread` around that. */
export interface MeasuredEstimates {
  readonly delayMs: number;
  readonly bias: number;
  readonly spread: number;
}

/**
 * As measured so far, by linear regression of actual times on estimates; exact estimates before some tasks are done. The prior is a factor
 * of 1, so that what a machine adds to each task is not taken for a factor when all estimates are alike (ridge regression).
 * @param meanLeftMs Estimate of a task that is left, in the mean: what is off by a second hardly matters for one of an hour.
 */
export function measuredEstimates({ measured }: Pick<Ordering, 'measured'>, meanLeftMs: number): MeasuredEstimates {
  const { tasks, estimatedMs, actualMs, estimatedSquare, actualSquare, product } = measured;
  if (tasks < LEAST_MEASURED) return { delayMs: 0, bias: 1, spread: 0 };
  const [meanEstimate, meanActual] = [estimatedMs / tasks, actualMs / tasks];
  const estimateVariance = Math.max(0, estimatedSquare / tasks - meanEstimate ** 2);
  const actualVariance = Math.max(0, actualSquare / tasks - meanActual ** 2);
  const covariance = product / tasks - meanEstimate * meanActual;
  const prior = PRIOR_WEIGHT * meanEstimate ** 2;
  const slope = (covariance + prior) / (estimateVariance + prior);
  // Nobody is faster than at once: below that, a factor alone explains what was measured.
  const bias = Math.max(LEAST_BIAS, Math.min(slope, meanActual / meanEstimate));
  const delayMs = Math.max(0, meanActual - bias * meanEstimate);
  const residual = Math.sqrt(Math.max(0, actualVariance - 2 * bias * covariance + bias ** 2 * estimateVariance));
  const spread = Math.min(MOST_SPREAD, residual / Math.max(1, meanActual, delayMs + bias * meanLeftMs));
  return { delayMs, bias, spread: spread < LEAST_SPREAD ? 0 : spread };
}

const LEAST_MEASURED = 5;
/** Of the square of the mean estimate. */
const PRIOR_WEIGHT = 0.1;
const LEAST_BIAS = 0.05;
const MOST_SPREAD = 1;
/** Below it the estimates are taken to be right. */
const LEAST_SPREAD = 0.05;
