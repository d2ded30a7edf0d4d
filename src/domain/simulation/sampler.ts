import { elementAt } from '../lookup.ts';
import { hashToNormal, hashToUnit } from '../random.ts';

/** How long an attempt takes and whether it fails. */
export type Sampler = (task: number, attempt: number) => { readonly durationMs: number; readonly isFailing: boolean };

export interface Uncertainty {
  /** σ of the lognormal factor on every estimate, whose median is 1; 0: estimates are exact. */
  readonly spread: number;
  /** Share of attempts that fail, 0–1. */
  readonly failureRate: number;
  /** Actual times over estimates, as measured so far; default 1. */
  readonly bias?: number;
}

/**
 * What happens to each attempt in one replication. It depends on seed, replication, task and attempt alone, so that two orders or two
 * rosters are compared under the same fate (common random numbers).
 */
export function createSampler(
  estimateMs: readonly number[],
  { spread, failureRate, bias = 1 }: Uncertainty,
  { seed, replication }: { readonly seed: number; readonly replication: number },
): Sampler {
  return (task, attempt) => {
    const factor = spread === 0 ? bias : bias * Math.exp(spread * hashToNormal(seed, replication, task, attempt));
    const isFailing = failureRate > 0 && hashToUnit(seed, replication, task, attempt, 3) < failureRate;
    return { durationMs: Math.max(0, elementAt(estimateMs, task) * factor), isFailing };
  };
}
