import type { DeliveredMessage } from '../agent-message.ts';
import type { SprintState } from './state.ts';

/** Messages between the agents of a sprint: plain JSON, bounded. Tasks and agents by number. */
export interface Mail {
  /** Of the last message that came. */
  sequence: number;
  /** What somebody has still to get, by its sequence number. */
  kept: Record<string, KeptMessage>;
  /** Bytes of all that is kept. */
  bytes: number;
  /** `task/<number>`: for whoever has the task; `agent/<number>`: for the agent's next attempt. Oldest first. */
  boxes: Record<string, BoxEntry[]>;
  /** By the request's id. */
  requests: Record<string, OpenRequest>;
  /** Fingerprints of what came lately, oldest first. */
  recent: { print: string; at: number }[];
  /** By sender and receiver. */
  paces: Record<string, Pace>;
  /** By task: number of the last message of its attempt. */
  heard: Record<string, { attempt: number; number: number }>;
  /** The newest announcements, for the digest; oldest first. */
  announcements: { from: string; text: string }[];
  /** What conditions of triggers have been met by messages; see `mail-triggers.ts`. */
  matched: string[];
  counts: MailCounts;
  /** Times of delivery to running agents, the newest 100. */
  delaysMs: number[];
}

export interface KeptMessage {
  readonly message: DeliveredMessage;
  readonly bytes: number;
  /** Boxes that it lies in. */
  boxes: number;
}

export interface BoxEntry {
  readonly sequence: number;
  /** Whom it was for: the agent whatever it does, the task whoever does it, or those at work then. */
  readonly meant: 'agent' | 'task' | 'all';
  /** Number of the attempt that got it; null: none has yet. */
  takenBy: number | null;
}

export interface OpenRequest {
  /** Agent, task and attempt of the sender; null: it came from outside. */
  readonly asker: { readonly agent: number; readonly task: number; readonly attempt: number } | null;
  readonly from: string;
  readonly to: string;
  readonly key: string | null;
  readonly deadlineMs: number;
}

export interface Pace {
  /** Start of the minute that is counted. */
  since: number;
  count: number;
  /** What the last message of progress said. */
  progress: string | null;
}

/** Why a message was not delivered. */
export const DROP_REASONS = [
  'duplicate', // the same sender said the same, or used the same key, within ten minutes
  'pace', // too many from one sender to one receiver in a minute
  'unmoved', // progress that has not moved
  'nobody', // to all at work, and nobody is
  'self', // to itself
  'unknownReceiver', // no such agent or task, or nothing to reply to
  'undeliverable', // the task has ended, or a person would have to read it
  'full', // too many requests are open
  'overflow', // newer ones took its room
  'stale', // the attempt that sent it is not at work
  'rate', // more than the sender's worker sends for one attempt
  'size', // its body was too large
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface MailCounts {
  /** That came, those dropped included. */
  sent: number;
  /** Of the bodies. */
  bytes: number;
  delivered: number;
  unanswered: number;
  dropped: Partial<Record<DropReason, number>>;
}

export const toFirstMail = (): Mail => ({
  sequence: 0,
  kept: {},
  bytes: 0,
  boxes: {},
  requests: {},
  recent: [],
  paces: {},
  heard: {},
  announcements: [],
  matched: [],
  counts: { sent: 0, bytes: 0, delivered: 0, unanswered: 0, dropped: {} },
  delaysMs: [],
});

/** The mail of the sprint, which begins with its first message. */
export function mailOf(state: SprintState): Mail {
  state.mail ??= toFirstMail();
  return state.mail;
}

export function countDropped({ counts }: Mail, reason: DropReason, count = 1): void {
  counts.dropped[reason] = (counts.dropped[reason] ?? 0) + count;
}
