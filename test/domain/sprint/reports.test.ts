import { describe, expect, it } from 'vitest';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import { endTask } from '../../../src/domain/sprint/task-ends.ts';
import { nextWakeUp } from '../../../src/domain/sprint/timers.ts';
import type { Turn } from '../../../src/domain/sprint/turn.ts';
import { agent, START, task } from './sprint-definition.ts';
import { reportsIn, runSprint } from './sprint-run.ts';

const running = (given: Parameters<typeof task>[1] = {}, more: Partial<Parameters<typeof runSprint>[0]> = {}) => {
  const sprint = runSprint({
    tasks: [task('a', given), task('b', { dependsOn: ['a'] })],
    agents: [agent('al'), agent('bo')],
    ...more,
  });
  sprint.start();
  return sprint;
};
const inSeconds = (seconds: number) => new Date(START + seconds * 1_000).toISOString();

describe('status reports', () => {
  it('the last status of an attempt is kept with its eight fields only', () => {
    const sprint = running();
    sprint.report('a', { progress_percentage: 40, outputs_ready: ['code'], estimated_completion: '2026-12-01T10:00:30+01:00' });
    expect(sprint.runOf('a').status).toEqual({
      agent_id: 'al',
      status: 'working',
      current_task: 'a',
      progress_percentage: 40,
      estimated_completion: inSeconds(30),
      blocking_issues: [],
      next_coordination_point: null,
      outputs_ready: ['code'],
    });
    expect(sprint.state.agents[0]?.last).toEqual(sprint.runOf('a').status);
  });

  it('a flood of words is cut to what may be kept', () => {
    const sprint = running();
    sprint.report('a', {
      status: 'blocked',
      blocking_issues: Array(50).fill('x'.repeat(1_000)),
      outputs_ready: Array(200).fill('y'.repeat(256)),
      next_coordination_point: 'z'.repeat(256),
    });
    expect(JSON.stringify(sprint.runOf('a').status).length).toBeLessThan(5_000);
    expect(sprint.runOf('a').status?.estimated_completion).toBeNull();
  });

  it('a blocked attempt is blocked until it reports otherwise, and the log says why', () => {
    const sprint = running();
    sprint.report('a', { status: 'blocked', blocking_issues: ['no disk', 'no network'] });
    sprint.report('a', { status: 'blocked' });
    expect(sprint.runOf('a')).toMatchObject({ state: 'blocked', reason: 'no reason given' });
    sprint.report('a');
    expect(sprint.runOf('a')).toMatchObject({ state: 'running', reason: null });
    expect(sprint.textsOf('taskBlocked')).toEqual(['al is blocked in "a": no disk; no network']);
  });

  it.each([
    { what: 'of another attempt', how: { attempt: 2 } },
    { what: 'that names another agent', how: { agent_id: 'bo' } },
    { what: 'of a task that is not at work', how: { task_id: 'b' } },
    { what: 'of an agent that nobody knows', how: { agent_id: 'stranger', task_id: 'none' } },
  ])('a report $what changes nothing', ({ how }) => {
    const sprint = running();
    const before = JSON.stringify(sprint.state);
    expect(sprint.report('a', { ...how, status: 'blocked' })).toEqual([]);
    expect(JSON.stringify(sprint.state)).toBe(before);
  });

  it('an agent outside our workers speaks for itself as a whole', () => {
    const sprint = running();
    const status = {
      agent_id: 'bo',
      status: 'working',
      current_task: null,
      progress_percentage: 0,
      estimated_completion: null,
    } as const;
    sprint.happen({
      type: 'statusReported',
      reports: [{ ...status, blocking_issues: [], next_coordination_point: null, outputs_ready: [] }],
    });
    expect(sprint.state.agents[1]?.last).toMatchObject({ agent_id: 'bo', current_task: null });
  });

  it('a forecast of more than 1.5 times the estimate raises one timeline alert, which ends with the attempt', () => {
    const sprint = running();
    sprint.report('a', { estimated_completion: inSeconds(90) });
    expect(sprint.state.alerts).toEqual([]);
    sprint.report('a', { estimated_completion: inSeconds(91) });
    sprint.report('a', { estimated_completion: inSeconds(120) });
    expect(sprint.state.alerts).toEqual([
      {
        id: 'slip/a',
        kind: 'timeline',
        text: `"a" is expected at ${inSeconds(91)}, 1.5 times its estimate`,
        since: inSeconds(0),
      },
    ]);
    expect(sprint.textsOf('forecastSlipped')).toHaveLength(1);
    expect(sprint.send('respond', { by: 'ann', itemId: 'alert/slip/b', decision: 'acknowledge' })).toMatch(/^UnknownItem/);
    expect(sprint.send('respond', { by: 'ann', itemId: 'alert/slip/a', decision: 'acknowledge' })).toBe('accepted');
    expect(sprint.state.alerts[0]?.acknowledged).toEqual({ by: 'ann', at: inSeconds(0) });
    sprint.fail('a');
    expect(sprint.state.alerts).toEqual([]);
    sprint.report('a', { estimated_completion: inSeconds(300) });
    expect(sprint.state.alerts).toHaveLength(1);
  });

  it('a forecast in the past means now', () => {
    const sprint = running();
    sprint.passTime(10_000);
    sprint.report('a', { estimated_completion: inSeconds(1) });
    expect(sprint.runOf('a').expectedAt).toBe(START + 10_000);
  });

  it('of many alerts the last hundred are kept', () => {
    const ids = Array.from({ length: 120 }, (_, number) => `t${number + 100}`);
    const sprint = runSprint({ tasks: ids.map((id) => task(id)), agents: [agent('al', { capacity: 200 })] });
    sprint.start();
    for (const id of ids) sprint.report(id, { estimated_completion: inSeconds(600) });
    expect(sprint.state.alerts).toHaveLength(100);
    expect(sprint.state.alerts.at(-1)?.id).toBe('slip/t219');
  });

  it('a sprint past its duration raises a timeline alert and goes on', () => {
    const sprint = running({}, { durationMs: 5_000 });
    sprint.wake();
    sprint.passTime(5_000);
    sprint.passTime(5_000);
    expect(sprint.state.alerts).toMatchObject([
      { id: 'duration', kind: 'timeline', text: 'sprint core is past its planned duration' },
    ]);
    expect(sprint.textsOf('durationExceeded')).toHaveLength(1);
    expect(sprint.state.phase).toBe('running');
  });
});

describe('news for the parent', () => {
  it('what is routine is gathered for two seconds, and the sprint asks to be woken for it', () => {
    const sprint = running();
    expect(reportsIn(sprint.passTime(1_000))).toBe(0);
    expect(reportsIn(sprint.fail('a'))).toBe(0);
    expect(reportsIn(sprint.report('a'))).toBe(0);
    expect(nextWakeUp(sprint.state)).toBe(START + 2_000);
    expect(reportsIn(sprint.wake())).toBe(1);
    // Then it looks for attempts that are late: 1.5 times their estimate after they began.
    expect(nextWakeUp(sprint.state)).toBe(START + 90_000);
  });

  it.each<[string, (sprint: ReturnType<typeof running>) => unknown]>([
    ['somebody is needed', (sprint) => sprint.report('a', { question: { id: 'q', text: '?', options: [] } })],
    ['a task is blocked', (sprint) => sprint.report('a', { status: 'blocked' })],
    ['the phase changes', (sprint) => sprint.send('pause', { by: 'ann' })],
    ['a forecast slips', (sprint) => sprint.report('a', { estimated_completion: inSeconds(600) })],
  ])('hears at once when %s', (_what, step) => {
    const sprint = running();
    sprint.passTime(1_000);
    const before = reportsIn(sprint.effects());
    step(sprint);
    expect(reportsIn(sprint.effects()) - before).toBe(1);
  });

  it('the next deadline wakes the sprint when it comes before the routine report', () => {
    const sprint = running({}, { durationMs: 1_500 });
    sprint.passTime(1_000);
    sprint.fail('a');
    expect(nextWakeUp(sprint.state)).toBe(START + 1_500);
  });
});

describe('bounds', () => {
  it('of many decisions the last few hundred are kept; the ledger gets all', () => {
    const sprint = running();
    for (let number = 0; number < 1_000; number += 1) sprint.finish('none', [], number);
    expect(sprint.state.decisions.length).toBeLessThanOrEqual(400);
    expect(sprint.textsOf('staleAttemptRefused')).toHaveLength(1_000);
  });

  it('deadlines of things long settled are swept out', () => {
    const sprint = running();
    for (let number = 0; number < 1_000; number += 1) {
      sprint.send('agentAvailability', {
        agent_id: 'bo',
        available: false,
        until: new Date(START + 1_000_000 - number).toISOString(),
      });
      sprint.send('pause', { by: 'ann' });
      sprint.send('resume', { by: 'ann' });
      sprint.passTime(1);
    }
    expect(sprint.state.timers.length).toBeLessThan(100);
  });

  it('timers at the same moment come in one order, whatever the order in which they were set', () => {
    const until = new Date(START + 1_000).toISOString();
    const orders = [
      ['al', 'bo', 'cy'],
      ['cy', 'bo', 'al'],
    ].map((ids) => {
      const sprint = runSprint({
        tasks: [task('a', { agent: 'dee' })],
        agents: ['al', 'bo', 'cy', 'dee'].map((id) => agent(id)),
        durationMs: 1_000,
      });
      sprint.start();
      for (const agent_id of ids) sprint.send('agentAvailability', { agent_id, available: false, until });
      sprint.passTime(1_000);
      return sprint.events().slice(-4);
    });
    expect(orders[0]).toEqual(orders[1]);
  });

  it('an event or a timer of a kind that nobody knows is a defect of the caller', () => {
    const sprint = running();
    expect(() => evolve(sprint.sprint, { type: 'exploded', at: START } as never)).toThrow('Unhandled case');
    sprint.state.timers.unshift({ at: START, kind: 'alien' as never, ref: 0 });
    expect(() => sprint.passTime(0)).toThrow('Unhandled case');
  });

  it('a task never ends twice: a defect is loud, not silent', () => {
    const sprint = running();
    sprint.finish('a');
    expect(() => endTask(sprint.sprint as Turn, 0, 'failed', null)).toThrow('task a ended twice: done, then failed');
  });
});
