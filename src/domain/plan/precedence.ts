import { elementAt } from '../lookup.ts';

/** Which of n things come before which others, closed under transitivity: n²/8 bytes, a query is O(1). */
export interface Precedence {
  readonly isBefore: (a: number, b: number) => boolean;
  /** Neither comes before the other, so both could run at a time. */
  readonly isParallel: (a: number, b: number) => boolean;
  /** Puts a before b with all that follows from it; O(n²/32). The caller makes sure that b is not before a. */
  readonly add: (a: number, b: number) => void;
}

export function createPrecedence(size: number): Precedence {
  const words = Math.ceil(size / 32);
  // Row b holds one bit for everything that comes before b.
  const before = new Uint32Array(size * words);
  const has = (row: number, bit: number): boolean => ((elementAt(before, row * words + (bit >>> 5)) >>> (bit & 31)) & 1) === 1;
  const add = (a: number, b: number): void => {
    if (a === b || has(b, a)) return;
    const gained = before.slice(a * words, (a + 1) * words);
    gained[a >>> 5] = elementAt(gained, a >>> 5) | (1 << (a & 31));
    for (let row = 0; row < size; row++) {
      if (row !== b && !has(row, b)) continue;
      const from = row * words;
      for (const [word, bits] of gained.entries()) before[from + word] = elementAt(before, from + word) | bits;
    }
  };
  const isBefore = (a: number, b: number): boolean => has(b, a);
  return { isBefore, isParallel: (a, b) => a !== b && !isBefore(a, b) && !isBefore(b, a), add };
}
