import type { Minutes } from './duration.ts';
import { type Interval, lengthOf } from './interval.ts';

/** Intervals in order of time, none of which overlap or touch. */
export type IntervalSet = readonly Interval[];

/** Merges intervals that overlap or touch, in O(n log n). Empty intervals vanish. */
export function merge(intervals: readonly Interval[]): IntervalSet {
  const sorted = intervals
    .filter((interval) => lengthOf(interval) > 0)
    .toSorted((a, b) => a.start - b.start);
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last === undefined || last.end < interval.start) merged.push(interval);
    else if (interval.end > last.end)
      merged[merged.length - 1] = { start: last.start, end: interval.end };
  }
  return merged;
}

/** What is left of `whole` without everything in `taken`. */
export function subtract(whole: Interval, taken: readonly Interval[]): IntervalSet {
  const left: Interval[] = [];
  let from = whole.start;
  for (const { start, end } of merge(taken)) {
    if (start >= whole.end) break;
    if (start > from) left.push({ start: from, end: start });
    from = Math.max(from, end);
  }
  if (from < whole.end) left.push({ start: from, end: whole.end });
  return left;
}

/** Minutes that a set covers. */
export function totalOf(set: IntervalSet): Minutes {
  return set.reduce((sum, interval) => sum + lengthOf(interval), 0);
}
