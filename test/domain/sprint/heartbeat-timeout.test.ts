import { describe, expect, it } from 'vitest';
import { toHeartbeatTimeoutMs } from '../../../src/domain/sprint/heartbeat-timeout.ts';
import { agent, task, toDefinition } from './sprint-definition.ts';

describe('the heartbeat timeout of a sprint', () => {
  it.each([
    ['is the configured one where few can be at work at once', 20, 100, 10_000],
    ['grows with the slots', 400, 1_000, 20_000],
    ['grows no further than there are tasks', 400, 100, 10_000],
    ['grows no further than attempts may be at work', 5_000, 2_000, 50_000],
  ])('%s', (_, capacity, count, expected) => {
    const tasks = Array.from({ length: count }, (_, number) => task(`t${number}`));
    expect(toHeartbeatTimeoutMs(toDefinition({ tasks, agents: [agent('x', { capacity })] }), 10_000)).toBe(expected);
  });
});
