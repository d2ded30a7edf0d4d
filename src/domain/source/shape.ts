import { z } from 'zod';
import { ID_PATTERN, ID_RULE } from '../ids.ts';
import { didYouMean, nearest } from '../nearest.ts';
import { DURATION_PATTERN, DURATION_RULE, parseDuration } from '../duration.ts';
import type { Finding, Path } from './finding.ts';
import { describeValue, quote, toPath } from './problem.ts';

/**
 * Schemas of written forms, and their issues turned into findings. Convention: the message of an issue is *what was expected*,
 * of an unknown field the known ones joined by commas; the sentence around it is made here.
 */
export const fields = <T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> =>
  z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(',') : undefined) });

/** A list that may be left out; null, which a server's HTTP API makes of `[]`, is the empty list. */
export const list = <T extends z.core.SomeType>(item: T) => z.array(item).nullish();

export const id = z.string({ error: ID_RULE }).regex(ID_PATTERN, { error: ID_RULE });
export const duration = z
  .string({ error: DURATION_RULE })
  .regex(DURATION_PATTERN, { error: DURATION_RULE })
  .refine((written) => parseDuration(written).ok, { error: DURATION_RULE });
export const text = (most: number) => {
  const error = `text of 1 to ${most} characters`;
  return z.string({ error }).min(1, { error }).max(most, { error });
};
export const count = (most: number) => {
  const error = `a whole number from 1 to ${most}`;
  return z.int({ error }).min(1, { error }).max(most, { error });
};

const amount = (what: string, schema: z.ZodNumber) => {
  const error = `${what} above 0, at most 1000000000000`;
  return schema.positive({ error }).max(1e12, { error });
};
const TOKENS = 'a whole number';
const COST = 'an amount';
const ASK = 'true or false';
const amounts = {
  tokens: amount(TOKENS, z.int({ error: `${TOKENS} above 0, at most 1000000000000` })).nullish(),
  cost: amount(COST, z.number({ error: `${COST} above 0, at most 1000000000000` })).nullish(),
  time: duration.nullish(),
  ask: z.boolean({ error: ASK }).nullish(),
};
/** Of a plan, a sprint or an agent. */
export const budget = fields({ ...amounts, attempts: count(1_000_000).nullish() });
export const taskBudget = fields({ ...amounts, attempts: count(100).nullish() });

/** Fields and values that the format knows and this version does not carry out: refused by name, never ignored. */
export interface LaterWork {
  /** Matched against the path with every index as `*`. */
  readonly at: RegExp;
  readonly names: readonly string[];
}

export interface Shape<T> {
  readonly value: T | null;
  readonly findings: readonly Finding[];
}

/** Checks data against the schema of a written form; every mistake is a finding. Throws nothing. */
export function readShape<T>(schema: z.ZodType<T>, data: unknown, later: readonly LaterWork[]): Shape<T> {
  const parsed = schema.safeParse(data, { error: expectation });
  if (parsed.success) return { value: parsed.data, findings: [] };
  return { value: null, findings: parsed.error.issues.flatMap((issue) => toFindings(issue, data, [], later)) };
}

/** What an issue without words of its own expected. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const names: Record<string, string> = {
        string: 'text',
        object: 'a map',
        record: 'a map',
        array: 'a list',
        boolean: 'true or false',
      };
      return names[issue.expected] ?? `a ${issue.expected}`;
    }
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => describeValue(value)).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'array' ? ' of them' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'array' ? ' of them' : ''}`;
    case 'invalid_union':
      return Array.isArray(issue['options'])
        ? `one of ${issue['options'].map((value) => describeValue(value)).join(', ')}`
        : 'another form';
    default:
      return 'another value';
  }
}

function toFindings(issue: z.core.$ZodIssue, data: unknown, base: Path, later: readonly LaterWork[]): Finding[] {
  const at = [...base, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(at, key, issue.message.split(','), later));
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => mismatch(at, at.at(-1), inner.message, [], later, 'key'));
  if (issue.code !== 'invalid_union') {
    const values = issue.code === 'invalid_value' ? issue.values.map(String) : [];
    return [mismatch(at, valueAt(data, at), issue.message, values, later)];
  }
  const branch = nearestBranch(issue.errors, valueAt(data, at));
  if (branch !== null) return branch.flatMap((inner) => toFindings(inner, data, at, later));
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const forms = issue.errors.flatMap((errors) => errors.slice(0, 1).map((error) => error.message));
  const expected = options.length > 0 || forms.length === 0 ? issue.message : [...new Set(forms)].join(', or ');
  return [mismatch(at, valueAt(data, at), expected, options, later)];
}

/**
 * Of a union's forms the one that the writer most likely meant, by its fields: one too many or missing weighs more than any
 * value. null when not even the kind of value fits.
 */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[], value: unknown): readonly z.core.$ZodIssue[] | null {
  let best: readonly z.core.$ZodIssue[] | null = null;
  let least = Number.POSITIVE_INFINITY;
  const weigh = (issue: z.core.$ZodIssue): number => {
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
      // A field that is one of this form's misspelt speaks for the form.
      return issue.keys.reduce((sum, key) => sum + (nearest(key, issue.message.split(',')).length > 0 ? 500 : 1_000), 0);
    }
    const [field] = issue.path;
    return issue.path.length === 1 && typeof field === 'string' && valueAt(value, [field]) === undefined ? 1_000 : 1;
  };
  for (const issues of branches) {
    if (issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0)) continue;
    const weight = issues.reduce((sum, issue) => sum + weigh(issue), 0);
    if (weight < least) [best, least] = [issues, weight];
  }
  return best;
}

const pattern = (at: Path): string => at.map((key) => (typeof key === 'number' ? '*' : key)).join('.');

const isLater = (later: readonly LaterWork[], at: Path, name: string): boolean =>
  later.some((work) => work.names.includes(name) && work.at.test(pattern(at)));

function unknownField(at: Path, key: string, known: readonly string[], later: readonly LaterWork[]): Finding {
  const whole = [...at, key];
  const where = at.length === 0 ? '' : ` in ${toPath(at)}`;
  if (isLater(later, at, key)) {
    return { at: whole, on: 'key', message: `${quote(key)}${where} is not supported yet in this version`, hint: 'take it out' };
  }
  const expected = `one of the fields ${known.join(', ')}`;
  const hint = didYouMean(key, known) ?? `known here: ${known.join(', ')}`;
  return { at: whole, on: 'key', expected, got: quote(key), message: `unknown field ${quote(key)}${where}`, hint };
}

function mismatch(
  at: Path,
  value: unknown,
  expected: string,
  values: readonly string[],
  later: readonly LaterWork[],
  on: 'key' | 'value' = 'value',
): Finding {
  if (typeof value === 'string' && isLater(later, at, value)) {
    return {
      at,
      expected,
      got: quote(value),
      message: `${quote(value)} is not supported yet in this version`,
      hint: `expected ${expected}`,
    };
  }
  const got = describeValue(value);
  if (value === undefined)
    return { at, expected, got, message: `${quote(String(at.at(-1) ?? 'data'))} is missing: expected ${expected}` };
  const isUnquoted = typeof value === 'number' || typeof value === 'boolean';
  const hint =
    typeof value === 'string'
      ? didYouMean(value, values)
      : isUnquoted && /text|^an id/.test(expected)
        ? 'put it in quotes'
        : null;
  return { at, on, expected, got, message: `expected ${expected}; got ${got}`, hint };
}

function valueAt(data: unknown, at: Path): unknown {
  return at.reduce<unknown>((whole, key) => {
    const holder = Object(whole) as Readonly<Record<string | number, unknown>>;
    return Object.hasOwn(holder, key) ? holder[key] : undefined;
  }, data);
}
