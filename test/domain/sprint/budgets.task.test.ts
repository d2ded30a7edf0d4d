import { describe, expect, test } from 'vitest';
import { toTaskView } from '../../../src/domain/sprint/progress.ts';
import { limited, runWithBudgets as run, TERMS } from './budget-run.ts';
import { agent, START, task } from './sprint-definition.ts';

describe('the budget of a task', () => {
  test('warns once at 80 %, pauses and asks at 100 %, and the same attempt goes on when it is topped up', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(1_000) })] });
    expect(sprint.performed()).toMatchObject([{ allowance: { tokens: 1_000, cost: null } }]);
    sprint.use('t', 799);
    expect(sprint.events()).not.toContain('budgetWarning');
    sprint.use('t', 800);
    sprint.use('t', 900);
    expect(sprint.textsOf('budgetWarning')).toEqual(['800 tokens of 1000 tokens used of the budget of task t']);
    expect(sprint.state.alerts).toMatchObject([{ id: 'budget/task/t/tokens', kind: 'resource' }]);
    sprint.use('t', 1_050);
    expect(sprint.runOf('t')).toMatchObject({ state: 'blocked', attempt: 1 });
    expect(sprint.runOf('t').status).toMatchObject({ status: 'blocked' });
    expect(sprint.allowance('t')).toMatchObject({ isPaused: true, tokens: 1_000 });
    expect(sprint.item('task/t')).toMatchObject({ kind: 'topUp', task: 't', options: ['topUp', 'stop'], topUp: ['tokens'] });
    sprint.report('t', { status: 'working', usage: { tokens: 1_050, cost: 0 } });
    expect(sprint.stateOf('t')).toBe('blocked');

    expect(sprint.topUp('task/t', { tokens: 10 })).toBe('accepted');
    expect(sprint.item('task/t')).toBeDefined();
    expect(sprint.topUp('task/t', { tokens: 990 })).toBe('accepted');
    expect(sprint.item('task/t')).toBeUndefined();
    expect(sprint.runOf('t')).toMatchObject({ state: 'running', attempt: 1, reason: null });
    expect(sprint.allowance('t')).toMatchObject({ isPaused: false, tokens: 2_000 });
    expect(sprint.state.alerts).toEqual([]);
    sprint.finish('t');
    expect(sprint.state.phase).toBe('completed');
    expect(toTaskView(sprint.sprint, 0)).toMatchObject({
      usage: { tokens: 1_050, cost: 0 },
      budgets: [{ budget: 'task/t', kind: 'tokens', spent: 1_050, limit: 2_000, toppedUp: 1_000, isUsedUp: false }],
    });
  });

  test('that no agent at hand can afford goes to one that is activated within the same step', () => {
    const poor = agent('poor', { capacity: 2, budget: { cost: 5 } });
    const sprint = run({
      agents: [poor, agent('rich')],
      tasks: [
        task('dear', { priority: 'urgent', budget: { timeMs: null, attempts: 1, cost: 7 } }),
        task('cheap', { agent: 'poor', budget: { timeMs: null, attempts: 1, cost: 2 } }),
      ],
      triggers: [{ agent: 'rich', when: { task: 'cheap', reached: 'started' } }],
    });
    expect(sprint.order()).toEqual(['cheap', 'dear']);
    expect(sprint.agentIdOf('dear')).toBe('rich');
  });

  test.each([
    [{ tokens: 'many' }, 'got {"tokens":"many"}'],
    [{ cost: 3 }, 'expected at least one of {tokens: a number above 0}'],
    [{}, 'got {}'],
    [undefined, 'got nothing'],
    [{ tokens: 0 }, 'tokens: a number above 0'],
  ])('refuses the top-up %j', (data, says) => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) })] });
    sprint.use('t', 100);
    expect(sprint.topUp('task/t', data)).toContain(says);
    expect(sprint.topUp('task/t', data)).toMatch(/^InvalidMessage: data: expected at least one of/);
    expect(sprint.item('task/t')).toBeDefined();
  });

  test.each([
    ['a person says stop', (sprint: ReturnType<typeof run>) => void sprint.stop('task/t')],
    ['nobody answers', (sprint: ReturnType<typeof run>) => void sprint.passTime(TERMS.withinMs)],
  ])('ends the attempt and fails the task when %s', (_how, act) => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) }), task('u', { dependsOn: ['t'] })] });
    sprint.use('t', 100);
    act(sprint);
    expect(sprint.cancelled()).toEqual(['t#1']);
    expect(sprint.item('task/t')).toBeUndefined();
    sprint.fail('t', { cause: 'stopped', message: 'stopped', usage: { tokens: 120, cost: 0 } });
    expect(sprint.runOf('t')).toMatchObject({ state: 'failed', reason: expect.stringContaining('is used up and') });
    expect(sprint.textsOf('attemptFailed')[0]).toContain('the budget of task t is used up');
    expect(sprint.stateOf('u')).toBe('skipped');
    expect(sprint.state.phase).toBe('failed');
    expect(sprint.runOf('t').usage).toMatchObject({ tokens: 120 });
  });

  test('ends it at once where nobody is to be asked', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100, { ask: false }) })] });
    sprint.use('t', 100);
    expect(sprint.item('task/t')).toBeUndefined();
    expect(sprint.cancelled()).toEqual(['t#1']);
    sprint.fail('t', { cause: 'lost', message: 'lost' });
    expect(sprint.stateOf('t')).toBe('failed');
  });

  test('counts all attempts together: what a lost one has used stays used, and the next one is asked for before it starts', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) })] });
    sprint.use('t', 60);
    sprint.fail('t', { cause: 'lost' });
    expect(sprint.performed().map(({ allowance }) => allowance?.tokens)).toEqual([100, 40]);
    sprint.use('t', 40);
    expect(sprint.stateOf('t')).toBe('blocked');
    sprint.fail('t', { cause: 'lost' });
    sprint.wake();
    expect(sprint.stateOf('t')).toBe('waiting');
    expect(sprint.item('task/t')).toBeDefined();
    sprint.topUp('task/t', { tokens: 50 });
    expect(sprint.runOf('t')).toMatchObject({ state: 'running', attempt: 3, usage: { tokens: 100 } });
  });

  test('that is used up while its task waits fails it when people say stop', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) })] });
    sprint.fail('t', { usage: { tokens: 100, cost: 0 } });
    expect(sprint.item('task/t')).toBeDefined();
    sprint.stop('task/t');
    expect(sprint.stateOf('t')).toBe('failed');
    expect(sprint.state.phase).toBe('failed');
  });

  test('used up by its result does not matter any more', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) })] });
    sprint.happen({
      type: 'taskFinished',
      taskId: 't',
      attempt: 1,
      summary: null,
      deliverables: [],
      usage: { tokens: 500, cost: 1.5 },
    });
    expect(sprint.state.phase).toBe('completed');
    expect(sprint.events()).not.toContain('budgetUsedUp');
  });

  test('that is asked for is forgotten when the attempt finishes all the same', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) }), task('u', { dependsOn: ['t'] })] });
    sprint.use('t', 100);
    sprint.finish('t');
    expect(sprint.item('task/t')).toBeUndefined();
    expect(sprint.stateOf('u')).toBe('running');
  });

  test('in time and attempts is asked for where the plan says so, and counts as before otherwise', () => {
    const asks = run({ tasks: [task('t', { budget: { timeMs: 60_000, attempts: 1, ask: true } })] });
    expect(asks.performed()).toMatchObject([{ deadline: null, allowance: { tokens: null, cost: null } }]);
    asks.passTime(48_000);
    expect(asks.textsOf('budgetWarning')).toEqual(['time 48s of 1m used of the budget of task t']);
    asks.passTime(12_000);
    expect(asks.stateOf('t')).toBe('blocked');
    asks.passTime(600_000);
    expect(asks.topUp('task/t', { time: '30s' })).toBe('accepted');
    expect(asks.stateOf('t')).toBe('running');
    expect(asks.allowance('t')).toMatchObject({ isPaused: false });
    asks.fail('t');
    expect(asks.stateOf('t')).toBe('waiting');
    expect(asks.item('task/t')).toMatchObject({ topUp: ['time', 'attempts'] });
    expect(toTaskView(asks.sprint, 0).budgets).toMatchObject([{ kind: 'time' }, { kind: 'attempts', spent: 1, limit: 1 }]);
    asks.topUp('task/t', { attempts: 1 });
    expect(asks.runOf('t')).toMatchObject({ state: 'running', attempt: 2 });
    asks.fail('t');
    asks.stop('task/t');
    expect(asks.stateOf('t')).toBe('failed');

    const plain = run({ tasks: [task('t', { budget: { timeMs: 60_000, attempts: 1, tokens: 5 } })] });
    expect(plain.performed()).toMatchObject([{ deadline: new Date(START + 60_000).toISOString() }]);
    plain.fail('t', { cause: 'timeBudget' });
    expect(plain.stateOf('t')).toBe('failed');
  });
});
