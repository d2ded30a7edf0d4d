import { getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { jsonBytes } from '../domain/json-size.ts';
import { attemptActivityId } from '../domain/ids.ts';
import type { PerformEffect } from '../domain/sprint/events.ts';
import { LANE_ORDERS, MAX_SIGNAL_BYTES, type AttemptRef, type LaneInput, type LaneOrders } from './lane-messages.ts';
import { toSignal } from './messages.ts';
import { whenRoom } from './payload-budget.ts';
import { tie } from './tether.ts';

/** A lane as one run of its sprint hands it to the next. */
export interface CarriedLane {
  readonly id: string;
  readonly key: string;
  readonly attempts: readonly AttemptRef[];
  /** How many attempts it has been given in all. */
  readonly given: number;
}

/** The sprint's end of the line to one of its lanes: orders go one at a time, the next one holds what has come together meanwhile. */
export interface LaneLine {
  readonly id: string;
  readonly key: string;
  readonly given: number;
  /** At work there or on their way. */
  readonly attempts: Map<string, AttemptRef>;
  /** An order is on its way or waits to be sent. */
  readonly isBusy: boolean;
  /** This run has opened the lane and is told by the server when it ends. */
  readonly isWatched: boolean;
  readonly isClosed: boolean;
  perform(effect: PerformEffect): void;
  cancel(attempt: AttemptRef): void;
  /** Tells the lane to keep its results, or to send them again. */
  hold(isHeld: boolean): void;
  close(): void;
  /** An order with nothing in it: it fails when the lane is gone. */
  ping(): void;
}

export interface LaneLineOptions {
  readonly ownerId: string;
  readonly heartbeatTimeoutMs: number;
  readonly isShortRun: boolean;
  /** A lane of an earlier run, or the id and key of one to be opened with the first order. */
  readonly lane: CarriedLane;
  readonly isOpen: boolean;
  /** The lane has taken an order: it lives. */
  readonly onTaken: () => void;
  readonly onEnded: () => void;
}

export function createLaneLine(options: LaneLineOptions): LaneLine {
  const { lane, isOpen, onTaken, onEnded } = options;
  const attempts = new Map(lane.attempts.map((ref) => [attemptActivityId(ref.taskId, ref.attempt), ref]));
  const orders = { perform: [] as PerformEffect[], cancel: [] as AttemptRef[], hold: false, close: false, isWanted: false };
  let { given } = lane;
  let deliver = isOpen ? signalTo(lane.id) : openLane(options, () => (deliver = signalTo(lane.id)));
  let isSending = false;

  const send = async (): Promise<void> => {
    isSending = true;
    // What comes in the same moment goes together.
    await Promise.resolve();
    try {
      while (orders.isWanted) {
        await deliver(takeOrders(lane.key, orders));
        onTaken();
      }
    } catch {
      onEnded();
    }
    isSending = false;
  };
  const want = (): void => {
    orders.isWanted = true;
    if (!isSending) void send();
  };
  return {
    id: lane.id,
    key: lane.key,
    attempts,
    isWatched: !isOpen,
    get given() {
      return given;
    },
    get isClosed() {
      return orders.close;
    },
    get isBusy() {
      return isSending;
    },
    perform(effect) {
      const { task, attempt } = effect.input;
      attempts.set(attemptActivityId(task.id, attempt), { taskId: task.id, attempt });
      orders.perform.push(effect);
      given += 1;
      want();
    },
    cancel(attempt) {
      orders.cancel.push(attempt);
      want();
    },
    hold(isHeld) {
      orders.hold = isHeld;
      want();
    },
    close() {
      orders.close = true;
      want();
    },
    ping: want,
  };
}

interface OrderBook {
  readonly perform: PerformEffect[];
  readonly cancel: AttemptRef[];
  readonly hold: boolean;
  readonly close: boolean;
  isWanted: boolean;
}

/** As many attempts as fit; the first goes in any case. */
function takeOrders(key: string, book: OrderBook): LaneOrders {
  let bytes = 0;
  const end = book.perform.findIndex((effect) => (bytes += jsonBytes(effect)) > MAX_SIGNAL_BYTES);
  const perform = book.perform.splice(0, end < 0 ? book.perform.length : Math.max(1, end));
  book.isWanted = book.perform.length > 0;
  return { key, perform, cancel: book.cancel.splice(0), hold: book.hold, close: book.close };
}

type Deliver = (orders: LaneOrders) => Promise<void>;

const signalTo =
  (id: string): Deliver =>
  (orders) =>
    whenRoom(jsonBytes(orders), () => getExternalWorkflowHandle(id).signal(toSignal(LANE_ORDERS), orders));

/** The first order goes with the start. */
function openLane({ ownerId, heartbeatTimeoutMs, isShortRun, lane, onEnded }: LaneLineOptions, onOpened: () => void): Deliver {
  return async (orders) => {
    const input: LaneInput = { ownerId, key: lane.key, heartbeatTimeoutMs, isShortRun, orders };
    const start = () =>
      startChild<(input: LaneInput) => Promise<void>>('lane', {
        workflowId: lane.id,
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `attempts of ${ownerId}`.slice(0, 200),
      });
    const child = await whenRoom(jsonBytes(input), start);
    onOpened();
    tie(lane.id);
    void child.result().then(onEnded, onEnded);
  };
}
