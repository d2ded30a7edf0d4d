/** Thrown out of a delivery whose attempt was delivered to this worker again. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** Lets one delivery of an attempt run at a time on this worker. */
export interface AttemptGuard {
  /**
   * Runs `work` with a signal that follows `signal`. An earlier delivery of the same attempt has lost its task token when a later
   * one arrives: it is aborted with a SupersededError, and the later one waits until it has ended, processes and all.
   */
  run<T>(marker: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function createAttemptGuard(): AttemptGuard {
  const running = new Map<string, { readonly superseded: AbortController; readonly ended: Promise<unknown> }>();
  return {
    async run(marker, signal, work) {
      for (let earlier = running.get(marker); earlier !== undefined; earlier = running.get(marker)) {
        earlier.superseded.abort(new SupersededError(`The attempt ${marker} was delivered to this worker again.`));
        await earlier.ended;
      }
      const superseded = new AbortController();
      const result = work(AbortSignal.any([signal, superseded.signal]));
      const delivery = { superseded, ended: result.catch(() => undefined) };
      running.set(marker, delivery);
      try {
        return await result;
      } finally {
        running.delete(marker);
      }
    },
  };
}
