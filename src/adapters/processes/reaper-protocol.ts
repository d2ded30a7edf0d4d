import type { ProcessTarget } from './process-end.ts';

/** One line of JSON from the worker to its reaper. `watch` again with the same key replaces. */
export type ReaperLine =
  | ({ readonly op: 'watch'; readonly key: number } & ProcessTarget)
  | { readonly op: 'release'; readonly key: number };

/** null: the line was cut off because the worker was killed while it wrote. */
export function parseReaperLine(line: string): ReaperLine | null {
  try {
    return JSON.parse(line) as ReaperLine;
  } catch {
    return null;
  }
}

/** Printed by the reaper when it listens. */
export const REAPER_READY = 'ready';

/** Between TERM and KILL when the worker is dead, whatever the worker's own grace is: nothing outlives it by more than 3 s. */
export const REAPER_GRACE_MS = 1_000;
