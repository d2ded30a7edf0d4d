/**
 * A number in 0–1 that depends on nothing but the given integers: a seed and what the number is for. Unlike a stream of random numbers it
 * stays the same when others are drawn or not. Finaliser of MurmurHash3 (Appleby 2011) after each integer.
 */
export function hashToUnit(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** A standard normal number by the same token (Box & Muller 1958). */
export function hashToNormal(...parts: readonly number[]): number {
  const radius = Math.sqrt(-2 * Math.log(1 - hashToUnit(...parts, 1)));
  return radius * Math.cos(2 * Math.PI * hashToUnit(...parts, 2));
}
