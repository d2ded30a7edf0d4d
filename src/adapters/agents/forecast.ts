/** What is known of a running attempt's pace. Times in ms since its start, or Unix ms where said so. */
export interface Pace {
  readonly startedAt: number;
  readonly now: number;
  readonly estimateMs: number;
  /** 0–100. */
  readonly progress: number;
  /** The agent's own forecast, Unix ms; null: it gives none. */
  readonly agentSays: number | null;
}

/** From which factor of the estimate on a forecast counts as slipped, and by which factor it must grow to count again. */
export const SLIP_FACTOR = 1.5;

/** From here on the rate so far tells something, in per cent: many agents round to whole points, which are a fifth of this. */
const TELLING_PROGRESS = 5;

/** Less tells as well when this share of the estimate has passed: a slow start. */
const TELLING_TIME = 0.25;

/**
 * Projected total time by the rate so far (linear, from the start), by what the agent says, and by the time that has passed
 * already, whichever is latest: an alarm must not rest on the most hopeful of them.
 */
export function projectTotalMs(pace: Pace): number {
  const { startedAt, now, progress, agentSays } = pace;
  const elapsedMs = now - startedAt;
  const byRate = hasRate(pace) ? (elapsedMs * 100) / progress : elapsedMs;
  const byAgent = agentSays === null ? 0 : agentSays - startedAt;
  return Math.max(elapsedMs, byRate, byAgent);
}

/** 0: within 1.5 × the estimate; 1: past it; 2: past 1.5² ×; and so on. Each level is reported once. */
export function slipLevel(pace: Pace): number {
  if (pace.estimateMs <= 0) return 0;
  const ratio = projectTotalMs(pace) / pace.estimateMs;
  return ratio <= SLIP_FACTOR ? 0 : Math.floor(Math.log(ratio) / Math.log(SLIP_FACTOR));
}

/** When the attempt will end, Unix ms, for a status that does not say; null: without progress and past its estimate. */
export function projectCompletion(pace: Pace): number | null {
  const { startedAt, now, estimateMs, progress } = pace;
  if (progress >= 100) return now;
  if (hasRate(pace)) return startedAt + ((now - startedAt) * 100) / progress;
  return now - startedAt < estimateMs ? startedAt + estimateMs : null;
}

function hasRate({ startedAt, now, estimateMs, progress }: Pace): boolean {
  return progress >= TELLING_PROGRESS || (progress >= 1 && now - startedAt >= TELLING_TIME * estimateMs);
}
