/** Whole minutes: the unit of time of this library. */
export type Minutes = number;

const PATTERN = /^(?:(\d+)h)?(?:(\d+)m)?$/;

/**
 * Reads a duration: `45m`, `2h` or `1h30m`.
 *
 * @throws RangeError when the text is anything else.
 */
export function parseDuration(text: string): Minutes {
  const match = PATTERN.exec(text.trim());
  if (match === null || text.trim() === '') {
    throw new RangeError(`not a duration like 45m, 2h or 1h30m: "${text}"`);
  }
  return Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
}

/** Writes a duration in its shortest form: 90 becomes `1h30m`, 0 becomes `0m`. */
export function formatDuration(minutes: Minutes): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `${hours > 0 ? `${hours}h` : ''}${rest > 0 || hours === 0 ? `${rest}m` : ''}`;
}
