import { attemptActivityId } from '../domain/ids.ts';
import type { AttemptEvent, PerformEffect } from '../domain/sprint/events.ts';
import { toStoppedAttempt } from './attempt-activity.ts';
import type { AttemptRef } from './lane-messages.ts';
import type { RunLimits } from './run-limits.ts';
import type { RunningAttempts } from './running-attempts.ts';

/**
 * An attempt that runs directly keeps its run from ending. So from half of the limit on, what is estimated to take longer than this goes to
 * a lane at once: when the run is full, what it has begun itself ends within minutes.
 */
const LONG_MS = 600_000;

/** What a sprint decides to carry out, waiting for the moment and the way to do it. */
export interface AttemptLauncher extends RunningAttempts {
  /** Something waits that could be started now. */
  readonly isReady: boolean;
  /** Starts what waits: directly, or in a lane once the run's history is full, or half full for what takes long. */
  launch(): void;
  /** Whether what is decided waits for the next run. */
  hold(isHeld: boolean): void;
  /** What has not been started. */
  carry(): readonly AttemptRef[];
}

/** How each attempt ends goes to `happened` as an event. */
export function createAttemptLauncher(
  { direct, lanes }: { direct: RunningAttempts; lanes: RunningAttempts },
  limits: RunLimits,
  happened: (event: AttemptEvent) => void,
): AttemptLauncher {
  const waiting: PerformEffect[] = [];
  let isHeld = false;
  const isReady = (): boolean => waiting.length > 0 && !isHeld && !(limits.isExhausted && direct.count > 0);
  return {
    get count() {
      return waiting.length + direct.count + lanes.count;
    },
    get isReady() {
      return isReady();
    },
    start: (effect) => void waiting.push(effect),
    launch() {
      if (!isReady()) return;
      const { isFull, isHalfFull } = limits;
      for (const effect of waiting.splice(0)) {
        const isForLane = isFull || (isHalfFull && effect.input.task.estimateMs > LONG_MS);
        (isForLane ? lanes : direct).start(effect);
      }
    },
    cancel(taskId, attempt) {
      const id = attemptActivityId(taskId, attempt);
      const place = waiting.findIndex(({ input }) => attemptActivityId(input.task.id, input.attempt) === id);
      if (place < 0) {
        direct.cancel(taskId, attempt);
        lanes.cancel(taskId, attempt);
      } else {
        waiting.splice(place, 1);
        happened(toStoppedAttempt({ taskId, attempt }));
      }
    },
    hold: (wanted) => void (isHeld = wanted),
    carry: () => waiting.map(({ input }) => ({ taskId: input.task.id, attempt: input.attempt })),
  };
}
