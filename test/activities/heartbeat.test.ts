import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHeartbeats, type Heartbeat } from '../../src/activities/heartbeat.ts';
import type { AgentStatus } from '../../src/domain/agent-status.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  const left = vi.getTimerCount();
  vi.useRealTimers();
  if (left > 0) throw new Error('a timer outlived the attempts');
});

const status = (progress: number): AgentStatus => ({
  agent_id: 'builder',
  status: 'working',
  current_task: 'parse',
  progress_percentage: progress,
  estimated_completion: null,
  blocking_issues: [],
  next_coordination_point: null,
  outputs_ready: [],
});

interface Attempt extends Heartbeat {
  readonly beats: { readonly at: number; readonly progress: number }[];
}

/** Starts that many attempts at once; the times of their beats are ms since then. */
function startAttempts(count: number, timeoutMs = 60_000, heartbeats = createHeartbeats()): Attempt[] {
  const startedAt = performance.now();
  return Array.from({ length: count }, () => {
    const beats: Attempt['beats'] = [];
    const beat = (details: AgentStatus): void =>
      void beats.push({ at: performance.now() - startedAt, progress: details.progress_percentage });
    return { beats, ...heartbeats.start(beat, status(0), timeoutMs) };
  });
}

async function stopAll(attempts: readonly Attempt[]): Promise<void> {
  for (const { stop } of attempts) stop();
  await vi.advanceTimersByTimeAsync(1_000);
}

const longestPause = ({ beats }: Attempt): number =>
  Math.max(...beats.slice(1).map(({ at }, position) => at - (beats[position]?.at ?? 0)));

describe('heartbeats', () => {
  it('of one attempt come at once and then every half second, with the latest status', async () => {
    const [attempt] = startAttempts(1) as [Attempt];
    attempt.update(status(10));
    await vi.advanceTimersByTimeAsync(600);
    attempt.update(status(20));
    attempt.update(status(30));
    await vi.advanceTimersByTimeAsync(500);
    expect(attempt.beats).toEqual([
      { at: 0, progress: 0 },
      { at: 500, progress: 10 },
      { at: 1_000, progress: 30 },
    ]);
    await stopAll([attempt]);
    expect(attempt.beats).toHaveLength(3);
  });

  it.each([
    [30, 1_000],
    [100, 2_200],
    [1_000, 17_200],
  ])('of %i attempts at a time are spread evenly, at most 60 a second, none later than %i ms', async (count, withinMs) => {
    const attempts = startAttempts(count);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(Math.max(...attempts.map(longestPause))).toBeLessThanOrEqual(withinMs);
    const seconds = attempts.flatMap(({ beats }) => beats.slice(1).map(({ at }) => Math.floor(at / 1_000)));
    const perSecond = [...new Set(seconds)].map((second) => seconds.filter((other) => other === second).length);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(63);
    await stopAll(attempts);
  });

  it('come five times as often until each has come once when an attempt has heard a cancel', async () => {
    const heartbeats = createHeartbeats();
    const attempts = startAttempts(1_000, 60_000, heartbeats);
    await vi.advanceTimersByTimeAsync(20_000);
    heartbeats.hurry();
    await vi.advanceTimersByTimeAsync(1_000);
    // Others hear it, too: no reason to begin anew.
    heartbeats.hurry();
    await vi.advanceTimersByTimeAsync(29_000);
    const times = attempts.flatMap(({ beats }) => beats.map(({ at }) => at));
    const between = (from: number, to: number): number => times.filter((at) => at > from && at <= to).length;
    const firstSince = attempts.map(({ beats }) => (beats.find(({ at }) => at > 20_000)?.at ?? Infinity) - 20_000);
    expect(Math.max(...firstSince)).toBeLessThanOrEqual(3_500);
    expect(between(20_000, 21_000)).toBeLessThanOrEqual(300);
    expect(between(24_000, 34_000)).toBeLessThanOrEqual(630);
    await stopAll(attempts);
  });

  it('come in time for their timeout however many attempts there are', async () => {
    const attempts = startAttempts(1_000, 4_000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(Math.max(...attempts.map(longestPause))).toBeLessThan(2_200);
    await stopAll(attempts);
  });
});
