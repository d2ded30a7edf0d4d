/**
 * A lane: carries out attempts for a sprint whose own history is full, as activities of its own, and hands their ends back in batches.
 * It outlives the runs of its sprint; whom it serves is the workflow id, not a run.
 *
 * open → closed, when the sprint says so → over, when its last result is delivered; or its sprint is gone: the agents are stopped.
 */
import { CancellationScope, setHandler } from '@temporalio/workflow';
import { attemptActivityId } from '../domain/ids.ts';
import type { AttemptEvent } from '../domain/sprint/events.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { LANE_ORDERS, type AttemptRef, type LaneInput, type LaneOrders } from './lane-messages.ts';
import { createLaneReporter } from './lane-reporter.ts';
import { CHECK_OWNER, toSignal } from './messages.ts';
import { createRunningAttempts, type RunningAttempts } from './running-attempts.ts';

export async function runLane(input: LaneInput): Promise<void> {
  const letters: unknown[] = [input.orders];
  const attempts = createLaneAttempts(input.heartbeatTimeoutMs, (event) => reporter.add(event));
  const reporter = createLaneReporter(input, attempts.stopAll);
  const clock = createAlarmClock();
  let isClosed = false;
  setHandler(toSignal(LANE_ORDERS), (raw: unknown) => void letters.push(raw), {
    description: 'Attempts to carry out or to stop; from its sprint only',
  });
  setHandler(toSignal(CHECK_OWNER), () => reporter.speak(), { description: 'Look whether the sprint is still there' });
  CancellationScope.current().cancelRequested.catch(attempts.stopAll);

  const isOver = (): boolean => attempts.count === 0 && (reporter.isOwnerGone || (isClosed && reporter.isEmpty));
  const obey = (raw: unknown): void => {
    const letter = raw as LaneOrders | null;
    if (letter?.key !== input.key) return;
    for (const effect of letter.perform) attempts.start(effect);
    for (const { taskId, attempt } of letter.cancel) attempts.cancel(taskId, attempt);
    reporter.hold(letter.hold);
    isClosed = letter.close;
  };
  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      for (const letter of letters.splice(0)) obey(letter);
      reporter.sendIfDue(Date.now());
      if (isOver()) return;
      await clock.wait(() => letters.length > 0 || reporter.isReady || isOver(), reporter.dueAt);
    }
  });
}

/** Attempts as activities of the lane, which can all be stopped at once. */
function createLaneAttempts(heartbeatTimeoutMs: number, happened: (event: AttemptEvent) => void) {
  const running = new Map<string, AttemptRef>();
  const attempts: RunningAttempts = createRunningAttempts(heartbeatTimeoutMs, (event) => {
    running.delete(attemptActivityId(event.taskId, event.attempt));
    happened(event);
  });
  return {
    get count() {
      return attempts.count;
    },
    start(effect: Parameters<RunningAttempts['start']>[0]): void {
      const { task, attempt } = effect.input;
      running.set(attemptActivityId(task.id, attempt), { taskId: task.id, attempt });
      attempts.start(effect);
    },
    cancel: attempts.cancel,
    stopAll(): void {
      for (const { taskId, attempt } of running.values()) attempts.cancel(taskId, attempt);
    },
  };
}
