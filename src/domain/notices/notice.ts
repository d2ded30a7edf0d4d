import type { Phase } from '../views.ts';

/** What people can be told of; a channel's `events` names the kinds that it takes. */
export const NOTICE_KINDS = [
  'authorizationNeeded',
  'personNeeded',
  'taskBlocked',
  'taskFailed',
  'alert',
  'milestone',
  'ended',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Something that people should hear of. */
export interface Notice {
  /** `<execution>/notice/<n>`, the same however often it is sent: receivers drop what they have had. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly executionId: string;
  /** Of the execution, when it happened. */
  readonly phase: Phase;
  /** ISO 8601. */
  readonly at: string;
  readonly title: string;
  /** Plain text, several lines. Words of agents and people are in it: every channel escapes it for its own format. */
  readonly text: string;
  /** What to answer, where an answer is asked for. */
  readonly item: NoticeItem | null;
  /** Channels that are told instead of those of `notify`. */
  readonly via?: readonly string[];
}

/** Of an inbox item what a program needs to answer it with the message `respond`, or `authorize` where the option says so. */
export interface NoticeItem {
  readonly itemId: string;
  readonly options: readonly string[];
  readonly people: readonly string[] | 'anyone';
  readonly deadline: string;
  /** What happens at the deadline. */
  readonly otherwise: string;
}

/** How a channel took what it was told. */
export interface ChannelResult {
  readonly channel: string;
  readonly ok: boolean;
  /** For people: how it went, or what failed and what to do. */
  readonly detail: string;
  /** The channel that failed and that this one stands in for; null: it was told in its own right. */
  readonly insteadOf: string | null;
  /** What it did not carry; absent when it did. */
  readonly what?: Uncarried;
}

export interface Uncarried {
  readonly title: string;
  /** Ids of inbox items that it asks about. */
  readonly items: readonly string[];
}

export const toUncarried = (notices: readonly Notice[]): Uncarried => ({
  title: `${notices[0]?.title ?? 'nothing'}${notices.length > 1 ? ` and ${notices.length - 1} more` : ''}`,
  items: notices.flatMap(({ item }) => item?.itemId ?? []),
});
