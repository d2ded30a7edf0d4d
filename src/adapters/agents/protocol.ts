import { z } from 'zod';
import type { AgentAnswer } from '../../domain/agent-question.ts';
import { BOUNDED_JSON_RULE, isBoundedJson } from '../../domain/bounded-json.ts';
import type { Json } from '../../domain/plan/plan.ts';
import { ADDRESS_RULE, agentMessageSchema, isAddressed, type AgentMessage } from '../../domain/agent-message.ts';
import { toPrintable } from '../processes/output-log.ts';

/** The protocol of command agents, version 1, as described in docs/agents.md: what an agent may say on its stdout. */
export type ProtocolLine =
  | { readonly kind: 'status'; readonly fields: StatusFields; readonly problems: readonly string[] }
  | ({ readonly kind: 'result' } & AgentResult)
  | ({ readonly kind: 'question' } & AgentQuestion)
  | ({ readonly kind: 'answer' } & AgentAnswer)
  | { readonly kind: 'message'; readonly message: AgentMessage }
  | { readonly kind: 'note'; readonly text: string }
  | ({ readonly kind: 'error' } & AgentError);

export type ParsedLine =
  | ProtocolLine
  | { readonly kind: 'log' }
  | { readonly kind: 'invalid'; readonly of: unknown; readonly problem: string };

export type StatusFields = z.infer<typeof statusSchema>;
export type AgentResult = z.infer<typeof resultSchema>;
export type AgentQuestion = z.infer<typeof questionSchema>;
export type AgentError = z.infer<typeof errorSchema>;

/** Bounds of what is taken over, so that nothing an agent says makes a state or a payload large. Longer texts are cut. */
export const LIMITS = {
  lineBytes: 1024 * 1024,
  issues: 20,
  issueChars: 200,
  idChars: 128,
  shortChars: 200,
  textChars: 4_000,
  noteChars: 1_000,
  notes: 20,
  outputs: 1_000,
  pathChars: 1_024,
  options: 20,
  amount: 1e12,
} as const;

const text = (max: number) => z.string().transform((value) => cut(toPrintable(value), max));
const id = z.string().min(1).max(LIMITS.idChars);
/** `null` stands for "not given", or for an empty list. */
const optionalText = (max: number) =>
  text(max)
    .nullish()
    .transform((value) => value ?? null);
const list = <T extends z.ZodType>(item: T, max: number) =>
  z
    .array(item)
    .nullable()
    .transform((items) => (items ?? []).slice(0, max));
const time = z
  .string()
  .refine((value) => !Number.isNaN(Date.parse(value)), { error: 'expected a time in ISO 8601' })
  .transform((value) => new Date(value).toISOString());

/** Of the whole attempt so far, whatever it was paid for. */
const usage = z.object({
  tokens: z.number().nonnegative().max(LIMITS.amount).default(0),
  cost: z.number().nonnegative().max(LIMITS.amount).default(0),
});

const statusSchema = z
  .object({
    status: z.enum(['working', 'blocked', 'completed', 'error']),
    current_task: text(LIMITS.shortChars).nullable(),
    progress_percentage: z.number().transform((value) => Math.round(Math.min(100, Math.max(0, value)) * 100) / 100),
    estimated_completion: time.nullable(),
    blocking_issues: list(text(LIMITS.issueChars), LIMITS.issues),
    next_coordination_point: text(LIMITS.shortChars).nullable(),
    outputs_ready: list(id, LIMITS.issues),
    usage: usage.nullable(),
    handover: z.literal('acknowledged'),
  })
  .partial();

const resultSchema = z.object({
  summary: optionalText(LIMITS.textChars),
  notes: optionalText(LIMITS.textChars),
  outputs: z
    .array(z.object({ deliverable: id, path: z.string().min(1).max(LIMITS.pathChars) }))
    .max(LIMITS.outputs)
    .nullish()
    .transform((outputs) => outputs ?? []),
  usage: usage.nullish().transform((given) => given ?? null),
});

const questionSchema = z.object({
  id,
  text: text(LIMITS.textChars),
  options: z
    .array(text(LIMITS.shortChars))
    .nullish()
    .transform((options) => (options ?? []).slice(0, LIMITS.options)),
});

const messageSchema = agentMessageSchema.refine(isAddressed, ADDRESS_RULE);

const noteSchema = z.object({ text: text(LIMITS.noteChars) });

const answerSchema = z.object({
  decision: text(LIMITS.shortChars),
  note: optionalText(LIMITS.textChars),
  data: z
    .unknown()
    .refine(isBoundedJson, { error: `expected ${BOUNDED_JSON_RULE}` })
    .optional()
    .transform((data) => (data ?? null) as Json),
});

const errorSchema = z.object({
  type: z
    .string()
    .nullish()
    .transform((value) => cut(toPrintable(value ?? 'error'), LIMITS.shortChars)),
  message: text(LIMITS.textChars),
  retryable: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true),
  /** Of an error of the type `DependencyDown`: which one. */
  dependency: z.string().max(LIMITS.shortChars).nullish(),
});

/**
 * One line of stdout → what it says. A line is protocol when it is a JSON object with a `pact` key; then it is either
 * understood or `invalid`, with a sentence that says why. Never throws. Bad UTF-8 becomes U+FFFD.
 */
export function parseLine(line: Buffer): ParsedLine {
  if (!line.includes('"pact"')) return { kind: 'log' }; // a flood of JSON that is not for us costs little
  const source = line.toString('utf8').replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    const isMeant = /^\s*\{\s*"pact"\s*:/.test(source);
    return isMeant ? { kind: 'invalid', of: null, problem: `not valid JSON: ${quote(source)}` } : { kind: 'log' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, 'pact'))
    return { kind: 'log' };
  const kind = (value as { pact: unknown }).pact;
  switch (kind) {
    case 'status':
      return parseStatus(value as Readonly<Record<string, unknown>>, source);
    case 'result':
      return parseWith(resultSchema, value, source, (fields) => ({ kind, ...fields }));
    case 'question':
      return parseWith(questionSchema, value, source, (fields) => ({ kind, ...fields }));
    case 'message':
      return parseWith(messageSchema, value, source, (message) => ({ kind, message }));
    case 'answer':
      return parseWith(answerSchema, value, source, (fields) => ({ kind, ...fields }));
    case 'note':
      return parseWith(noteSchema, value, source, (fields) => ({ kind, ...fields }));
    case 'error':
      return parseWith(errorSchema, value, source, (fields) => ({ kind, ...fields }));
    default: {
      const expected = 'expected "pact" to be status, result, question, message, note, answer or error';
      return { kind: 'invalid', of: kind, problem: `${expected}, found ${quote(JSON.stringify(kind))}: ${quote(source)}` };
    }
  }
}

/** A status field that is wrong does not take the right ones with it: each is looked at alone. */
function parseStatus(value: Readonly<Record<string, unknown>>, source: string): ParsedLine {
  const problems: string[] = [];
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(statusSchema.shape)) {
    if (!Object.hasOwn(value, name)) continue;
    const parsed = statusSchema.safeParse({ [name]: value[name] });
    if (parsed.success) Object.assign(fields, parsed.data);
    else problems.push(`${toSentence(parsed.error)} in ${quote(source)}`);
  }
  return { kind: 'status', fields, problems };
}

function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
  source: string,
  wrap: (fields: z.output<S>) => ProtocolLine,
): ParsedLine {
  const parsed = schema.safeParse(value);
  if (parsed.success) return wrap(parsed.data);
  return { kind: 'invalid', of: (value as { pact: unknown }).pact, problem: `${toSentence(parsed.error)} in ${quote(source)}` };
}

const toSentence = (error: z.ZodError): string =>
  error.issues
    .map(({ path, message }) => `${path.length === 0 ? 'line' : path.join('.')}: ${message}`)
    .slice(0, 5)
    .join('; ');

const quote = (source: string): string => cut(toPrintable(source), 160);

/** At most `max` UTF-16 units, never half a character; what was cut ends with an ellipsis. */
function cut(value: string, max: number): string {
  if (value.length <= max) return value;
  const kept = value.slice(0, max - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
