import type { Minutes } from './duration.ts';
import type { Interval } from './interval.ts';
import { subtract } from './interval-set.ts';

/** What to look for: where, around what, and how long. */
export interface SlotQuery {
  /** The part of the day to search. */
  readonly within: Interval;
  /** When somebody is busy; any order, overlaps allowed. */
  readonly busy: readonly Interval[];
  /** Length of a slot in minutes, more than 0. */
  readonly length: Minutes;
  /** Slots start at multiples of this many minutes after midnight; 15 when not given. */
  readonly step?: Minutes;
}

/**
 * Every slot of the wanted length in which nobody is busy, earliest first.
 *
 * @throws RangeError when length or step is not a positive whole number.
 */
export function findSlots(query: SlotQuery): readonly Interval[] {
  const step = query.step ?? 15;
  for (const [name, value] of [
    ['length', query.length],
    ['step', step],
  ] as const) {
    if (!Number.isInteger(value) || value <= 0) {
      throw new RangeError(`${name} must be a positive whole number of minutes, not ${value}`);
    }
  }
  return subtract(query.within, query.busy).flatMap((free) => {
    const slots: Interval[] = [];
    const first = Math.ceil(free.start / step) * step;
    for (let start = first; start + query.length <= free.end; start += step) {
      slots.push({ start, end: start + query.length });
    }
    return slots;
  });
}
