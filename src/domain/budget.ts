import { z } from 'zod';
import { clip } from './clip.ts';
import { formatDuration, parseDuration, toMilliseconds } from './duration.ts';
import { err, ok, type Result } from './result.ts';

/** What a budget limits. Tokens and cost are as agents report them, time is the engine's own clock, attempts are those given out. */
export const BUDGET_KINDS = ['tokens', 'cost', 'time', 'attempts'] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

export const BUDGET_LEVELS = ['plan', 'sprint', 'agent', 'task'] as const;
export type BudgetLevel = (typeof BUDGET_LEVELS)[number];

/** So much of each kind; time in ms, cost in the plan's currency, whichever that is. */
export type Amounts = Readonly<Record<BudgetKind, number>>;
export type MutableAmounts = Record<BudgetKind, number>;

export const noAmounts = (): MutableAmounts => ({ tokens: 0, cost: 0, time: 0, attempts: 0 });

/** What an agent says it has used in one attempt so far. */
export interface Usage {
  readonly tokens: number;
  readonly cost: number;
}

/** Limits of a plan, a sprint or an agent; a kind that is not there has none. `ask` is false where nobody is to be asked for more. */
export interface Budget {
  readonly tokens?: number;
  readonly cost?: number;
  readonly timeMs?: number;
  readonly attempts?: number;
  readonly ask?: false;
}

/** A budget as people write it, before its durations are read. */
export interface WrittenBudget {
  readonly tokens?: number | null | undefined;
  readonly cost?: number | null | undefined;
  readonly time?: string | null | undefined;
  readonly attempts?: number | null | undefined;
  readonly ask?: boolean | null | undefined;
}

/** Share of a limit at which an alert is raised, where the config gives none. */
export const DEFAULT_WARN_AT = 0.8;
/** Time to answer for more, where the config gives none. */
export const DEFAULT_TOP_UP_WITHIN_MS = 86_400_000;

/** A written budget, its durations checked before, without what is not given; undefined for one that says nothing. */
export function toBudget(written: WrittenBudget | null | undefined): Budget | undefined {
  const { tokens, cost, time, attempts, ask } = written ?? {};
  const budget = {
    ...(typeof tokens === 'number' ? { tokens } : {}),
    ...(typeof cost === 'number' ? { cost } : {}),
    ...(typeof time === 'string' ? { timeMs: toMilliseconds(time) } : {}),
    ...(typeof attempts === 'number' ? { attempts } : {}),
  };
  if (Object.keys(budget).length === 0) return undefined;
  return ask === false ? { ...budget, ask } : budget;
}

/** What a budget limits, by kind: time in ms. */
export const toLimits = ({ tokens, cost, timeMs, attempts }: Budget): Partial<Amounts> => ({
  ...(tokens === undefined ? {} : { tokens }),
  ...(cost === undefined ? {} : { cost }),
  ...(timeMs === undefined ? {} : { time: timeMs }),
  ...(attempts === undefined ? {} : { attempts }),
});

/** Money to a millionth, so that sums of many small amounts stay what they look like. */
export const addCost = (a: number, b: number): number => Math.round((a + b) * 1e6) / 1e6;

export function addAmounts(to: MutableAmounts, more: Amounts): void {
  for (const kind of BUDGET_KINDS) to[kind] = addCost(to[kind], more[kind]);
}

export function formatAmount(kind: BudgetKind, amount: number): string {
  if (kind === 'time') return formatDuration(amount);
  if (kind === 'cost') return amount.toFixed(2);
  return `${Math.round(amount)} ${kind === 'attempts' && amount === 1 ? 'attempt' : kind}`;
}

/** A budget in words, for people who approve it or are asked for more; empty for none. */
export function describeBudget({ tokens, cost, timeMs, attempts, ask }: Budget): string {
  const amounts = { tokens, cost, time: timeMs, attempts };
  const parts = BUDGET_KINDS.flatMap((kind) => {
    const amount = amounts[kind];
    if (amount === undefined) return [];
    return kind === 'cost' || kind === 'time' ? [`${kind} ${formatAmount(kind, amount)}`] : [formatAmount(kind, amount)];
  });
  return parts.join(', ') + (ask === false ? ', without asking for more' : '');
}

const MAX_AMOUNT = 1e15;
const amount = z.number().positive().max(MAX_AMOUNT);
const topUp = z.object({
  tokens: amount.nullish(),
  cost: amount.nullish(),
  time: z
    .string()
    .refine((written) => parseDuration(written).ok)
    .nullish(),
  attempts: z.int().min(1).max(10_000).nullish(),
});

const RULES: Readonly<Record<BudgetKind, string>> = {
  tokens: 'tokens: a number above 0',
  cost: 'cost: a number above 0',
  time: 'time: a duration such as 30m',
  attempts: 'attempts: a whole number from 1 to 10000',
};
const MAX_QUOTED = 200;

/** `data` of a top-up → what it adds. The error says what was expected, of the kinds that this budget limits, and what came. */
export function readTopUp(data: unknown, kinds: readonly BudgetKind[]): Result<Amounts> {
  const parsed = topUp.safeParse(data);
  const given = BUDGET_KINDS.filter((kind) => parsed.data?.[kind] !== undefined && parsed.data[kind] !== null);
  if (!parsed.success || given.length === 0 || given.some((kind) => !kinds.includes(kind))) {
    const expected = kinds.map((kind) => RULES[kind]).join('; ');
    return err(`data: expected at least one of {${expected}}, got ${clip(JSON.stringify(data) ?? 'nothing', MAX_QUOTED)}`);
  }
  const { tokens, cost, time, attempts } = parsed.data;
  return ok({ tokens: tokens ?? 0, cost: cost ?? 0, time: time ? toMilliseconds(time) : 0, attempts: attempts ?? 0 });
}

export const toUsage = (of: Usage): Usage => ({ tokens: of.tokens, cost: of.cost });

/** Of two reports of one attempt the larger counts, in each kind: what has been used stays used. */
export const maxUsage = (a: Usage | null, b: Usage | null): Usage | null =>
  a === null || b === null ? (a ?? b) : { tokens: Math.max(a.tokens, b.tokens), cost: Math.max(a.cost, b.cost) };

export const sumUsage = (parts: readonly (Usage | undefined)[]): Usage =>
  parts.reduce<Usage>(
    (sum, part) => ({ tokens: addCost(sum.tokens, part?.tokens ?? 0), cost: addCost(sum.cost, part?.cost ?? 0) }),
    { tokens: 0, cost: 0 },
  );

/** `950 tokens of 1000 tokens`, for people. */
export const describeUse = (kind: BudgetKind, spent: number, limit: number): string =>
  `${kind === 'cost' || kind === 'time' ? `${kind} ` : ''}${formatAmount(kind, spent)} of ${formatAmount(kind, limit)}`;
