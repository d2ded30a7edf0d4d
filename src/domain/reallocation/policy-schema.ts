import { z } from 'zod';
import { millisecondsOr } from '../duration.ts';
import { count, duration, fields } from '../source/shape.ts';
import { DEFAULT_REALLOCATION, TRIGGERS, type ReallocationPolicy } from './policy.ts';

const FACTOR_RULE = 'a number from 1 to 100';

/** Reallocation as people write it; known by its name, since plan and sprints refer to the same form. */
export const reallocationSchema = fields({
  on: z.array(z.enum(TRIGGERS)).min(1, { error: 'at least one trigger; leave reallocation out for none' }).nullish(),
  factor: z.number({ error: FACTOR_RULE }).min(1, { error: FACTOR_RULE }).max(100, { error: FACTOR_RULE }).nullish(),
  blockedFor: duration.nullish(),
  limit: count(20).nullish(),
  backoff: duration.nullish(),
  negotiateWithin: duration.nullish(),
  wrapUpWithin: duration.nullish(),
  acknowledgeWithin: duration.nullish(),
}).meta({ id: 'reallocation' });

export type WrittenReallocation = z.output<typeof reallocationSchema>;

/** As written, checked before, with defaults filled in and durations in ms. */
export function toReallocationPolicy(written: WrittenReallocation): ReallocationPolicy {
  const { on, factor, limit, blockedFor, backoff, negotiateWithin, wrapUpWithin, acknowledgeWithin } = written;
  const otherwise = DEFAULT_REALLOCATION;
  return {
    on: on ? TRIGGERS.filter((trigger) => on.includes(trigger)) : otherwise.on,
    factor: factor ?? otherwise.factor,
    blockedForMs: millisecondsOr(blockedFor, otherwise.blockedForMs),
    limit: limit ?? otherwise.limit,
    backoffMs: millisecondsOr(backoff, otherwise.backoffMs),
    negotiateWithinMs: millisecondsOr(negotiateWithin, otherwise.negotiateWithinMs),
    wrapUpWithinMs: millisecondsOr(wrapUpWithin, otherwise.wrapUpWithinMs),
    acknowledgeWithinMs: millisecondsOr(acknowledgeWithin, otherwise.acknowledgeWithinMs),
  };
}
