import { elementAt } from '../lookup.ts';
import { evolve } from '../sprint/evolve.ts';
import type { FoundOrder } from '../sprint/events.ts';
import { remainingBoundMs } from '../sprint/forecast.ts';
import { measuredEstimates } from '../sprint/ordering.ts';
import { isTaskEnded } from '../sprint/state.ts';
import type { TaskOrder } from '../sprint/task-order.ts';
import type { Sprint } from '../sprint/turn.ts';
import { findOrder, ordersWithin } from './order-search.ts';
import { toSamplers } from './sampler.ts';
import { createRevival, type SprintSnapshot } from './snapshot.ts';

/**
 * The best order found for what is left of a sprint, with the spread and bias of its estimates as measured so far. Rests from time to time.
 * Of so many tasks that only few orders could be tried the one in force is kept, and simulated for the forecast.
 */
export function* planOrder(snapshot: SprintSnapshot): Generator<void, FoundOrder> {
  const revive = createRevival(snapshot);
  const now = revive();
  const { state } = now;
  const left = [...state.tasks.keys()].filter((task) => !isTaskEnded(elementAt(state.tasks, task).state));
  const leftMs = left.reduce((sum, task) => sum + elementAt(now.index.estimateMs, task), 0);
  const measured = measuredEstimates(state.ordering, leftMs / Math.max(1, left.length));
  const samplers = toSamplers({ ...measured, failureRate: 0 }, SEED);
  const boundMs = remainingBoundMs(now);
  const choice = yield* findOrder((order) => inOrder(revive(), order), samplers, {
    current: state.ordering.order,
    maxOrders: Math.max(1, ordersWithin(left.length, samplers.length, boundMs)),
    boundMs: boundMs * Math.min(1, measured.bias),
    // Other variations than in the searches before, and the same in every attempt at this one.
    seed: SEED * snapshot.state.ordering.asked,
  });
  return { ...choice, forecastFactor: Math.max(1, choice.meanMs / Math.max(1, boundMs)) };
}

const SEED = 1_009;

/** As the sprint itself would take the order. */
function inOrder(sprint: Sprint, order: TaskOrder): Sprint {
  const { ordering, now } = sprint.state;
  ordering.askedAt = now;
  evolve(sprint, {
    type: 'orderChosen',
    at: now,
    search: ordering.asked,
    order,
    meanMs: 0,
    currentMs: 0,
    tried: 0,
    forecastFactor: 1,
  });
  return sprint;
}
