import type { ChannelMessage } from '../../domain/notices/channel-message.ts';
import type { NoticeKind } from '../../domain/notices/notice.ts';

export interface Delivery {
  readonly ok: boolean;
  /** For people: how it went, or what failed and what to do. Never holds a secret. */
  readonly detail: string;
}

/** How one try went. */
export interface Try extends Delivery {
  /** Another try may end better. */
  readonly isPassing: boolean;
  /** The receiver asks for so much time. */
  readonly retryAfterMs?: number;
}

/** A way to reach people, one try at a time. Neither function throws: what failed is in the answer. */
export interface Transport {
  send(message: ChannelMessage, signal?: AbortSignal): Promise<Try>;
  /** Whether a message could be sent, without sending one. */
  reachable(signal?: AbortSignal): Promise<Delivery>;
}

/** A channel of the config: sends with as many tries as make sense. */
export interface Channel {
  readonly id: string;
  /** Kinds of notices that it takes. */
  readonly events: readonly NoticeKind[];
  /** Channels that are told, the first that can be, when this one fails. */
  readonly fallback: readonly string[];
  send(message: ChannelMessage, signal?: AbortSignal): Promise<Delivery>;
  reachable(signal?: AbortSignal): Promise<Delivery>;
}
