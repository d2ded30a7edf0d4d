import { earlierOf } from './alarm-clock.ts';
import { askAfterMs } from './sign-of-life.ts';

/** Who has been silent for how long. */
export interface Silence {
  hear(id: string): void;
  forget(id: string): void;
  /** When the first of these must be asked (Unix ms); null when none must. */
  dueAt(ids: readonly string[]): number | null;
  isDue(id: string, now: number): boolean;
}

/** @param isShortRun See `sign-of-life.ts`. */
export function createSilence(isShortRun: () => boolean): Silence {
  const askAt = new Map<string, number>();
  return {
    hear: (id) => void askAt.set(id, Date.now() + askAfterMs(isShortRun())),
    forget: (id) => void askAt.delete(id),
    dueAt: (ids) => ids.reduce<number | null>((first, id) => earlierOf(first, askAt.get(id) ?? null), null),
    isDue: (id, now) => now >= (askAt.get(id) ?? now),
  };
}
