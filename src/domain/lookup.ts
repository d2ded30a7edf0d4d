/** The element at an index that is known to be in the list, which the types cannot know. */
export const elementAt = <T>(list: ArrayLike<T>, index: number): T => list[index] as T;

/** The value of a key that is known to be in the map. */
export const entryOf = <K, V>(map: ReadonlyMap<K, V>, key: K): V => map.get(key) as V;
