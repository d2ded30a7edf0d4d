import { describe, expect, test } from 'vitest';
import { createRevival, takeSnapshot } from '../../../src/domain/simulation/snapshot.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import { toProgress } from '../../../src/domain/sprint/progress.ts';
import { limited, runWithBudgets as run, TERMS } from './budget-run.ts';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

describe('the budget of a sprint', () => {
  test('holds back what does not fit beside what is reserved, until that is settled', () => {
    const sprint = run({
      budget: { tokens: 1_000 },
      tasks: [task('t', { budget: limited(700), priority: 'high' }), task('u', { budget: limited(600) }), task('v')],
    });
    expect(sprint.atWork()).toEqual(['t', 'v']);
    sprint.finish('v');
    expect(sprint.atWork()).toEqual(['t']);
    expect(sprint.runOf('u').reason).toBe('waits for tokens of the budget sprint/core');
    sprint.use('t', 300);
    sprint.finish('t');
    expect(sprint.atWork()).toEqual(['u']);
  });

  test('is free again for others when an agent ends its last attempt that an amendment has taken out of the team', () => {
    const sprint = run({
      budget: { tokens: 1_000 },
      agents: [agent('leaving', { capacity: 2 })],
      tasks: [task('t', { budget: limited(700), priority: 'high' }), task('u', { budget: limited(600) })],
    });
    sprint.happen({ type: 'amended', amendment: { revision: 1, agents: [agent('new')], team: ['new'] } });
    expect(sprint.atWork()).toEqual(['t']);
    sprint.finish('t');
    expect(sprint.agentIdOf('u')).toBe('new');
  });

  test('is reported apart from those of its tasks', () => {
    const sprint = run({ budget: { tokens: 1_000 }, tasks: [task('t', { budget: limited(700) })] });
    expect(toProgress(sprint.sprint, 10).budgets?.map(({ budget }) => budget)).toEqual(['sprint/core']);
  });

  test('reserves what attempts of the agent have used on average where a task declares nothing', () => {
    const sprint = run({
      budget: { tokens: 1_000 },
      agents: [agent('a', { capacity: 3 })],
      tasks: [task('s', { priority: 'high' }), task('t', { dependsOn: ['s'] }), task('u', { dependsOn: ['s'] })],
    });
    sprint.use('s', 600);
    sprint.finish('s');
    // The average of 600 does not fit into what is left, but nothing is at work that could give something back: one starts, one waits.
    expect(sprint.atWork()).toEqual(['t']);
    sprint.finish('t');
    expect(sprint.atWork()).toEqual(['u']);
  });

  test('pauses everything at work when it is used up, starts nothing new, and goes on when it is topped up', () => {
    const sprint = run({ budget: { cost: 10 }, tasks: [task('t'), task('u'), task('v')] });
    sprint.use('t', 0, 6);
    sprint.use('u', 0, 4.5);
    expect([sprint.stateOf('t'), sprint.stateOf('u'), sprint.stateOf('v')]).toEqual(['blocked', 'blocked', 'waiting']);
    const item = sprint.item('sprint/core');
    expect(item).toMatchObject({ task: null, otherwise: 'the sprint stops and fails', topUp: ['cost'] });
    expect(item?.question).toContain('cost 10.50 of 10.00 used. Used by a (0 tokens, cost 6), b (0 tokens, cost 4.5).');
    expect(item?.question).toContain('3 of 3 tasks of sprint core are not done');
    sprint.finish('t');
    expect(sprint.stateOf('v')).toBe('waiting');
    sprint.topUp('sprint/core', { cost: 10 });
    expect(sprint.textsOf('budgetToppedUp')).toEqual(['ann added cost 10.00 to the budget of sprint core']);
    expect([sprint.stateOf('u'), sprint.stateOf('v')]).toEqual(['running', 'running']);
  });

  test('stops and fails the sprint when nobody adds to it', () => {
    const sprint = run({ budget: { tokens: 100 }, tasks: [task('t'), task('u', { dependsOn: ['t'] })] });
    sprint.use('t', 100);
    sprint.passTime(TERMS.withinMs);
    expect(sprint.state.phase).toBe('stopping');
    sprint.fail('t', { cause: 'stopped' });
    expect(sprint.state).toMatchObject({ phase: 'failed', reason: expect.stringContaining('nobody added to it by') });
    expect([sprint.stateOf('t'), sprint.stateOf('u')]).toEqual(['cancelled', 'cancelled']);
  });

  test('in attempts lets those at work end and asks before the next; lost ones do not count', () => {
    const sprint = run({ budget: { attempts: 2 }, agents: [agent('a')], tasks: [task('t'), task('u'), task('v')] });
    sprint.fail('t', { cause: 'lost' });
    sprint.finish('t');
    sprint.finish('u');
    expect(sprint.stateOf('v')).toBe('waiting');
    expect(sprint.item('sprint/core')).toMatchObject({ topUp: ['attempts'] });
    sprint.topUp('sprint/core', { attempts: 1 });
    expect(sprint.stateOf('v')).toBe('running');
  });

  test('in time goes by the clock of all attempts at work, which stands still while they are paused', () => {
    const sprint = run({ budget: { timeMs: 60_000 }, tasks: [task('t'), task('u')] });
    sprint.passTime(24_000);
    expect(sprint.events()).toContain('budgetWarning');
    sprint.wake();
    expect(sprint.now()).toBe(START + 30_000);
    expect(sprint.stateOf('t')).toBe('blocked');
    sprint.passTime(60_000);
    expect(toProgress(sprint.sprint, 10).budgets).toEqual([
      { budget: 'sprint/core', kind: 'time', spent: 60_000, toppedUp: 0, limit: 60_000, isUsedUp: true },
    ]);
    sprint.topUp('sprint/core', { time: '20s' });
    sprint.finish('t');
    sprint.passTime(20_000);
    expect(sprint.stateOf('u')).toBe('blocked');
  });

  test('in time that is up in the very step in which the last task finishes fails nothing', () => {
    const sprint = run({ budget: { timeMs: 60_000, ask: false }, tasks: [task('t')] });
    const late = { type: 'taskFinished', taskId: 't', attempt: 1, summary: null, deliverables: [], at: START + 60_000 } as const;
    sprint.effects().push(...evolve(sprint.sprint, late));
    expect(sprint.events()).toContain('budgetUsedUp');
    expect(sprint.state).toMatchObject({ phase: 'completed', budgets: { exhausted: [], failedBecause: null } });
  });

  test('asks about a task that could never fit once nothing is at work that could give anything back', () => {
    const sprint = run({
      budget: { tokens: 1_000 },
      tasks: [task('t', { budget: limited(800), priority: 'high' }), task('u', { budget: limited(900) })],
    });
    sprint.use('t', 500);
    expect(sprint.item('sprint/core')).toBeUndefined();
    sprint.finish('t');
    expect(sprint.item('sprint/core')).toBeDefined();
    sprint.topUp('sprint/core', { tokens: 500 });
    expect(sprint.stateOf('u')).toBe('running');
  });
});

describe('the budget of an agent', () => {
  const agents = [agent('a', { budget: { tokens: 100 } }), agent('b')];

  test('pauses that agent alone, and others do the rest', () => {
    const sprint = run({ agents, tasks: [task('t', { agent: 'a' }), task('u'), task('v'), task('w', { agent: 'a' })] });
    sprint.use('t', 100);
    expect(sprint.item('agent/a')).toMatchObject({ otherwise: 'the agent gets no more work; what only it can do fails' });
    sprint.use('u', 1_000);
    sprint.finish('u');
    expect(sprint.atWork()).toEqual(['t', 'v']);
    sprint.topUp('agent/a', { tokens: 10 });
    sprint.finish('t');
    expect(sprint.stateOf('w')).toBe('running');
  });

  test('ends its attempts when nobody adds to it: others do what they can, the rest fails', () => {
    const two = [agent('a', { budget: { tokens: 100 }, capacity: 2 }), agent('b', { skills: ['test'] })];
    const sprint = run({
      agents: two,
      tasks: [
        task('t', { agent: 'a' }),
        task('s', { priority: 'high' }),
        task('u', { skills: ['test'] }),
        task('w', { agent: 'a' }),
      ],
    });
    expect(sprint.agentIdOf('t')).toBe('a');
    sprint.use('t', 100);
    sprint.stop('agent/a');
    for (const id of sprint.cancelled()) sprint.fail(id.split('#')[0] as string, { cause: 'stopped' });
    expect([sprint.stateOf('t'), sprint.stateOf('w')]).toEqual(['failed', 'failed']);
    for (let left = 5; left > 0 && sprint.atWork().length > 0; left -= 1) sprint.finish(sprint.atWork()[0] as string);
    expect([sprint.stateOf('s'), sprint.stateOf('u')]).toEqual(['done', 'done']);
  });

  test.each([true, false])('is asked about again when somebody says that the agent is back (asks: %s)', (ask) => {
    const two = [agent('a', { budget: { tokens: 100, ...(ask ? {} : { ask: false as const }) } }), agent('b')];
    const sprint = run({ agents: two, tasks: [task('t', { agent: 'a' }), task('u', { agent: 'b' })] });
    const back = (agent_id: string) => sprint.send('agentAvailability', { agent_id, available: true });
    expect(back('a')).toBe('accepted');
    sprint.use('t', 100);
    expect(back('a')).toBe('accepted');
    if (ask) sprint.stop('agent/a');
    for (const id of sprint.cancelled()) sprint.fail(id.split('#')[0] as string, { cause: 'stopped' });
    expect(sprint.state.agents[0]?.available).toBe(false);
    expect([back('a'), back('b')]).toEqual(['accepted', 'accepted']);
    expect(sprint.item('agent/a') !== undefined).toBe(ask);
    expect(sprint.state.agents[0]?.available).toBe(ask);
  });

  test('does not concern tasks of people', () => {
    const sprint = run({
      budget: { attempts: 1 },
      agents: [agent('a'), agent('ann', { kind: 'human' })],
      tasks: [task('t', { agent: 'a' }), task('u', { agent: 'ann' })],
    });
    expect(sprint.atWork()).toEqual(['t', 'u']);
    expect(sprint.allowance('u')).toBeUndefined();
  });
});

describe('the budget of the plan', () => {
  test('counts what other sprints use, and goes on when more is added there', () => {
    const sprint = run({ tasks: [task('t'), task('u', { dependsOn: ['t'] })] }, { tokens: 1_000 });
    const spent = { tokens: 700, cost: 0, time: 0, attempts: 3 };
    const none = { tokens: 0, cost: 0, time: 0, attempts: 0 };
    sprint.happen({ type: 'spentElsewhere', accounts: { 'plan/plan': { spent, toppedUp: none } } });
    expect(sprint.allowance('t')).toMatchObject({ tokens: 300 });
    sprint.use('t', 300);
    expect(sprint.item('plan/plan')).toMatchObject({ otherwise: 'the plan stops and fails' });
    expect(toProgress(sprint.sprint, 10).budgets).toMatchObject([{ spent: 300, limit: 1_000, isUsedUp: true }]);
    sprint.happen({ type: 'spentElsewhere', accounts: { 'plan/plan': { spent, toppedUp: { ...none, tokens: 500 } } } });
    expect(sprint.item('plan/plan')).toBeUndefined();
    expect(sprint.allowance('t')).toMatchObject({ isPaused: false, tokens: 800 });
  });

  test('knows from the start what sprints before it have used', () => {
    const spent = { tokens: 0, cost: 9, time: 0, attempts: 0 };
    const toppedUp = { tokens: 0, cost: 1, time: 0, attempts: 0 };
    const sprint = run({
      tasks: [task('t')],
      budgets: { ...TERMS, plan: { cost: 10, ask: false }, elsewhere: { 'plan/plan': { spent, toppedUp } } },
    });
    expect(sprint.performed()).toMatchObject([{ allowance: { cost: 2, tokens: null } }]);
    sprint.use('t', 0, 2);
    expect(sprint.state.phase).toBe('stopping');
    sprint.fail('t', { cause: 'stopped' });
    expect(sprint.state.phase).toBe('failed');
    expect(sprint.state.reason).toContain('the budget of the plan is used up: cost 11.00 of 11.00 used');
  });
});

test('without budgets usage is kept all the same, per task and agent, and nothing else', () => {
  const sprint = runSprint({ agents: [agent('a')], tasks: [task('t')] });
  sprint.start();
  sprint.report('t', { usage: { tokens: 10, cost: 0.1 } });
  sprint.report('t', { usage: { tokens: 5, cost: 0.3 } });
  sprint.happen({ type: 'spentElsewhere', accounts: {} });
  sprint.fail('t', { usage: { tokens: 12, cost: 0.2 } });
  sprint.report('t', { usage: { tokens: 1, cost: 0 } });
  expect(sprint.runOf('t').usage).toMatchObject({ tokens: 13, cost: 0.3 });
  expect(toProgress(sprint.sprint, 10)).toMatchObject({ usage: [{ agent_id: 'a', tokens: 13, cost: 0.3 }] });
  expect(toProgress(sprint.sprint, 10)).not.toHaveProperty('budgets');
  expect(sprint.performed()[0]).not.toHaveProperty('allowance');
});

test('what a budget keeps waiting is ready in a simulation of the rest, which knows no budgets', () => {
  const sprint = run({
    budget: { tokens: 1_000 },
    tasks: [task('t', { budget: limited(700), priority: 'high' }), task('u', { budget: limited(600) })],
  });
  expect(sprint.atWork()).toEqual(['t']);
  const revived = createRevival(takeSnapshot(sprint.sprint))();
  expect(revived.state.ready.flat()).toEqual([1]);
  expect(revived.state.budgets).toBeNull();
});
