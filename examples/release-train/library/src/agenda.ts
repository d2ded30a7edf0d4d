import { type Interval, parseInterval } from './interval.ts';

/** One line of an agenda. */
export interface Meeting {
  readonly interval: Interval;
  readonly title: string;
}

/**
 * Reads an agenda: one meeting a line, `09:00-10:30 title`. Empty lines and lines that start with `#` are skipped.
 *
 * @throws RangeError naming the line that cannot be read.
 */
export function parseAgenda(text: string): readonly Meeting[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const [times = '', ...title] = line.split(/\s+/);
    try {
      return [{ interval: parseInterval(times), title: title.join(' ') }];
    } catch (error) {
      throw new RangeError(`line ${index + 1} of the agenda: ${(error as Error).message}`, {
        cause: error,
      });
    }
  });
}
