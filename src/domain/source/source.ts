import type { Finding, Path, Place } from './finding.ts';

/** Data together with the knowledge of where in its file each part stands. */
export interface Source {
  /** As shown to people; null for data that came in a message. */
  readonly file: string | null;
  readonly data: unknown;
  /** The place of a value, or of a field's name; of the nearest enclosing part when the path does not exist. */
  readonly placeOf: (path: Path, on: 'key' | 'value') => Place | null;
}

/** Data of a workflow input: problems have a path and no line. */
export const dataSource = (data: unknown): Source => ({ file: null, data, placeOf: () => null });

/** Half of a surrogate pair alone: JSON can name it, but it is no Unicode text and has no bytes in UTF-8 to be hashed. */
const HALF_PAIR = /\p{Surrogate}/u;
const halfPair = (text: string): Omit<Finding, 'at'> => ({
  expected: 'Unicode text',
  message: `half a surrogate pair in the text ${JSON.stringify(text.slice(0, 80))}`,
  hint: 'remove it, or write the character whole',
});

const MAX_DEPTH = 64;
const MAX_VALUES = 1_000_000;

/**
 * What no schema should have to meet: values that JSON cannot hold, text that is no Unicode, the key `__proto__`, nesting that would exhaust a stack,
 * more values than any plan needs (which also bounds aliases). Stops at the first, so it is safe on any input.
 */
export function checkJson(data: unknown): Finding[] {
  const open: { readonly value: unknown; readonly at: Path }[] = [{ value: data, at: [] }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, at } = next;
    if (++seen > MAX_VALUES) return [{ at: [], message: `too large: more than ${MAX_VALUES} values, aliases counted each time` }];
    if (at.length > MAX_DEPTH) return [{ at: at.slice(0, 8), message: `nested more than ${MAX_DEPTH} levels deep` }];
    const isJson = value === null || ['string', 'boolean', 'object'].includes(typeof value) || Number.isFinite(value);
    if (!isJson) return [{ at, expected: 'JSON data', got: String(value), message: `expected JSON data; got ${String(value)}` }];
    if (typeof value === 'string' && HALF_PAIR.test(value)) return [{ at, ...halfPair(value) }];
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, part] of Object.entries(value)) {
      if (HALF_PAIR.test(key)) return [{ at, ...halfPair(key) }];
      if (key === '__proto__') return [{ at, message: 'a field must not be named __proto__', hint: 'rename it' }];
      open.push({ value: part, at: [...at, Array.isArray(value) ? Number(key) : key] });
    }
  }
  return [];
}
