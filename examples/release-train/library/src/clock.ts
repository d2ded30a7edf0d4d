import type { Minutes } from './duration.ts';

/**
 * Reads a time of day, `00:00` to `24:00`, as minutes since midnight.
 *
 * @throws RangeError when the text is no such time.
 */
export function parseClock(text: string): Minutes {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const minutes = match === null ? NaN : Number(match[1]) * 60 + Number(match[2]);
  if (match === null || Number(match[2]) > 59 || minutes > 24 * 60) {
    throw new RangeError(`not a time of day like 09:30: "${text}"`);
  }
  return minutes;
}

/** Writes minutes since midnight as a time of day: 570 becomes `09:30`. */
export function formatClock(minutes: Minutes): string {
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
