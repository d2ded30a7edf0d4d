import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, Try } from './channel.ts';

export interface TryTiming {
  readonly tries: number;
  /** Pause before the second try; doubles for each further one. */
  readonly pauseMs: number;
  /** The most that a receiver's own wish (Retry-After) counts for. */
  readonly longestPauseMs: number;
}

export const DEFAULT_TRIES: TryTiming = { tries: 3, pauseMs: 500, longestPauseMs: 15_000 };

/** Tries until it works, cannot work, or has been tried often enough. An abort ends the waiting, too. */
export async function tryAgain(attempt: () => Promise<Try>, timing: TryTiming, signal?: AbortSignal): Promise<Delivery> {
  for (let n = 1; ; n += 1) {
    const { ok, detail, isPassing, retryAfterMs = 0 } = await attempt();
    if (ok || !isPassing || n >= timing.tries || signal?.aborted === true) {
      return { ok, detail: n === 1 ? detail : `${detail} (${n} tries)` };
    }
    const pauseMs = Math.max(timing.pauseMs * 2 ** (n - 1), Math.min(retryAfterMs, timing.longestPauseMs));
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
