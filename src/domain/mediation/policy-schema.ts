import type { z } from 'zod';
import { millisecondsOr } from '../duration.ts';
import { count, duration, fields, list, text } from '../source/shape.ts';
import { DEFAULT_MEDIATION, type MediationPolicy } from './policy.ts';

/** Mediation as people write it; known by its name. */
export const mediationSchema = fields({
  to: list(text(128)),
  within: duration.nullish(),
  limit: count(200).nullish(),
}).meta({ id: 'mediation' });

/** As written, checked before, with defaults filled in and durations in ms. */
export const toMediationPolicy = ({ to, within, limit }: z.output<typeof mediationSchema>): MediationPolicy => ({
  to: to ?? DEFAULT_MEDIATION.to,
  withinMs: millisecondsOr(within, DEFAULT_MEDIATION.withinMs),
  limit: limit ?? DEFAULT_MEDIATION.limit,
});
