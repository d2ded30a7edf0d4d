import { slipLevel } from './forecast.ts';

/** What the supervisors look at, one attempt at a time. No model is among them, and none costs a process. */
export interface Watched {
  /** Unix ms. */
  readonly now: number;
  readonly startedAt: number;
  /** Time without output or movement, ms, on a clock that no correction of the time moves. */
  readonly silentMs: number;
  readonly stallAfterMs: number;
  /** Unix ms; null: no time budget. */
  readonly deadlineAt: number | null;
  readonly estimateMs: number;
  readonly progress: number;
  readonly agentSays: number | null;
  /** An agent that waits for an answer does not move, rightly. */
  readonly waitsForAnswer: boolean;
  /** Highest level of slip that has been reported. */
  readonly reportedSlip: number;
}

export type Verdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'timeBudget' }
  | { readonly kind: 'stalled' }
  /** Never a reason to end it: the sprint hears of it and decides. */
  | { readonly kind: 'slipped'; readonly level: number };

/** Liveness is the process itself; this is progress, time budget and forecast. The hardest verdict wins. */
export function judge(watched: Watched): Verdict {
  const { now, deadlineAt, silentMs, stallAfterMs, waitsForAnswer, reportedSlip } = watched;
  if (deadlineAt !== null && now >= deadlineAt) return { kind: 'timeBudget' };
  if (!waitsForAnswer && silentMs >= stallAfterMs) return { kind: 'stalled' };
  const level = slipLevel(watched);
  return level > reportedSlip ? { kind: 'slipped', level } : { kind: 'fine' };
}

/** Time until the next look, ms: a quarter of the shortest limit, between 20 ms and 1 s. */
export function nextLookMs({ now, stallAfterMs, deadlineAt, estimateMs }: Watched): number {
  const untilDeadline = deadlineAt === null ? Infinity : Math.max(0, deadlineAt - now);
  return Math.min(1_000, Math.max(20, Math.min(stallAfterMs, untilDeadline, estimateMs) / 4));
}
