import { err, ok, type Result } from './result.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `350ms 2s 5m 4h 1d` and sums from large to small such as `1h30m`, each unit at most once. */
export const DURATION_PATTERN = /^(?=\d)(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?(?:\d{1,9}ms)?$/;

export const DURATION_RULE = 'a duration above zero such as 350ms, 2s, 5m, 4h, 1d or a sum such as 1h30m, at most 3650d';

/** Ten years: longer ones are slips of the unit, and this stays far below what a timer can hold. */
export const MAX_DURATION_MS = 3_650 * 86_400_000;

/** Text to milliseconds. The error says what was expected and what came. */
export function parseDuration(text: string): Result<number> {
  if (!DURATION_PATTERN.test(text)) return err(`expected ${DURATION_RULE}; got ${JSON.stringify(text.slice(0, 80))}`);
  const sizes = new Map<string, number>(UNITS);
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[dhms])/g))
    totalMs += Number(count) * (sizes.get(unit as string) as number);
  if (!(totalMs > 0 && totalMs <= MAX_DURATION_MS)) return err(`expected ${DURATION_RULE}; got ${JSON.stringify(text)}`);
  return ok(totalMs);
}

/** Milliseconds of text that has been accepted before. */
export const toMilliseconds = (accepted: string): number => (parseDuration(accepted) as { readonly value: number }).value;

/** The same of text that may be left out. */
export const millisecondsOr = (accepted: string | null | undefined, otherwise: number): number =>
  accepted ? toMilliseconds(accepted) : otherwise;

/** Milliseconds to the shortest exact text that `parseDuration` reads back: 5400000 → `1h30m`, 0 → `0s`. Rounds to whole ms. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.max(0, Math.round(durationMs));
  let text = '';
  for (const [unit, sizeMs] of UNITS) {
    const count = Math.floor(restMs / sizeMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * sizeMs;
  }
  return text === '' ? '0s' : text;
}
