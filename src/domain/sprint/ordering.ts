import { formatDuration } from '../duration.ts';
import type { FoundOrder, SprintEvent } from './events.ts';
import { remainingBoundMs } from './forecast.ts';
import { reorderAll } from './parking.ts';
import type { SprintIndex } from './sprint-index.ts';
import type { Ordering } from './state.ts';
import { describeOrder, rankTasks } from './task-order.ts';
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
  if (ordering.asked >= MAX_SEARCHES || isUnderWay(ordering, state.now)) return;
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
  const slotsOf = (team: readonly number[]): number => team.reduce((sum, agent) => sum + (agents[agent]?.capacity ?? 0), 0);
  const free = classes.map(slotsOf);
  let allFree = slotsOf([...agents.keys()]);
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
  measured.departedMs += departedMs;
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
  if (order.rule === current.rule && order.seed === current.seed) {
    return `order "${describeOrder(order)}" stays: ${rest}, ${tried === 1 ? 'no order can be better' : `none of ${tried} orders is better`}`;
  }
  return `order "${describeOrder(order)}" chosen: ${rest} against ${inWords(currentMs)} for ${describeOrder(current)}; ${tried} orders tried`;
}

/** To a tenth of a second below a minute, to the second above. */
const inWords = (ms: number): string => formatDuration(ms < 60_000 ? 100 * Math.round(ms / 100) : 1_000 * Math.round(ms / 1_000));

/** By which factor tasks take longer than estimated, in the median, and σ around that, as measured so far; nothing before some are done. */
export function measuredUncertainty({ measured }: Ordering): { readonly spread: number; readonly bias: number } {
  const { tasks, estimatedMs, actualMs, departedMs } = measured;
  if (tasks < LEAST_MEASURED || estimatedMs <= 0) return { spread: 0, bias: 1 };
  const bias = Math.max(MIN_BIAS, actualMs / estimatedMs);
  // Of a normal distribution the mean absolute deviation is σ √(2/π).
  const spread = Math.min(MAX_SPREAD, (departedMs / estimatedMs) * Math.sqrt(Math.PI / 2));
  return spread < LEAST_SPREAD ? { spread: 0, bias } : { spread, bias };
}

const LEAST_MEASURED = 5;
const MIN_BIAS = 0.05;
const MAX_SPREAD = 1.5;
/** Below it the estimates are taken to be right. */
const LEAST_SPREAD = 0.05;
