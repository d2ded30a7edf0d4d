import { startOver } from '../sprint/create-sprint.ts';
import type { SprintDefinition } from '../sprint/definition.ts';
import { MAX_SEARCHES } from '../sprint/ordering.ts';
import { buildIndex, type SprintIndex } from '../sprint/sprint-index.ts';
import type { TaskOrder } from '../sprint/task-order.ts';
import type { Sprint } from '../sprint/turn.ts';
import { lowerBoundMs } from './lower-bound.ts';
import { searchOrder, type OrderChoice, type OrderSearch } from './order-search.ts';
import { playSprint, type SprintPlay } from './play-sprint.ts';
import { createSampler, type Sampler, type Uncertainty } from './sampler.ts';

/** A sprint that is played again and again from its start. */
export interface Rehearsal {
  readonly definition: SprintDefinition;
  readonly index: SprintIndex;
  readonly boundMs: number;
}

export function createRehearsal(definition: SprintDefinition): Rehearsal {
  const index = buildIndex(definition);
  return { definition, index, boundMs: lowerBoundMs(index) };
}

/** The sprint before its start; it never asks for another order itself. */
export function toSprint({ definition, index }: Rehearsal, order: TaskOrder, now: number): Sprint {
  const sprint = startOver(definition, index, now, order);
  sprint.state.ordering.asked = MAX_SEARCHES;
  return sprint;
}

export function* rehearse(rehearsal: Rehearsal, order: TaskOrder, sample: Sampler, now: number): Generator<void, SprintPlay> {
  return yield* playSprint(toSprint(rehearsal, order, now), sample);
}

/** Replications by which orders are compared when durations are uncertain. */
const SAMPLES = 5;

/** The fates under which orders are compared: one when nothing is uncertain. */
export const toSamplers = (estimateMs: readonly number[], uncertainty: Uncertainty, seed: number): Sampler[] =>
  Array.from({ length: uncertainty.spread === 0 && uncertainty.failureRate === 0 ? 1 : SAMPLES }, (_, replication) =>
    createSampler(estimateMs, uncertainty, { seed, replication }),
  );

/** The best order for a sprint that starts now. */
export function findOrder(
  rehearsal: Rehearsal,
  samplers: readonly Sampler[],
  search: Omit<OrderSearch, 'boundMs'> & { readonly now: number },
): Generator<void, OrderChoice> {
  function* evaluate(order: TaskOrder): Generator<void, number> {
    let sumMs = 0;
    for (const sample of samplers) sumMs += (yield* rehearse(rehearsal, order, sample, search.now)).makespanMs;
    return sumMs / samplers.length;
  }
  // What chance makes shorter than the estimates may end before the bound by the estimates.
  return searchOrder(evaluate, { ...search, boundMs: samplers.length === 1 ? rehearsal.boundMs : 0 });
}

/** Tasks that a search may start in all its simulations: some seconds of one core. */
const SEARCH_BUDGET = 300_000;
const MAX_ORDERS = 128;
/** Fewer are no search. */
const LEAST_ORDERS = 4;

/** How many orders a search may try for so many tasks; 0: none. */
export function ordersWithin(tasks: number, samples: number): number {
  const orders = Math.min(MAX_ORDERS, Math.floor(SEARCH_BUDGET / Math.max(1, tasks * samples)));
  return orders < LEAST_ORDERS ? 0 : orders;
}
