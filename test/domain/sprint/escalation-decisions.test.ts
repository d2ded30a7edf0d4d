import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/domain/plan/plan.ts';
import type { InboxItem } from '../../../src/domain/views.ts';
import { escalatingSprint } from './escalation-run.ts';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { agent, task } from './sprint-definition.ts';

const itemId = 'shaky/escalation/1/1';

/** A task that has failed, before ann. */
function failed(more: Parameters<typeof escalatingSprint>[0] = {}) {
  const sprint = escalatingSprint({ agents: [agent('x'), agent('z', { skills: ['zeal'] })], ...more });
  sprint.fail('shaky');
  sprint.say();
  const item = (): InboxItem => sprint.state.inbox[itemId] as InboxItem;
  const answer = (decision: string, data?: unknown) => sprint.send('respond', { by: 'ann', itemId, decision, data });
  return { ...sprint, item, answer };
}

describe('decisions about an escalated task', () => {
  it('names what each of them takes, for people and for agents', () => {
    const sprint = failed({ shaky: { budget: { timeMs: 1_000, attempts: 1 } } });
    expect(sprint.item().options).toEqual([
      'retry',
      'reassign',
      'extend',
      'change',
      'skip',
      'reject',
      'rollback',
      'stop',
      'acknowledge',
    ]);
    const takes = { reassign: ['x', 'z'], extend: ['time', 'attempts'] };
    expect(sprint.item().takes).toMatchObject(takes);
    expect(sprint.started()[0]?.input).toMatchObject({ takes });
  });

  it('leaves out what is not possible: nobody else, no time to extend, no budget', () => {
    const sprint = failed({ agents: [] });
    expect(sprint.item().options).not.toContain('reassign');
    expect(sprint.item().takes).toEqual({ extend: ['attempts'], change: expect.any(Array) });
    expect(sprint.answer('topUp', { tokens: 1 })).toContain('InvalidMessage');
  });

  it('refuses data that does not fit, and changes nothing', () => {
    const sprint = failed();
    const before = JSON.stringify(sprint.state);
    expect(sprint.answer('reassign')).toContain('InvalidMessage');
    expect(sprint.answer('reassign', { agent: 'w' })).toContain('one of x, z');
    expect(sprint.answer('extend', { time: '1h' })).toContain('attempts: a whole number');
    expect(sprint.answer('change', { paths: ['.'] })).toContain('InvalidMessage');
    expect(JSON.stringify(sprint.state)).toBe(before);
    expect(sprint.answer('reassign', { agent: 'x' })).toBe('accepted');
  });

  it('reassigns: that agent alone does it from now on', () => {
    const sprint = failed();
    sprint.end({ decision: 'reassign', data: { agent: 'x' }, note: 'w is broken' });
    expect(sprint.agentIdOf('shaky')).toBe('x');
    expect(sprint.stateOf('shaky')).toBe('running');
    expect(sprint.performed().at(-1)?.feedback.at(-1)).toBe('ann: w is broken');
    expect(sprint.events()).toContain('taskReassigned');
  });

  it('keeps whom it has reassigned a task to when the plan is amended otherwise, and not when that names another', () => {
    const sprint = failed();
    sprint.end({ decision: 'reassign', data: { agent: 'x' } });
    const plan = sprint.sprint.definition.sprint.tasks[0] as Task;
    sprint.happen({
      type: 'amended',
      amendment: { revision: 1, tasks: [{ ...plan, agent: 'w', title: 'larger' }], restart: ['shaky'] },
    });
    sprint.fail('shaky', { cause: 'stopped' });
    expect([sprint.agentIdOf('shaky'), sprint.performed().at(-1)?.task.title]).toEqual(['x', 'larger']);
    sprint.happen({ type: 'amended', amendment: { revision: 2, tasks: [{ ...plan, agent: 'z' }], restart: ['shaky'] } });
    sprint.fail('shaky', { cause: 'stopped' });
    expect(sprint.agentIdOf('shaky')).toBe('z');
    sprint.happen({ type: 'amended', amendment: { revision: 3, tasks: [{ ...plan, agent: 'w' }], restart: ['shaky'] } });
    sprint.fail('shaky', { cause: 'stopped' });
    expect(sprint.agentIdOf('shaky')).toBe('w');
  });

  it('extends: more time for the attempt, more attempts for the task', () => {
    const sprint = failed({ shaky: { budget: { timeMs: 1_000, attempts: 1 } } });
    sprint.end({ decision: 'extend', data: { time: '9s', attempts: 2 }, note: 'slow disk' });
    expect(sprint.proposed()).toEqual([
      {
        n: 1,
        by: 'ann',
        reason: 'escalation 1: "shaky" failed after 1 of 1 attempts: slow disk',
        changes: [{ changeTask: { task: 'shaky', set: { budget: { time: '10s', attempts: 3 } } } }],
      },
    ]);
    expect(sprint.runOf('shaky')).toMatchObject({ state: 'waiting', reason: 'awaits the revision of the plan that ann decided' });
    sprint.amended({ budget: { timeMs: 10_000, attempts: 3 } });
    expect(sprint.performed().at(-1)?.deadline).toBe(new Date(sprint.now() + 10_000).toISOString());
    sprint.fail('shaky');
    expect(sprint.started()).toHaveLength(1);
    sprint.passTime(1_000);
    sprint.fail('shaky');
    expect(sprint.started()).toHaveLength(2);
    expect(sprint.textsOf('amendmentProposed')).toEqual(['ann decided to change "shaky"']);
  });

  it('extends a task without a time budget by attempts alone', () => {
    const sprint = failed();
    sprint.end({ decision: 'extend', data: { attempts: 1 } });
    expect(sprint.proposed()[0]?.changes).toEqual([{ changeTask: { task: 'shaky', set: { budget: { attempts: 2 } } } }]);
    sprint.amended({ budget: { timeMs: null, attempts: 2 } });
    expect(sprint.performed().at(-1)?.deadline).toBeNull();
  });

  it('changes: the next attempt gets another input, and the order another priority', () => {
    const sprint = failed();
    const data = { input: { size: 2 }, estimate: '2m', priority: 'urgent' };
    sprint.end({ decision: 'change', data });
    expect(sprint.proposed()[0]?.changes).toEqual([{ changeTask: { task: 'shaky', set: data } }]);
    sprint.amended({ input: { size: 2 }, estimateMs: 120_000, priority: 'urgent' });
    expect(sprint.performed().at(-1)?.task).toMatchObject({ input: { size: 2 }, estimateMs: 120_000, priority: 'urgent' });
    sprint.fail('shaky');
    sprint.end({ decision: 'change', data: { description: 'smaller' } }, 2);
    sprint.amended({ description: 'smaller' }, 2);
    expect(sprint.performed().at(-1)?.task).toMatchObject({ description: 'smaller', priority: 'urgent' });
  });

  it('asks again when a change cannot be a revision of the plan, and goes on where the plan is like that already', () => {
    const sprint = failed();
    sprint.end({ decision: 'change', data: { priority: 'high' } });
    sprint.happen({ type: 'proposalSettled', proposal: 1, why: 'the budget is too small' });
    expect(sprint.textsOf('decisionNotPossible')[0]).toContain('is not possible: the budget is too small');
    expect([sprint.started().length, sprint.state.proposals]).toEqual([2, undefined]);
    sprint.end({ decision: 'change', data: { priority: 'high' } }, 2);
    sprint.happen({ type: 'proposalSettled', proposal: 2, why: null });
    expect(sprint.runOf('shaky')).toMatchObject({ state: 'running', priority: 'high' });
    sprint.happen({ type: 'proposalSettled', proposal: 2, why: 'late' });
    expect(sprint.started()).toHaveLength(2);
  });

  it('waits for the authorization of the revision, and asks again when that is dropped', () => {
    const sprint = failed();
    const propose = (n: number) => {
      sprint.end({ decision: 'change', data: { estimate: '9h' } }, n);
      sprint.happen({ type: 'tasksHeld', revision: n, taskIds: ['shaky'], proposal: n });
      expect(sprint.runOf('shaky').reason).toBe(`awaits authorization of revision ${n}`);
    };
    propose(1);
    sprint.happen({ type: 'tasksReleased', revision: 7, why: 'of another' });
    expect(sprint.started()).toHaveLength(1);
    sprint.happen({ type: 'tasksReleased', revision: 1, why: 'rejected by bo: too much' });
    expect(sprint.textsOf('decisionNotPossible')[0]).toContain('rejected by bo: too much');
    propose(2);
    sprint.amended({ estimateMs: 9 * 3_600_000 }, 2);
    expect(sprint.stateOf('shaky')).toBe('running');
  });

  it('is one of several: each waits for its own revision, and nothing is taken for a standstill meanwhile', () => {
    const sprint = failed();
    sprint.fail('other', { retryable: false });
    sprint.end({ decision: 'change', data: { input: { a: 1 } } }, 1);
    sprint.end({ decision: 'change', data: { input: { b: 1 } } }, 2);
    expect(sprint.proposed().map(({ n }) => n)).toEqual([1, 2]);
    sprint.wake();
    expect([sprint.stateOf('shaky'), sprint.stateOf('other'), sprint.state.phase]).toEqual(['waiting', 'waiting', 'running']);
    sprint.happen({ type: 'tasksHeld', revision: 4, taskIds: ['other'], proposal: 2 });
    expect(sprint.runOf('shaky').reason).toBe('awaits the revision of the plan that ann decided');
    sprint.happen({ type: 'proposalSettled', proposal: 1, why: null });
    expect([sprint.stateOf('shaky'), sprint.stateOf('other')]).toEqual(['running', 'waiting']);
    sprint.happen({ type: 'tasksReleased', revision: 4, why: 'no' });
    expect(sprint.started().map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('changes the next attempt only where another decision has had the task tried again meanwhile', () => {
    const sprint = failed();
    const [open] = Object.values(sprint.state.escalations);
    sprint.end({ decision: 'change', data: { input: { a: 1 } } });
    sprint.state.escalations[9] = {
      ...open!,
      n: 9,
      cause: { ...open!.cause, key: 'reallocation/shaky', kind: 'reallocationFailed' },
    };
    sprint.end({ decision: 'retry' }, 9);
    sprint.amended({ input: { a: 1 } });
    expect([sprint.runOf('shaky').attempt, sprint.stateOf('shaky'), sprint.state.proposals]).toEqual([2, 'running', undefined]);
    expect(sprint.state.pending).toMatchObject({ shaky: { input: { a: 1 } } });
  });

  it('is kept over runs, and forgotten with its task', () => {
    const sprint = failed();
    sprint.end({ decision: 'change', data: { input: {} } });
    const carried = JSON.parse(JSON.stringify(toCarriedState(sprint.sprint))) as ReturnType<typeof toCarriedState>;
    expect(fromCarriedState(sprint.sprint.definition, carried).state.proposals).toEqual(sprint.state.proposals);
    sprint.passTime(86_400_000);
    expect([sprint.state.phase, sprint.stateOf('shaky')]).toEqual(['running', 'waiting']);
    sprint.happen({ type: 'amended', amendment: { revision: 1, tasks: [{ ...task('shaky'), cancelled: true }] } });
    expect([sprint.stateOf('shaky'), sprint.state.proposals]).toEqual(['cancelled', undefined]);
    sprint.happen({ type: 'proposalSettled', proposal: 1, why: null });
    expect(sprint.stateOf('shaky')).toBe('cancelled');
  });

  it('tops up: the budget of the task grows, also where the plan asks nobody for more', () => {
    const budgets = { warnAt: 0.8, withinMs: 60_000, elsewhere: {} };
    const sprint = escalatingSprint({ budgets, shaky: { budget: { timeMs: null, attempts: 2, tokens: 100, ask: false } } });
    sprint.report('shaky', { usage: { tokens: 100, cost: 0 } });
    expect(sprint.cancelled()).toEqual(['shaky#1']);
    sprint.fail('shaky', { cause: 'stopped' });
    expect(sprint.started()[0]?.input).toMatchObject({ takes: { topUp: ['tokens'] } });
    sprint.end({ decision: 'topUp', data: { tokens: 50 } });
    expect(sprint.stateOf('shaky')).toBe('running');
    expect(sprint.performed().at(-1)?.allowance?.tokens).toBe(50);
    expect(sprint.textsOf('budgetToppedUp')).toHaveLength(1);
  });

  it('fails the task when it cannot even be asked about again', () => {
    const sprint = failed();
    const [open] = Object.values(sprint.state.escalations);
    if (!open) throw new Error('nothing is escalated');
    for (let n = 2; n <= 51; n += 1) sprint.state.escalations[n] = { ...open, n, cause: { ...open.cause, key: `other ${n}` } };
    sprint.end({ decision: 'reassign', data: { agent: 'w' } });
    expect(sprint.stateOf('shaky')).toBe('failed');
  });

  it('asks again when what was decided is not possible any more', () => {
    const sprint = failed();
    sprint.end({ decision: 'reassign', data: { agent: 'w' } });
    expect(sprint.started()).toHaveLength(2);
    expect(sprint.textsOf('decisionNotPossible')[0]).toContain('one of x, z');
    sprint.end({ decision: 'topUp', data: { tokens: 1 } }, 2);
    expect(sprint.stateOf('shaky')).toBe('waiting');
    sprint.end({ decision: 'retry' }, 3);
    expect(sprint.stateOf('shaky')).toBe('running');
  });
});
