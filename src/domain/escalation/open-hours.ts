/** Hours of the week in which people are expected to answer. */
export interface OpenHours {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight at the place of the offset; `until` is later than `from`. */
  readonly from: number;
  readonly until: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/**
 * The moment (Unix ms) at which so many ms of open time have passed since `at`. Costs O(1) per week and O(7) for the rest.
 * Expects at least one day and `from` before `until`.
 */
export function addOpenTime(at: number, ms: number, hours: OpenHours): number {
  const { days, from, until, offset } = hours;
  const dayMs = (until - from) * MINUTE_MS;
  const weekMs = days.length * dayMs;
  const weeks = Math.max(0, Math.ceil(ms / weekMs) - 1);
  let left = ms - weeks * weekMs;
  let now = at + weeks * 7 * DAY_MS;
  for (;;) {
    const midnight = Math.floor((now + offset * MINUTE_MS) / DAY_MS) * DAY_MS - offset * MINUTE_MS;
    // 1 January 1970 was a Thursday.
    const day = (Math.floor((now + offset * MINUTE_MS) / DAY_MS) + 4) % 7;
    const begin = Math.max(now, midnight + from * MINUTE_MS);
    const end = midnight + until * MINUTE_MS;
    if (days.includes(day) && begin < end) {
      if (begin + left <= end) return begin + left;
      left -= end - begin;
    }
    now = midnight + DAY_MS;
  }
}
