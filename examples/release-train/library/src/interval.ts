import { formatClock, parseClock } from './clock.ts';
import type { Minutes } from './duration.ts';

/** A half-open span of time: `start` belongs to it, `end` does not. */
export interface Interval {
  readonly start: Minutes;
  readonly end: Minutes;
}

/**
 * Makes an interval of two points in time.
 *
 * @throws RangeError when it would end before it starts.
 */
export function makeInterval(start: Minutes, end: Minutes): Interval {
  if (end < start) throw new RangeError(`an interval ends before it starts: ${start} > ${end}`);
  return { start, end };
}

/**
 * Reads an interval of a day: `09:00-10:30`.
 *
 * @throws RangeError when the text is no interval or ends before it starts.
 */
export function parseInterval(text: string): Interval {
  const [start, end, ...rest] = text.split('-');
  if (start === undefined || end === undefined || rest.length > 0) {
    throw new RangeError(`not an interval like 09:00-10:30: "${text}"`);
  }
  return makeInterval(parseClock(start), parseClock(end));
}

/** Writes an interval of a day: `09:00-10:30`. */
export function formatInterval(interval: Interval): string {
  return `${formatClock(interval.start)}-${formatClock(interval.end)}`;
}

/** Whether two intervals have a minute in common. Intervals that only touch have none. */
export function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}

/** Length of an interval in minutes. */
export function lengthOf(interval: Interval): Minutes {
  return interval.end - interval.start;
}
