import { describe, expect, it } from 'vitest';
import { agent, task } from './sprint-definition.ts';
import { runMoving } from './moving-run.ts';

const trio = [agent('a1'), agent('a2'), agent('a3')];
const bundle = { path: 'handover.json', uri: 'file:///handover.json', sha256: 'a'.repeat(64), size: 1 };
const signs = { acknowledged: true, moving: true };

describe('an attempt that ends while its work is being moved', () => {
  it('before the award: the work waits for that', () => {
    const sprint = runMoving();
    sprint.away('a1');
    sprint.fail('page');
    expect(sprint.told()).toEqual([{ type: 'released', how: 'it broke', hasBundle: false }]);
    expect(sprint.runOf('page').moves?.isHeld).toBe(true);
    sprint.award('a2');
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('after the award: the next one is tried, and what the first one left goes with it', () => {
    const sprint = runMoving({ agents: trio, tasks: [task('page', { budget: { attempts: 9, timeMs: null } })] });
    sprint.fail('page', { fault: 'died', bundle });
    sprint.award('a2');
    sprint.fail('page');
    expect(sprint.told().at(-1)).toEqual({ type: 'attemptEnded', attempt: 2, reason: 'it broke' });
    sprint.award('a3');
    expect(sprint.performed().at(-1)?.handover).toMatchObject({ from: { agent_id: 'a1', attempt: 1 }, bundle });
    sprint.report('page', { handover: signs });
    sprint.fail('page');
    expect(sprint.runOf('page').moves).toMatchObject({ tried: [0, 1, 2], handover: { from: { agent_id: 'a3', attempt: 3 } } });
  });

  it('after the award: it does not start again while an amendment of its task is being decided', () => {
    const sprint = runMoving();
    sprint.happen({ type: 'tasksHeld', revision: 1, taskIds: ['page'] });
    sprint.quit();
    expect(sprint.begun()).toHaveLength(1);
    sprint.award('a2');
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', attempt: 1 });
    sprint.happen({ type: 'tasksReleased', revision: 1 });
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2 });
    expect(sprint.told()).toEqual([{ type: 'started', agent_id: 'a2', attempt: 2 }]);
  });

  it('with its worker: whoever has taken over begins again, with what it was given', () => {
    const sprint = runMoving({ agents: trio });
    sprint.fail('page', { fault: 'died', bundle });
    sprint.award('a2');
    sprint.fail('page', { cause: 'lost', message: 'its worker died' });
    expect(sprint.told().slice(-2)).toEqual([
      { type: 'released', how: 'its worker died', hasBundle: false },
      { type: 'started', agent_id: 'a2', attempt: 3 },
    ]);
    expect(sprint.agentIdOf('page')).toBe('a2');
    expect(sprint.performed().at(-1)?.handover).toMatchObject({ from: { agent_id: 'a1', attempt: 1 }, bundle });
    expect(sprint.runOf('page').moves).toMatchObject({ tried: [0] });
  });

  it('is skipped because a person says nothing: nothing is moved any more', () => {
    const human = { people: ['p'], withinMs: 5_000, otherwise: 'skip' } as const;
    const sprint = runMoving({ agents: [agent('a1'), agent('p', { kind: 'human', human })] });
    sprint.quit();
    sprint.award('p');
    sprint.passTime(5_000);
    expect(sprint.told().at(-1)).toEqual({ type: 'withdrawn', reason: 'the task is skipped' });
    expect(sprint.stateOf('page')).toBe('skipped');
  });

  it('is taken from a person at once, without waiting for the end of any program', () => {
    const sprint = runMoving({ agents: [agent('p', { kind: 'human', skills: [] }), agent('r', { skills: ['s'] })] });
    expect(sprint.agentIdOf('page')).toBe('p');
    sprint.away('p');
    sprint.award('r');
    expect(sprint.cancelled()).toEqual([]);
    expect(Object.keys(sprint.state.inbox)).toEqual([]);
    expect(sprint.agentIdOf('page')).toBe('r');
  });

  it('is rejected by the person who has it: nothing is moved any more', () => {
    const sprint = runMoving({ agents: [agent('a1'), agent('p', { kind: 'human' })], tasks: [task('page')] });
    sprint.quit();
    sprint.award('p');
    expect(sprint.told()).toEqual([
      { type: 'started', agent_id: 'p', attempt: 2 },
      { type: 'shown', acknowledged: true, moving: true },
    ]);
    sprint.send('respond', { by: 'p', itemId: 'page#2', decision: 'reject' });
    expect(sprint.told().at(-1)?.type).toBe('withdrawn');
    expect(sprint.stateOf('page')).toBe('failed');
  });
});

describe('an offer to people', () => {
  const people = [agent('a1'), agent('p', { kind: 'human' }), agent('q', { kind: 'human' })];

  it('is an item for them; what they answer goes to the reallocation, and the others are not asked any more', () => {
    const agents = [...people, agent('r'), agent('t')];
    const sprint = runMoving({
      agents,
      tasks: [task('page', { agent: null }), task('more', { skills: [] }), task('sign', { agent: 't' })],
    });
    sprint.report('sign', { question: { id: 'q', text: 'Which one?', options: [] } });
    const [page, more] = [sprint.agentIdOf('page'), sprint.agentIdOf('more')];
    sprint.quit('more');
    sprint.quit('page');
    expect(new Set([page, more]).size).toBe(2);
    sprint.say({ type: 'offered', agents: ['p', 'q'], deadline: sprint.now() }, 2);
    const before = Object.keys(sprint.state.inbox);
    sprint.say({ type: 'offered', agents: ['p', 'q'], deadline: sprint.now() + 5_000 }, 2);
    expect(sprint.state.inbox['page/offer/2/p']).toMatchObject({
      kind: 'offer',
      title: 'p: take over "page"?',
      options: ['accept', 'counter', 'decline'],
      people: ['p'],
    });
    const answer = { decision: 'counter', note: 'when I am back', data: { estimateMs: 5_000 } };
    expect(sprint.send('respond', { by: 'p', itemId: 'page/offer/2/p', ...answer })).toBe('accepted');
    expect(sprint.told()).toEqual([{ type: 'bid', agent_id: 'p', by: 'p', ...answer }]);
    sprint.say({ type: 'awarded', agent_id: 'r', why: 'it is idle' }, 2);
    sprint.end({}, 2);
    expect(Object.keys(sprint.state.inbox)).toEqual(before);
  });

  it('that nobody answers is left to the reallocation', () => {
    const sprint = runMoving({ agents: people });
    sprint.quit();
    sprint.say({ type: 'offered', agents: ['p'], deadline: sprint.now() + 5_000 });
    sprint.passTime(5_000);
    expect(Object.keys(sprint.state.inbox)).toEqual([]);
    expect(sprint.runOf('page').moves?.isHeld).toBe(true);
  });
});

describe('work that nobody takes over', () => {
  const failed = { result: 'failed', agent_id: null, attempt: null, reason: 'nobody accepts it' } as const;

  it('waits for people, who decide; the next agent gets it as it was', () => {
    const sprint = runMoving();
    sprint.quit();
    sprint.end(failed);
    expect(sprint.escalated()).toMatchObject([
      {
        cause: { kind: 'reallocationFailed', key: 'reallocation/page', text: 'nobody accepts it' },
        options: expect.arrayContaining(['retry']),
      },
    ]);
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', reason: 'escalated', moves: { open: null, isHeld: false } });
    sprint.decide('retry');
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('goes on where it is at work, and the question goes away with the task', () => {
    const sprint = runMoving();
    sprint.away('a1');
    sprint.end(failed);
    expect(sprint.escalated()).toMatchObject([
      { options: ['keep', 'stop'], cause: { measures: ['the attempt at work goes on'] } },
    ]);
    sprint.decide('keep');
    expect(sprint.stateOf('page')).toBe('running');
    const other = runMoving();
    other.away('a1');
    other.end(failed);
    other.finish('page');
    expect(other.state.escalations).toEqual({});
    expect(other.state.phase).toBe('completed');
  });

  it('is taken from an agent that gives no sign before people are asked', () => {
    const sprint = runMoving();
    sprint.quit();
    sprint.award('a2');
    sprint.end(failed);
    expect(sprint.cancelled()).toEqual(['page#2']);
    expect(sprint.escalated()).toEqual([]);
    expect(sprint.wrapUp('page', 2)).toMatchObject({ reason: '"page" was not taken over: nobody accepts it' });
    sprint.release();
    expect(sprint.escalated()).toHaveLength(1);
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', failures: 1, moves: { open: null } });
  });

  it('is done again when the sprint is paused meanwhile, and nobody is asked', () => {
    const sprint = runMoving();
    sprint.quit();
    sprint.send('pause', { by: 'ann' });
    sprint.end(failed);
    expect(sprint.escalated()).toEqual([]);
    sprint.send('resume', { by: 'ann' });
    expect(sprint.stateOf('page')).toBe('running');
  });
});
