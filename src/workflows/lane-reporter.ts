import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { takeWithin } from '../domain/json-size.ts';
import type { AttemptEvent } from '../domain/sprint/events.ts';
import { LANE_RESULTS, MAX_SIGNAL_BYTES, type LaneInput, type LaneResults } from './lane-messages.ts';
import { toSignal } from './messages.ts';
import { speakEveryMs } from './sign-of-life.ts';

/** A sprint that continues as new is there all the while; one that does not answer so often within seconds is gone. */
const TRIES = 4;
const RETRY_MS = 1_000;

/** The lane's end of the line to its sprint: results in batches, one at a time, again until they have come. */
export interface LaneReporter {
  add(event: AttemptEvent): void;
  /** Results are kept, which is confirmed once; or sent again. */
  hold(isHeld: boolean): void;
  /** Says something at once, be it only that the lane is there. */
  speak(): void;
  /** Something can be sent. */
  readonly isReady: boolean;
  /** Nothing is left to be sent. */
  readonly isEmpty: boolean;
  readonly isOwnerGone: boolean;
  /** When something must be sent (Unix ms). */
  readonly dueAt: number;
  sendIfDue(now: number): void;
}

export function createLaneReporter({ ownerId, key, isShortRun }: LaneInput, onOwnerGone: () => void): LaneReporter {
  const ended: AttemptEvent[] = [];
  let isHeld = false;
  let mustConfirm = false;
  let isSending = false;
  let isOwnerGone = false;
  let failures = 0;
  let dueAt = Date.now() + speakEveryMs(isShortRun);

  const hasNews = (): boolean => (mustConfirm || (ended.length > 0 && !isHeld)) && failures === 0;
  const isReady = (now: number): boolean => !isSending && !isOwnerGone && (hasNews() || dueAt <= now);
  const sent = (count: number): void => {
    isSending = false;
    failures = 0;
    ended.splice(0, count);
  };
  const failed = (): void => {
    isSending = false;
    failures += 1;
    dueAt = Date.now() + RETRY_MS * 2 ** (failures - 1);
    if (failures < TRIES) return;
    isOwnerGone = true;
    dueAt = Date.now() + speakEveryMs(isShortRun);
    onOwnerGone();
  };
  return {
    add: (event) => void ended.push(event),
    hold(wanted) {
      mustConfirm = wanted && (mustConfirm || !isHeld);
      isHeld = wanted;
    },
    speak: () => void (dueAt = Date.now()),
    get isReady() {
      return isReady(Date.now());
    },
    get isEmpty() {
      return ended.length === 0 && !isSending;
    },
    get isOwnerGone() {
      return isOwnerGone;
    },
    get dueAt() {
      return dueAt;
    },
    sendIfDue(now) {
      if (!isReady(now)) return;
      const batch = isHeld ? [] : takeBatch(ended);
      const results: LaneResults = { key, lane: workflowInfo().workflowId, ended: batch, isHeld };
      isSending = true;
      mustConfirm = false;
      dueAt = now + speakEveryMs(isShortRun);
      getExternalWorkflowHandle(ownerId)
        .signal(toSignal(LANE_RESULTS), results)
        .then(() => sent(batch.length), failed);
    },
  };
}

/** The first goes in any case, so that a large one cannot block the others. */
function takeBatch(ended: readonly AttemptEvent[]): readonly AttemptEvent[] {
  const batch = takeWithin(ended, MAX_SIGNAL_BYTES);
  return batch.length === 0 ? ended.slice(0, 1) : batch;
}
