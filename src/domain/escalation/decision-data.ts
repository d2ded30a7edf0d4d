import { z } from 'zod';
import { readTopUp, type Amounts, type BudgetKind } from '../budget.ts';
import { clip } from '../clip.ts';
import { millisecondsOr } from '../duration.ts';
import { parseMessage } from '../parse-message.ts';
import { taskSchema } from '../plan/plan-schema.ts';
import type { JsonObject } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import { count, duration, fields, id } from '../source/shape.ts';

/** What an escalated task may be given by `extend`. */
export const EXTENSIONS = ['time', 'attempts'] as const;
export type Extension = (typeof EXTENSIONS)[number];

/** Fields of a task that the decision `change` may set: how it is done and judged, not what it hands over or who may do it. */
export const CHANGEABLE = ['description', 'input', 'estimate', 'priority', 'stallAfter'] as const;
export type Changeable = (typeof CHANGEABLE)[number];

/** The decisions on an escalated task that need data, each with what the data may name. One that is absent is not offered. */
export interface DecisionTerms {
  /** `{agent}`: one of these. */
  readonly reassign?: readonly string[];
  /** `{time?, attempts?}`: so much more, at least one of these. */
  readonly extend?: readonly Extension[];
  /** Some of these fields, as in a plan. */
  readonly change?: readonly Changeable[];
  /** `{tokens?, cost?, time?, attempts?}`: so much more, at least one of these. */
  readonly topUp?: readonly BudgetKind[];
}

/** A decision with its data read: what is to be done about the task before it is tried again. `set` is as written in a plan. */
export type TaskDecision =
  | { readonly type: 'reassign'; readonly agent: string }
  | { readonly type: 'extend'; readonly timeMs: number; readonly attempts: number }
  | { readonly type: 'change'; readonly set: JsonObject }
  | { readonly type: 'topUp'; readonly amounts: Amounts };

const reassignment = z.object({ agent: id });
const extension = z.object({ time: duration.nullish(), attempts: count(100).nullish() });
const { description, input, estimate, priority, stallAfter } = taskSchema.shape;
const change = fields({
  description,
  input: input.unwrap().unwrap().optional(),
  estimate,
  priority: priority.unwrap().unwrap().optional(),
  stallAfter,
}).refine((set) => Object.keys(set).length > 0, { error: 'at least one field' });

const MAX_QUOTED = 200;
const MAX_NAMED = 20;
const got = (data: unknown): string => `got ${clip(JSON.stringify(data) ?? 'nothing', MAX_QUOTED)}`;

/** Whether the decision is one that needs data. */
export const needsData = (terms: DecisionTerms, decision: string): decision is TaskDecision['type'] =>
  Object.hasOwn(terms, decision);

/** The data of such a decision; the error says what was expected and what came. */
export function readDecision(terms: DecisionTerms, decision: TaskDecision['type'], data: unknown): Result<TaskDecision> {
  switch (decision) {
    case 'reassign':
      return readReassignment(terms.reassign ?? [], data);
    case 'extend':
      return readExtension(terms.extend ?? [], data);
    case 'change':
      return readChange(data);
    case 'topUp': {
      const amounts = readTopUp(data, terms.topUp ?? []);
      return amounts.ok ? ok({ type: 'topUp', amounts: amounts.value }) : amounts;
    }
  }
}

function readReassignment(agents: readonly string[], data: unknown): Result<TaskDecision> {
  const parsed = reassignment.safeParse(data);
  if (parsed.success && agents.includes(parsed.data.agent)) return ok({ type: 'reassign', agent: parsed.data.agent });
  const names = agents.slice(0, MAX_NAMED).join(', ') + (agents.length > MAX_NAMED ? ', …' : '');
  return err(`data: expected {agent}, one of ${names}; ${got(data)}`);
}

function readExtension(kinds: readonly Extension[], data: unknown): Result<TaskDecision> {
  const parsed = extension.safeParse(data);
  const given = EXTENSIONS.filter((kind) => (parsed.data?.[kind] ?? null) !== null);
  if (parsed.success && given.length > 0 && given.every((kind) => kinds.includes(kind)))
    return ok({ type: 'extend', timeMs: millisecondsOr(parsed.data.time, 0), attempts: parsed.data.attempts ?? 0 });
  const rules = { time: 'time: a duration such as 30m', attempts: 'attempts: a whole number from 1 to 100' };
  return err(`data: expected at least one of {${kinds.map((kind) => rules[kind]).join('; ')}}, ${got(data)}`);
}

function readChange(data: unknown): Result<TaskDecision> {
  const parsed = parseMessage(change, data);
  if (!parsed.ok)
    return err(`data: expected some of {${CHANGEABLE.join(', ')}} as in a plan: ${parsed.error.message}; ${got(data)}`);
  return ok({ type: 'change', set: parsed.value as JsonObject });
}
