export { type Meeting, parseAgenda } from './agenda.ts';
export { formatClock, parseClock } from './clock.ts';
export { formatDuration, type Minutes, parseDuration } from './duration.ts';
export {
  formatInterval,
  type Interval,
  lengthOf,
  makeInterval,
  overlaps,
  parseInterval,
} from './interval.ts';
export { type IntervalSet, merge, subtract, totalOf } from './interval-set.ts';
export { findSlots, type SlotQuery } from './slots.ts';
