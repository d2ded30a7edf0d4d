import { describe, expect, it } from 'vitest';
import { createAttemptGuard, SupersededError } from '../../src/activities/attempt-guard.ts';

const never = new AbortController().signal;

describe('the guard of attempts', () => {
  it('lets the newest of many deliveries do the work, one at a time', async () => {
    const guard = createAttemptGuard();
    let running = 0;
    let most = 0;
    const deliver = (isLast: boolean) =>
      guard.run('e/t/1', never, async (signal) => {
        running += 1;
        most = Math.max(most, running);
        try {
          if (!isLast) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
          return 'done';
        } finally {
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
        }
      });
    const first = [deliver(false), deliver(false), deliver(false)].map((one) => one.catch((error: unknown) => error));
    const last = deliver(true);
    expect(await last).toBe('done');
    for (const one of first) expect(await one).toBeInstanceOf(SupersededError);
    expect(most).toBe(1);
  });

  it('does not hold up another attempt, and is free again after a failure', async () => {
    const guard = createAttemptGuard();
    const stuck = guard.run('e/t/1', never, () => new Promise<never>(() => undefined));
    expect(await guard.run('e/t/2', never, async () => 'other')).toBe('other');
    await expect(guard.run('e/t/3', never, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await guard.run('e/t/3', never, async (signal) => signal.aborted)).toBe(false);
    void stuck;
  });

  it('passes a cancel on', async () => {
    const cancel = new AbortController();
    const run = createAttemptGuard().run('e/t/1', cancel.signal, async (signal) => {
      cancel.abort(new Error('cancelled'));
      signal.throwIfAborted();
    });
    await expect(run).rejects.toThrow('cancelled');
  });
});
