/** Something that people should hear of. Goes out as this JSON object. */
export interface ChannelEvent {
  /** Such as `personNeeded` or `executionEnded`; the receiver may route by it. */
  readonly kind: string;
  readonly executionId: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  readonly url?: string;
}

export interface Delivery {
  readonly ok: boolean;
  /** For people: how it went, or what failed and what to do. */
  readonly detail: string;
}

/** A way to reach people. Neither function throws: what failed is in the answer. */
export interface Channel {
  readonly id: string;
  send(event: ChannelEvent, signal?: AbortSignal): Promise<Delivery>;
  /** Whether an event could be sent, without sending one. */
  reachable(signal?: AbortSignal): Promise<Delivery>;
}
