/** What a message may carry for a program: so much is kept in the state until it has been fetched. */
const MAX_VALUES = 1_000;
const MAX_CHARACTERS = 16_384;
const MAX_DEPTH = 32;

export const BOUNDED_JSON_RULE = `JSON of at most ${MAX_VALUES} values, ${MAX_CHARACTERS} characters and ${MAX_DEPTH} levels`;

/** Is it JSON within these bounds? Walks without recursion, so that no depth of nesting can exhaust the stack. */
export function isBoundedJson(root: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  let values = 0;
  let characters = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    values += 1;
    if (values > MAX_VALUES || depth > MAX_DEPTH) return false;
    if (typeof value === 'string') characters += value.length;
    else if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value);
      if (keys.length > MAX_VALUES) return false;
      for (const key of keys) {
        characters += key.length;
        open.push({ value: (value as Record<string, unknown>)[key], depth: depth + 1 });
      }
    } else if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value)) return false;
    if (characters > MAX_CHARACTERS) return false;
  }
  return true;
}
