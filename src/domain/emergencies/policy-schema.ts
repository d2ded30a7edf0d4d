import { z } from 'zod';
import { millisecondsOr, toMilliseconds } from '../duration.ts';
import { count, duration, fields } from '../source/shape.ts';
import type { QualityPolicy, SupervisionPolicy } from './policy.ts';

/** Known by their names, since plan and sprints refer to the same forms. */
export const qualitySchema = fields({
  failures: count(1_000),
  within: duration,
  measure: z.enum(['pause', 'throttle']).nullish(),
}).meta({ id: 'quality' });

export const supervisionSchema = fields({
  agentFailures: count(100).nullish(),
  restFor: duration.nullish(),
  pickUpWithin: duration.nullish(),
  silentFor: duration.nullish(),
}).meta({ id: 'supervision' });

export const toQualityPolicy = ({ failures, within, measure }: z.output<typeof qualitySchema>): QualityPolicy => ({
  failures,
  withinMs: toMilliseconds(within),
  measure: measure ?? 'throttle',
});

const DEFAULT_REST_MS = 60_000;

export const toSupervisionPolicy = (written: z.output<typeof supervisionSchema>): SupervisionPolicy => ({
  ...(written.agentFailures
    ? { agentFailures: written.agentFailures, restForMs: millisecondsOr(written.restFor, DEFAULT_REST_MS) }
    : {}),
  ...(written.pickUpWithin ? { pickUpWithinMs: toMilliseconds(written.pickUpWithin) } : {}),
  ...(written.silentFor ? { silentForMs: toMilliseconds(written.silentFor) } : {}),
});
