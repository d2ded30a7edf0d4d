import { describe, expect, it } from 'vitest';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const WEEK = 7 * 86_400_000;
const two = () => {
  const sprint = runSprint({ tasks: [task('a'), task('b'), task('c')], agents: [agent('al', { capacity: 2 })] });
  sprint.start();
  return sprint;
};
const withPerson = () => {
  const sprint = runSprint({
    tasks: [task('a', { agent: 'al' }), task('b', { agent: 'ann' })],
    agents: [agent('al'), agent('ann', { kind: 'human' })],
  });
  sprint.start();
  return sprint;
};

describe('pause and resume', () => {
  it('while paused nothing new starts, what is at work goes on, and a person is asked', () => {
    const sprint = two();
    expect(sprint.send('pause', { by: 'ann', reason: 'lunch' })).toBe('accepted');
    sprint.finish('a');
    expect(sprint.state).toMatchObject({ phase: 'paused', reason: 'paused by ann: lunch' });
    expect(sprint.atWork()).toEqual(['b']);
    expect(sprint.state.inbox['paused']).toMatchObject({
      options: ['resume'],
      otherwise: 'it is cancelled',
      deadlineMs: START + WEEK,
    });
  });

  it('resume goes on where it was', () => {
    const sprint = two();
    sprint.send('pause', { by: 'ann' });
    sprint.finish('a');
    expect(sprint.send('resume', { by: 'bo', reason: 'back' })).toBe('accepted');
    expect(sprint.atWork()).toEqual(['b', 'c']);
    expect(sprint.state).toMatchObject({ phase: 'running', reason: null, inbox: {} });
    expect(sprint.textsOf('resumed')).toEqual(['bo resumed the sprint: back']);
  });

  it('the inbox item can be answered with "resume" as well', () => {
    const sprint = two();
    sprint.send('pause', { by: 'ann' });
    expect(sprint.send('respond', { by: 'ann', itemId: 'paused', decision: 'resume' })).toBe('accepted');
    expect(sprint.state.phase).toBe('running');
  });

  it('a sprint that is paused and never resumed is cancelled after a week', () => {
    const sprint = two();
    sprint.send('pause', { by: 'ann' });
    sprint.finish('a');
    sprint.finish('b');
    sprint.wake();
    sprint.passTime(WEEK);
    expect(sprint.state.phase).toBe('cancelled');
    expect(sprint.stateOf('c')).toBe('cancelled');
  });

  it('a sprint whose last task ends while it is paused has completed', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.start();
    sprint.send('pause', { by: 'ann' });
    sprint.finish('a');
    expect(sprint.state).toMatchObject({ phase: 'completed', inbox: {} });
  });

  it.each([
    { what: 'pause of a paused sprint', first: 'pause', second: 'pause', refusal: /only a running sprint can be paused/ },
    { what: 'resume of a running sprint', first: null, second: 'resume', refusal: /nothing is paused or stopped/ },
    {
      what: 'resume before a stop has ended',
      first: 'emergencyStop',
      second: 'resume',
      refusal: /drained 0 of 2; try again when it is stopped/,
    },
  ] as const)('refused: $what', ({ first, second, refusal }) => {
    const sprint = two();
    if (first) sprint.send(first, { by: 'ann' });
    expect(sprint.send(second, { by: 'ann' })).toMatch(refusal);
  });

  it('events that do not fit the phase change nothing', () => {
    const sprint = two();
    const before = JSON.stringify(sprint.state);
    sprint.happen({ type: 'resumed', by: 'ann' });
    expect(JSON.stringify(sprint.state)).toBe(before);
    sprint.send('pause', { by: 'ann' });
    sprint.happen({ type: 'paused', by: 'bo' });
    expect(sprint.state.reason).toBe('paused by ann');
  });
});

describe('emergency stop', () => {
  it('halt withdraws every attempt, reports how many have drained, and resume repeats nothing that is done', () => {
    const sprint = two();
    sprint.finish('a');
    sprint.send('emergencyStop', { by: 'ann', reason: 'smoke' });
    expect(sprint.cancelled()).toEqual(['b#1', 'c#1']);
    sprint.fail('b', { cause: 'stopped' });
    expect(sprint.state).toMatchObject({ phase: 'stopping', drain: { done: 1, of: 2 } });
    sprint.finish('c');
    expect(sprint.state).toMatchObject({ phase: 'stopped', reason: 'stopped by ann: smoke', drain: { done: 2, of: 2 } });
    expect(sprint.textsOf('drained')).toEqual(['drained 2 of 2']);
    expect(sprint.state.inbox['stopped']).toMatchObject({ kind: 'stopped' });
    sprint.send('resume', { by: 'ann' });
    expect(sprint.runOf('b')).toMatchObject({ state: 'running', attempt: 2, failures: 0, losses: 0 });
    expect([sprint.stateOf('a'), sprint.stateOf('c')]).toEqual(['done', 'done']);
    expect(sprint.state.drain).toBeNull();
  });

  it('an attempt that a stop took away is blocked in the eyes of those who watch, not in error', () => {
    const sprint = two();
    sprint.send('emergencyStop', {});
    sprint.fail('a', { cause: 'stopped', message: 'withdrawn' });
    expect(sprint.state.agents[0]?.last).toMatchObject({ status: 'blocked', blocking_issues: ['withdrawn'] });
  });

  it('drain lets attempts finish and starts nothing new; a halt may follow', () => {
    const sprint = two();
    sprint.send('emergencyStop', { by: 'ann', reason: 'calm', mode: 'drain' });
    expect(sprint.cancelled()).toEqual([]);
    sprint.finish('a');
    expect(sprint.atWork()).toEqual(['b']);
    sprint.send('emergencyStop', { by: 'bo', reason: 'now', mode: 'halt' });
    expect(sprint.cancelled()).toEqual(['b#1']);
    expect(sprint.state).toMatchObject({ reason: 'stopped by bo: now', drain: { done: 1, of: 2 } });
  });

  it('a person loses the task at once, and gets it again after resume', () => {
    const sprint = withPerson();
    sprint.send('emergencyStop', { by: 'ann' });
    expect(Object.keys(sprint.state.inbox)).toEqual([]);
    sprint.fail('a', { cause: 'stopped' });
    sprint.send('respond', { by: 'anyone', itemId: 'stopped', decision: 'resume' });
    expect(Object.keys(sprint.state.inbox)).toEqual(['b#2']);
  });

  it('with nothing at work the sprint is stopped at once; a second stop changes nothing', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.send('emergencyStop', 'not even an object');
    expect(sprint.state).toMatchObject({
      phase: 'stopped',
      reason: 'stopped by unknown: no reason given',
      drain: { done: 0, of: 0 },
    });
    sprint.send('emergencyStop', { by: 'bo' });
    expect(sprint.state.reason).toBe('stopped by unknown: no reason given');
    sprint.start();
    expect(sprint.order()).toEqual([]);
    sprint.send('resume', { by: 'ann' });
    expect(sprint.order()).toEqual(['a']);
  });

  it('a stop takes the place of a pause', () => {
    const sprint = two();
    sprint.send('pause', { by: 'ann' });
    sprint.send('emergencyStop', { by: 'ann', mode: 'drain' });
    sprint.finish('a');
    sprint.finish('b');
    expect(Object.keys(sprint.state.inbox)).toEqual(['stopped']);
  });

  it('a sprint whose last tasks finish while it drains has completed', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.start();
    sprint.send('emergencyStop', { by: 'ann', mode: 'drain' });
    sprint.finish('a');
    expect(sprint.state).toMatchObject({ phase: 'completed', inbox: {} });
    expect(sprint.textsOf('drained')).toEqual(['drained 1 of 1']);
  });

  it('a sprint that is stopped and never resumed is cancelled after a week', () => {
    const sprint = two();
    sprint.send('emergencyStop', { by: 'ann' });
    sprint.fail('a', { cause: 'stopped' });
    sprint.fail('b', { cause: 'lost' });
    sprint.wake();
    sprint.passTime(WEEK);
    expect(sprint.state.phase).toBe('cancelled');
  });
});

describe('cancel', () => {
  it('withdraws every attempt; what is done stays done, the rest is cancelled', () => {
    const sprint = withPerson();
    sprint.happen({ type: 'cancelRequested' });
    sprint.happen({ type: 'cancelRequested' });
    expect(sprint.cancelled()).toEqual(['a#1']);
    expect(sprint.stateOf('b')).toBe('cancelled');
    sprint.happen({ type: 'emergencyStopped', by: 'ann', reason: 'late', mode: 'halt' });
    sprint.finish('a');
    expect(sprint.stateOf('a')).toBe('done');
    expect(sprint.state).toMatchObject({ phase: 'cancelled', reason: null, cancelling: true });
  });

  it.each([
    { cause: 'stopped' as const, what: 'withdrawn' },
    { cause: 'agent' as const, what: 'failed by itself' },
  ])('an attempt that was $what meanwhile is not done again', ({ cause }) => {
    const sprint = two();
    sprint.happen({ type: 'cancelRequested' });
    sprint.fail('a', { cause });
    sprint.fail('b', { cause });
    expect(sprint.runOf('a')).toMatchObject({ state: 'cancelled', reason: 'the execution was cancelled', attempt: 1 });
    expect(sprint.state.phase).toBe('cancelled');
  });

  it('during a stop only what is left is withdrawn, and the count goes on', () => {
    const sprint = two();
    sprint.send('emergencyStop', { by: 'ann', mode: 'drain' });
    sprint.finish('a');
    sprint.happen({ type: 'cancelRequested' });
    expect(sprint.cancelled()).toEqual(['b#1']);
    sprint.fail('b', { cause: 'stopped' });
    expect(sprint.state).toMatchObject({ phase: 'cancelled', drain: { done: 2, of: 2 } });
  });
});
