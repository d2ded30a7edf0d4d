/** Random choices that repeat for the same seed. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
}

/** mulberry32: 32 bits of state, good enough to vary tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { next, below, pick: (items) => items[below(items.length)] as (typeof items)[number] };
}

/** `PACT_TEST_SEED` of an earlier run, or a new one; print it. */
export const newSeed = (): number => Number(process.env.PACT_TEST_SEED ?? Math.floor(Math.random() * 4_294_967_296));
