import type { AttemptEvent, PerformEffect } from '../domain/sprint/events.ts';

/** Input of a lane, from the sprint that owns it. */
export interface LaneInput {
  /** Workflow id of the sprint: where results go. */
  readonly ownerId: string;
  /** Known to the two alone: anyone can send a signal, but neither orders nor results of others count. */
  readonly key: string;
  readonly heartbeatTimeoutMs: number;
  /** See `sign-of-life.ts`. */
  readonly isShortRun: boolean;
  readonly orders: LaneOrders;
}

/** Signal `laneOrders`, at most 256 KiB unless one attempt alone is larger. */
export interface LaneOrders {
  readonly key: string;
  readonly perform: readonly PerformEffect[];
  readonly cancel: readonly AttemptRef[];
  /** Keep results until told otherwise: the owner is about to continue as new. */
  readonly hold: boolean;
  /** Nothing more will come: end when the last result is delivered. */
  readonly close: boolean;
}

export interface AttemptRef {
  readonly taskId: string;
  readonly attempt: number;
}

/** Signal `laneResults`; with nothing in it a sign of life. */
export interface LaneResults {
  readonly key: string;
  /** Workflow id of the lane. */
  readonly lane: string;
  readonly ended: readonly AttemptEvent[];
  /** The lane keeps its results, as it was told: none is on its way any more. */
  readonly isHeld: boolean;
}

export const LANE_ORDERS = 'laneOrders';
export const LANE_RESULTS = 'laneResults';
/** The most that one signal between sprint and lane should carry. */
export const MAX_SIGNAL_BYTES = 256 * 1024;
