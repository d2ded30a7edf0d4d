import { hashToNormal, hashToUnit } from '../random.ts';

/** By which factor an attempt takes longer than its estimate, how much comes on top, and whether it fails. */
export type Sampler = (
  task: number,
  attempt: number,
) => { readonly factor: number; readonly delayMs: number; readonly isFailing: boolean };

export interface Uncertainty {
  /** σ of the lognormal factor on every estimate, whose median is `bias`; 0: every estimate is off by the bias alone. */
  readonly spread: number;
  /** Share of attempts that fail, 0–1. */
  readonly failureRate: number;
  /** Actual times over estimates; default 1. */
  readonly bias?: number;
  /** What every attempt takes besides. */
  readonly delayMs?: number;
}

export const isCertain = ({ spread, failureRate }: Uncertainty): boolean => spread === 0 && failureRate === 0;

/**
 * What happens to each attempt in one replication. It depends on seed, replication, task and attempt alone, so that two orders or two
 * rosters are compared under the same fate (common random numbers).
 */
export function createSampler(
  { spread, failureRate, bias = 1, delayMs = 0 }: Uncertainty,
  { seed, replication }: { readonly seed: number; readonly replication: number },
): Sampler {
  return (task, attempt) => ({
    factor: spread === 0 ? bias : bias * Math.exp(spread * hashToNormal(seed, replication, task, attempt)),
    delayMs,
    isFailing: failureRate > 0 && hashToUnit(seed, replication, task, attempt, 3) < failureRate,
  });
}

/** Replications by which orders are compared when durations are uncertain. */
const SAMPLES = 5;

/** The fates under which orders are compared: one when nothing is uncertain. */
export const toSamplers = (uncertainty: Uncertainty, seed: number): Sampler[] =>
  Array.from({ length: isCertain(uncertainty) ? 1 : SAMPLES }, (_, replication) =>
    createSampler(uncertainty, { seed, replication }),
  );
