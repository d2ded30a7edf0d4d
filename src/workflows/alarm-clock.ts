import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';

/** The earlier of two moments; null is never. */
export function earlierOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

export interface AlarmClock {
  /** Resolves when `isWanted` holds or the moment (Unix ms; null: never) has come. */
  wait(isWanted: () => boolean, until: number | null): Promise<void>;
  /** Ends the timer. */
  disarm(): void;
}

/**
 * One timer at a time, armed anew only when the next moment is earlier than the armed one: a deadline that moves away costs no
 * event, and a timer that fires early is only a look at the clock.
 */
export function createAlarmClock(): AlarmClock {
  let armed: { readonly at: number; readonly scope: CancellationScope } | null = null;
  const arm = (at: number): void => {
    if (armed && armed.at <= at) return;
    armed?.scope.cancel();
    const scope = new CancellationScope({ cancellable: true });
    const mine = { at, scope };
    armed = mine;
    const ring = (): void => {
      if (armed === mine) armed = null;
    };
    scope
      .run(() => sleep(Math.max(1, at - Date.now())))
      .then(ring, (error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  };
  return {
    disarm() {
      armed?.scope.cancel();
      armed = null;
    },
    wait(isWanted, until) {
      if (until !== null) arm(until);
      const current = armed;
      return condition(() => isWanted() || (until !== null && armed !== current));
    },
  };
}
