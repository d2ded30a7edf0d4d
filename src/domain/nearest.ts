/**
 * Damerau–Levenshtein distance in the "optimal string alignment" form: insertions, deletions, substitutions and swaps of
 * neighbours, no part edited twice. O(a × b) time, three rows of memory.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (last[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min((last[column] as number) + 1, (current[column - 1] as number) + 1, substitution);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] as number) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] as number;
}

/**
 * At most three candidates that `word` may have been meant to be, nearest first, ties by code units. Near is at most a third
 * of the word's length in edits (at least 1, at most 3), never all of it; letter case is ignored.
 */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const wanted = word.slice(0, 128).toLowerCase();
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1);
  const found: { readonly id: string; readonly distance: number }[] = [];
  for (const id of new Set(candidates)) {
    if (Math.abs(id.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, id.toLowerCase());
    if (distance <= limit) found.push({ id, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
  return found.slice(0, 3).map(({ id }) => id);
}

/** `did you mean "a" or "b"?`, or null when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const ids = nearest(word, candidates);
  return ids.length === 0 ? null : `did you mean ${ids.map((id) => JSON.stringify(id)).join(' or ')}?`;
}
