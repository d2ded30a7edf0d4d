/**
 * `Promise.all` over a list with at most `limit` calls of `work` at a time; results in the list's order. The first failure
 * rejects, after the calls that were under way have ended, and no further one is made.
 */
export async function mapConcurrently<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failure: { readonly error: unknown } | null = null;
  const drain = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failure !== null) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, drain));
  throwIfFailed(failure);
  return results;
}

function throwIfFailed(failure: { readonly error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}
