/**
 * How one value of plain JSON differs from another: `[value]` puts a new value in its place, an object has the differences of some of
 * its fields or places.
 */
export type Difference = readonly [unknown] | { readonly [name: string]: Difference };

type Fields = Record<string, unknown>;

/** What makes `to` of `from`; null where they are equal. Fields of plain JSON are never undefined. */
export function differenceOf(from: unknown, to: unknown): Difference | null {
  if (from === to) return null;
  if (!hasFields(from) || !hasFields(to) || !isAlike(from, to)) return [to];
  const differences: Record<string, Difference> = {};
  for (const name in to) {
    const difference = Object.hasOwn(from, name) ? differenceOf(from[name], to[name]) : ([to[name]] as const);
    if (difference) differences[name] = difference;
  }
  return Object.keys(differences).length === 0 ? null : differences;
}

/** The value with the difference applied; objects and arrays that differ within are changed in place. */
export function applyDifference(from: unknown, difference: Difference | null): unknown {
  if (difference === null) return from;
  if (Array.isArray(difference)) return difference[0];
  const fields = from as Fields;
  for (const [name, inner] of Object.entries(difference as Readonly<Record<string, Difference>>)) {
    fields[name] = applyDifference(fields[name], inner);
  }
  return fields;
}

const hasFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Whether both are arrays of one length, or `to` has every field of `from`: only then can fields be told one by one. */
function isAlike(from: Fields, to: Fields): boolean {
  if (Array.isArray(from) || Array.isArray(to)) return Array.isArray(from) && Array.isArray(to) && from.length === to.length;
  return Object.keys(from).every((name) => Object.hasOwn(to, name));
}
