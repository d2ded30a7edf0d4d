/** Free JSON: its fields depend on what happened. */
const FREE = ['data'];

/**
 * What of a documented example and a real answer differs in form: fields that one has and the other has not, other kinds of values,
 * lists that are documented with an entry and came empty. Lists are compared by their first entries.
 */
export function differencesOf(documented: unknown, real: unknown, at = ''): string[] {
  if (documented === null || real === null) return [];
  if (Array.isArray(documented) && Array.isArray(real)) {
    if (documented.length === 0) return [];
    return real.length === 0 ? [`${at}: came empty`] : differencesOf(documented[0], real[0], `${at}[]`);
  }
  if (kindOf(documented) !== kindOf(real)) return [`${at}: documented as ${kindOf(documented)}, came as ${kindOf(real)}`];
  if (kindOf(documented) !== 'object') return [];
  const [ours, theirs] = [documented as Record<string, unknown>, real as Record<string, unknown>];
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  return names.flatMap((name) => {
    const path = at === '' ? name : `${at}.${name}`;
    if (!(name in ours)) return [`${path}: not documented`];
    if (!(name in theirs)) return [`${path}: did not come`];
    return FREE.includes(name) ? [] : differencesOf(ours[name], theirs[name], path);
  });
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);
