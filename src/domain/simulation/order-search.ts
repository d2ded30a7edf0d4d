import { elementAt } from '../lookup.ts';
import { isSameOrder, ORDER_RULES, type TaskOrder } from '../sprint/task-order.ts';
import type { Sprint } from '../sprint/turn.ts';
import { playSprint } from './play-sprint.ts';
import type { Sampler } from './sampler.ts';

/** The best of the orders that were tried; times in ms, means over the samples. */
export interface OrderChoice {
  readonly order: TaskOrder;
  readonly meanMs: number;
  /** Of the order that was in force. */
  readonly currentMs: number;
  /** Orders tried, the one in force included. */
  readonly tried: number;
}

export interface OrderSearch {
  /** The order in force: kept unless another one is better. */
  readonly current: TaskOrder;
  /** Orders to try at most. */
  readonly maxOrders: number;
  /** No order can be better than this; the search ends when one reaches it. */
  readonly boundMs: number;
  /** Seed of the perturbations. */
  readonly seed: number;
}

/** A gain below this share is not worth another order. */
const LEAST_GAIN = 0.002;
/** So many of the rules are perturbed, the best ones. */
const PERTURBED_RULES = 3;

/**
 * Tries a portfolio of orders (Gomes & Selman 2001) and answers with the best: the one in force, the longest path, every other rule, then
 * perturbations of the rules that did best.
 * @param evaluate Mean makespan under an order; rests as it likes.
 */
export function* searchOrder(
  evaluate: (order: TaskOrder) => Generator<void, number>,
  { current, maxOrders, boundMs, seed }: OrderSearch,
): Generator<void, OrderChoice> {
  const currentMs = yield* evaluate(current);
  let best = { order: current, meanMs: currentMs };
  let tried = 1;
  const ofRules: { readonly rule: TaskOrder['rule']; readonly meanMs: number }[] = [];
  const isOpen = (): boolean => tried < maxOrders && best.meanMs > boundMs * (1 + LEAST_GAIN);
  function* attempt(order: TaskOrder): Generator<void, number> {
    tried += 1;
    const meanMs = yield* evaluate(order);
    if (meanMs < best.meanMs) best = { order, meanMs };
    return meanMs;
  }
  for (const rule of ORDER_RULES) {
    const order = { rule, seed: 0 };
    if (isSameOrder(order, current)) ofRules.push({ rule, meanMs: currentMs });
    else if (isOpen()) ofRules.push({ rule, meanMs: yield* attempt(order) });
  }
  const leaders = ofRules.toSorted((a, b) => a.meanMs - b.meanMs).slice(0, PERTURBED_RULES);
  for (let next = 0; isOpen(); next += 1) {
    const { rule } = elementAt(leaders, next % leaders.length);
    yield* attempt({ rule, seed: 1 + ((seed + next) % 0x7fffffff) });
  }
  if (best.meanMs > currentMs * (1 - LEAST_GAIN)) best = { order: current, meanMs: currentMs };
  return { order: best.order, meanMs: best.meanMs, currentMs, tried };
}

/** The best order of a sprint by its mean makespan over samples of what may happen. `stage` makes a sprint that is ready to be played. */
export function findOrder(
  stage: (order: TaskOrder) => Sprint,
  samplers: readonly Sampler[],
  search: OrderSearch,
): Generator<void, OrderChoice> {
  function* evaluate(order: TaskOrder): Generator<void, number> {
    let sumMs = 0;
    for (const sample of samplers) {
      sumMs += (yield* playSprint(stage(order), sample)).makespanMs;
      // A small sprint is played without a rest, and a search plays it hundreds of times.
      yield;
    }
    return sumMs / samplers.length;
  }
  // What chance makes shorter than its estimate may end before the bound by the estimates.
  return searchOrder(evaluate, samplers.length === 1 ? search : { ...search, boundMs: 0 });
}

/** Tasks that a search may start in all its simulations: some seconds of one core. */
const SEARCH_BUDGET = 300_000;
const MAX_ORDERS = 128;
/** Fewer are no search. */
const LEAST_ORDERS = 4;

/** The same per ms of what is left, so that a search takes a few hundredths of the time that it may save some of. */
const STARTS_PER_MS = 2;

/** How many orders a search may try for so many tasks; 0: none. `restMs`: what is left of the sprint, where agents wait for the processor. */
export function ordersWithin(tasks: number, samples: number, restMs = Number.POSITIVE_INFINITY): number {
  const starts = Math.min(SEARCH_BUDGET, restMs * STARTS_PER_MS);
  const orders = Math.min(MAX_ORDERS, Math.floor(starts / Math.max(1, tasks * samples)));
  return orders < LEAST_ORDERS ? 0 : orders;
}
