import { z } from 'zod';
import { isBoundedJson } from './bounded-json.ts';
import { jsonBytes } from './json-size.ts';
import { PRIORITIES, type Json, type Priority } from './plan/plan.ts';

/** Messages between agents, and what limits them wherever they come from. */

export const MESSAGE_KINDS = ['request', 'response', 'announcement', 'progress', 'notice'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** To all at work. */
export const EVERYBODY = '*';
/** Before the id of a task: to whoever has that task. */
export const TO_TASK = 'task:';
/** The name under which the engine itself speaks. */
export const ENGINE = 'pact';

export const MAX_BODY_BYTES = 16 * 1024;
/** Of one attempt in any minute. */
export const MESSAGES_PER_MINUTE = 60;
const DEFAULT_WITHIN_MS = 600_000;
const LONGEST_WITHIN_MS = 86_400_000;

const BODY_RULE = `JSON of at most ${MAX_BODY_BYTES / 1024} KiB, 1,000 values and 32 levels`;
const name = (length: number) => z.string().min(1).max(length);
const optional = (length: number) =>
  name(length)
    .nullish()
    .transform((value) => value ?? null);

/** As somebody writes it. An unknown kind is a notice, an unknown priority normal. */
export const agentMessageSchema = z.object({
  /** null: to whoever sent what it replies to. */
  to: optional(160),
  priority: z.enum(PRIORITIES).catch('normal').default('normal'),
  kind: z.enum(MESSAGE_KINDS).catch('notice').default('notice'),
  body: z
    .unknown()
    .optional()
    .transform((body) => (body ?? null) as Json)
    .refine((body) => isBoundedJson(body) && jsonBytes(body) <= MAX_BODY_BYTES, `expected ${BODY_RULE}`),
  inReplyTo: optional(128),
  /** The sender's own name for it: the same one twice is a duplicate. */
  key: optional(128),
  /** Of a request: time to answer. */
  withinMs: z
    .number()
    .min(1)
    .nullish()
    .transform((withinMs) => Math.min(withinMs ?? DEFAULT_WITHIN_MS, LONGEST_WITHIN_MS)),
});
export type AgentMessage = z.infer<typeof agentMessageSchema>;

/** What lacks an address is no message. */
export const isAddressed = ({ to, inReplyTo }: Pick<AgentMessage, 'to' | 'inReplyTo'>): boolean =>
  to !== null || inReplyTo !== null;
export const ADDRESS_RULE = 'expected "to": an agent, "*" or "task:<id>"';

/** On its way from a worker to the sprint. */
export const sentMessageSchema = agentMessageSchema.extend({
  task_id: name(512),
  attempt: z.int().min(1),
  /** Counts the messages of the attempt from 1: one that comes twice is known by it. */
  number: z.int().min(1),
  /** Unix ms, by the worker's clock. */
  sentAt: z.number().min(0).max(8.64e15),
});
export type SentMessage = z.infer<typeof sentMessageSchema>;

const count = z.int().min(0).max(1e9);

/** What a worker says about the messages of one attempt: with the next signal that it sends anyway. */
export const receiptSchema = z.object({
  task_id: name(512),
  attempt: z.int().min(1),
  /** Sequence number of the last message that the agent was given. */
  sequence: count.optional(),
  /** From the sender's stdout to the receiver's stdin. */
  delaysMs: z.array(z.number().min(0).max(1e12)).max(20).optional(),
  /** Messages of the agent that were not sent. */
  dropped: z.object({ rate: count, size: count }).partial().optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** From a program outside: who it says that it is. */
export const outsideMessageSchema = agentMessageSchema
  .extend({ from: z.string().trim().min(1, 'expected a name').max(128) })
  .refine(isAddressed, ADDRESS_RULE);
export type OutsideMessage = z.infer<typeof outsideMessageSchema>;

/** As an agent gets it: in its request, or with `"pact":"message"` as a line on its stdin. */
export interface DeliveredMessage {
  /** Grows with every message of the sprint. */
  readonly sequence: number;
  readonly id: string;
  readonly from: string;
  /** The sender's task; absent for messages of the engine and from outside. */
  readonly task?: string;
  /** It came from outside: who sent it is a claim. */
  readonly outside?: true;
  readonly to: string;
  readonly priority: Priority;
  readonly kind: MessageKind;
  readonly body: Json;
  readonly key?: string;
  readonly inReplyTo?: string;
  /** The key that the request had which this answers, or is about. */
  readonly inReplyToKey?: string;
  /** Of a request: until when it wants an answer; ISO 8601. */
  readonly answerBy?: string;
  /** ISO 8601. */
  readonly sentAt: string;
}
