import type { AgentAllowance } from '../adapters/agents/agent-budget.ts';
import type { JsonObject } from '../domain/plan/plan.ts';

/** What a sprint answers to the query `mailbox`. What does not fit is left out: it may be of another version. */
export interface MailboxReply {
  readonly answers: readonly Answer[];
  readonly messages: readonly {
    readonly sequence: number;
    readonly sentAt: number;
    readonly attempts: readonly number[];
    readonly line: JsonObject;
  }[];
  readonly allowances: readonly (AgentAllowance & { readonly taskId: string; readonly attempt: number })[];
  readonly digests: readonly { readonly taskId: string; readonly attempt: number; readonly text: string }[];
}

export interface Answer {
  readonly taskId: string;
  readonly attempt: number;
  readonly questionId: string;
  readonly decision: string | null;
  readonly text: string | null;
  readonly data: JsonObject | null;
}

export function toMailboxReply(reply: unknown): MailboxReply {
  return {
    answers: listOf(reply, 'answers').flatMap(toAnswer),
    messages: listOf(reply, 'messages').flatMap(({ attempts, ...message }) => {
      const { sequence, sentAt } = message;
      if (typeof sequence !== 'number' || typeof sentAt !== 'string' || !Array.isArray(attempts)) return [];
      const line = { pact: 'message', ...message } as JsonObject;
      return [{ sequence, sentAt: Date.parse(sentAt), attempts: attempts.filter((place) => typeof place === 'number'), line }];
    }),
    allowances: listOf(reply, 'allowances').flatMap(({ taskId, attempt, isPaused, tokens, cost }) => {
      if (typeof taskId !== 'string' || typeof attempt !== 'number' || typeof isPaused !== 'boolean') return [];
      return isLimit(tokens) && isLimit(cost) ? [{ taskId, attempt, isPaused, tokens, cost }] : [];
    }),
    digests: listOf(reply, 'digests').flatMap(({ taskId, attempt, text }) =>
      typeof taskId === 'string' && typeof attempt === 'number' && typeof text === 'string' ? [{ taskId, attempt, text }] : [],
    ),
  };
}

function toAnswer({ taskId, attempt, questionId, decision, text, data }: Record<string, unknown>): Answer[] {
  if (typeof taskId !== 'string' || typeof attempt !== 'number' || typeof questionId !== 'string') return [];
  const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return [{ taskId, attempt, questionId, decision: textOrNull(decision), text: textOrNull(text), data: toJsonObject(data) }];
}

const isLimit = (value: unknown): value is number | null => value === null || typeof value === 'number';

const listOf = (reply: unknown, name: string): readonly Record<string, unknown>[] => {
  const list = isRecord(reply) ? reply[name] : null;
  return Array.isArray(list) ? list.filter(isRecord) : [];
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Query replies are decoded JSON, so an object is one of JSON values. */
const toJsonObject = (value: unknown): JsonObject | null => (isRecord(value) ? (value as JsonObject) : null);
