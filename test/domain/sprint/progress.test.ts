import { describe, expect, it } from 'vitest';
import { boundProgress } from '../../../src/domain/sprint/progress-bounds.ts';
import { forecastEnd } from '../../../src/domain/sprint/forecast.ts';
import { toAgentStatuses, toProgress, toTaskView } from '../../../src/domain/sprint/progress.ts';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const MINUTE = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const told = (run: ReturnType<typeof runSprint>) => toProgress(run.sprint, 200);

describe('progress of a sprint', () => {
  it('is weighed by estimates, with what running attempts report of theirs', () => {
    const run = runSprint({
      tasks: [task('long', { estimateMs: 3 * MINUTE }), task('short', { dependsOn: ['long'] })],
      agents: [agent('builder')],
    });
    run.start();
    expect(told(run).progressPercentage).toBe(0);
    run.report('long', { progress_percentage: 50 });
    expect(told(run)).toMatchObject({ progressPercentage: 37.5, tasks: { total: 2, running: 1, waiting: 1 } });
    run.finish('long');
    expect(told(run).progressPercentage).toBe(75);
    run.finish('short');
    expect(told(run)).toMatchObject({
      phase: 'completed',
      progressPercentage: 100,
      forecastCompletion: null,
      tasks: { done: 2 },
    });
  });

  it('is never 100 before all is over', () => {
    const run = runSprint({ tasks: [task('a')], agents: [agent('builder')] });
    run.start();
    run.report('a', { progress_percentage: 99.99 });
    expect(told(run).progressPercentage).toBe(99.9);
  });

  it('shows checkpoints, leases, inactive agents and the drain', () => {
    const run = runSprint({
      tasks: [
        task('a', { resources: [{ id: 'bench', mode: 'exclusive' }], paths: ['src'] }),
        task('b', { dependsOn: ['a'], paths: ['src'] }),
      ],
      agents: [agent('builder'), agent('tester')],
      checkpoints: [{ id: 'freeze', after: ['a'], agents: ['builder'] }],
      triggers: [{ agent: 'tester', when: { task: 'b', reached: 'finished' } }],
      resources: { bench: 1 },
    });
    run.start();
    expect(told(run).coordination).toEqual({
      checkpoints: [{ id: 'freeze', sprint: 'core', state: 'ahead' }],
      leases: [{ resource: 'bench', task: 'a', mode: 'exclusive', token: 1 }],
      inactiveAgents: ['tester'],
      drained: null,
    });
    run.send('emergencyStop', { by: 'ann' });
    expect(told(run).coordination.drained).toEqual({ done: 0, of: 1 });
  });
});

describe('forecast of a sprint', () => {
  it('is the longest path while there are agents enough', () => {
    const run = runSprint({
      tasks: [task('a', { estimateMs: 2 * MINUTE }), task('b', { dependsOn: ['a'] }), task('c')],
      agents: [agent('builder', { capacity: 3 })],
    });
    expect(forecastEnd(run.sprint)).toBe(START + 3 * MINUTE);
    run.start();
    run.passTime(MINUTE);
    expect(forecastEnd(run.sprint)).toBe(START + 3 * MINUTE);
    run.report('a', { estimated_completion: iso(START + 5 * MINUTE) });
    expect(forecastEnd(run.sprint)).toBe(START + 6 * MINUTE);
  });

  it('is the work over the places where there are not', () => {
    const run = runSprint({ tasks: [task('a'), task('b'), task('c'), task('d')], agents: [agent('builder', { capacity: 2 })] });
    expect(forecastEnd(run.sprint)).toBe(START + 2 * MINUTE);
    run.start();
    run.send('agentAvailability', { agent_id: 'builder', available: true, capacity: 0 });
    expect(forecastEnd(run.sprint), 'without any place as with one').toBe(START + 4 * MINUTE);
  });

  it('of an agent that expects to end when time does is as far as a plan can reach, and the sprint goes on', () => {
    const run = runSprint({ tasks: [task('a'), task('b', { dependsOn: ['a'] })], agents: [agent('builder')] });
    run.start();
    run.report('a', { estimated_completion: '+275760-09-13T00:00:00.000Z' });
    expect(told(run).forecastCompletion).toMatch(/^2036-/);
    run.finish('a');
    expect(run.stateOf('b')).toBe('running');
  });

  it('skips what has ended, and what is overdue takes a while longer', () => {
    const run = runSprint({ tasks: [task('a')], agents: [agent('builder')] });
    run.start();
    run.passTime(10 * MINUTE);
    expect(forecastEnd(run.sprint)).toBe(run.now() + MINUTE);
    run.finish('a');
    expect(forecastEnd(run.sprint)).toBe(run.now());
  });
});

describe('statuses of agents', () => {
  it('are one per attempt at work and one per idle agent, which says what it waits for', () => {
    const run = runSprint({
      tasks: [
        task('a', { agent: 'builder' }),
        task('b', { agent: 'tester' }),
        task('c', { agent: 'away', dependsOn: ['a'] }),
        task('d', { agent: 'free', dependsOn: ['a'] }),
      ],
      agents: [agent('builder'), agent('tester'), agent('away'), agent('free')],
      triggers: [{ agent: 'tester', when: { task: 'a', reached: 'finished' } }],
    });
    run.start();
    run.send('agentAvailability', { agent_id: 'away', available: false });
    expect(
      toAgentStatuses(run.sprint).map(({ agent_id, status, current_task, blocking_issues }) => [
        agent_id,
        status,
        current_task,
        ...blocking_issues,
      ]),
    ).toEqual([
      ['builder', 'working', 'a'],
      ['tester', 'blocked', null, 'waits for its trigger'],
      ['away', 'blocked', null, 'unavailable'],
      ['free', 'blocked', null, 'waits for a task that it can do'],
    ]);
    run.finish('a');
    expect(toAgentStatuses(run.sprint).find(({ agent_id }) => agent_id === 'builder')).toMatchObject({
      status: 'completed',
      current_task: 'a',
      progress_percentage: 100,
    });
    expect(toProgress(run.sprint, 2).agents).toHaveLength(2);
  });

  it('of an agent that never had work is completed when all is over', () => {
    const run = runSprint({ tasks: [task('a', { agent: 'builder' })], agents: [agent('builder'), agent('spare')] });
    run.start();
    run.finish('a');
    expect(
      toAgentStatuses(run.sprint).map(({ agent_id, status, progress_percentage }) => [agent_id, status, progress_percentage]),
    ).toEqual([
      ['builder', 'completed', 100],
      ['spare', 'completed', 100],
    ]);
  });
});

describe('tasks as they are shown', () => {
  it('say who did them, how long, and why not', () => {
    const run = runSprint({
      tasks: [task('a', { budget: { attempts: 1, timeMs: null } }), task('b', { estimateMs: null, dependsOn: ['a'] })],
      agents: [agent('builder')],
    });
    expect(toTaskView(run.sprint, 0)).toMatchObject({ state: 'waiting', agent_id: null, startedAt: null, actualMs: null });
    run.start();
    expect(toTaskView(run.sprint, 0)).toMatchObject({
      state: 'running',
      agent_id: 'builder',
      startedAt: iso(START),
      endedAt: null,
      actualMs: null,
    });
    run.passTime(MINUTE);
    run.fail('a', { message: 'no disk', retryable: false });
    expect(toTaskView(run.sprint, 0)).toMatchObject({
      state: 'failed',
      attempts: 1,
      endedAt: iso(START + MINUTE),
      actualMs: MINUTE,
      reason: expect.stringContaining('no disk'),
    });
    expect(toTaskView(run.sprint, 1)).toMatchObject({
      state: 'skipped',
      plannedMs: null,
      reason: expect.stringContaining('depends on "a"'),
    });
  });
});

describe('bounds of what is told', () => {
  it('a small sprint is told in full', () => {
    const run = runSprint({ tasks: [task('sign', { agent: 'ann' })], agents: [agent('ann', { kind: 'human' })] });
    run.start();
    expect(boundProgress(told(run), 100_000)).toEqual(told(run));
  });
});
