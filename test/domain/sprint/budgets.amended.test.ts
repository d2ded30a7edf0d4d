import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../src/domain/budget.ts';
import { amendDefinition, toAmendment, type SprintAmendment } from '../../../src/domain/sprint/amended-definition.ts';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { toProgress } from '../../../src/domain/sprint/progress.ts';
import { limited, runWithBudgets, TERMS } from './budget-run.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

function run(given: Parameters<typeof runWithBudgets>[0], plan?: Budget) {
  const sprint = runWithBudgets(given, plan);
  const given0 = sprint.sprint.definition;
  const amend = (amendment: Omit<SprintAmendment, 'revision'>) =>
    sprint.happen({ type: 'amended', amendment: { revision: 1, ...amendment } });
  const spent = (id: string) => {
    const number = sprint.sprint.index.budgets?.accounts.findIndex((account) => account.id === id) ?? -1;
    return sprint.state.budgets?.accounts[number]?.spent;
  };
  const reserved = () => Object.values(sprint.state.budgets?.holds ?? {}).map((hold) => hold.reserved.tokens);
  return { ...sprint, amend, spent, reserved, given: given0 };
}

describe('budgets that are amended while their sprint is under way', () => {
  test('one that is taken away and set again knows what was used, meanwhile too, at every level', () => {
    const sprint = run(
      {
        budget: { tokens: 1_000 },
        agents: [agent('a', { budget: { tokens: 1_000 } })],
        tasks: [task('t', { agent: 'a', budget: limited(900) })],
      },
      { tokens: 1_000 },
    );
    sprint.use('t', 300);
    sprint.amend({ budget: null, budgets: TERMS, agents: [agent('a')], tasks: [task('t', { agent: 'a' })] });
    expect(toProgress(sprint.sprint, 10).budgets).toBeUndefined();
    sprint.passTime(5_000);
    sprint.use('t', 450);
    const budgets = { ...TERMS, plan: { tokens: 500, timeMs: 60_000 } };
    const again = [agent('a', { budget: { tokens: 600 } })];
    sprint.amend({ budget: { tokens: 800 }, budgets, agents: again, tasks: [task('t', { agent: 'a', budget: limited(700) })] });
    for (const id of ['plan/plan', 'sprint/core', 'agent/a', 'task/t'])
      expect(sprint.spent(id), id).toMatchObject({ tokens: 450 });
    expect(toProgress(sprint.sprint, 10).budgets).toContainEqual(
      expect.objectContaining({ budget: 'plan/plan', kind: 'time', spent: 5_000 }),
    );
    expect(sprint.allowance('t')).toEqual({ taskId: 't', attempt: 1, isPaused: false, tokens: 500, cost: null });
    sprint.use('t', 500);
    expect(sprint.item('plan/plan')?.question).toContain('500 tokens of 500 tokens used');
  });

  test('an account without limits goes on over runs', () => {
    const sprint = run({ budget: { tokens: 1_000 }, tasks: [task('t')] }, { tokens: 900 });
    sprint.use('t', 300);
    sprint.amend({ budget: null, budgets: TERMS });
    const amendment = toAmendment(sprint.given, sprint.sprint.definition) as SprintAmendment;
    const carried = JSON.parse(JSON.stringify([amendment, toCarriedState(sprint.sprint)])) as [SprintAmendment, never];
    const next = fromCarriedState(amendDefinition(sprint.given, carried[0]), carried[1]);
    expect(next.state).toEqual(JSON.parse(JSON.stringify(sprint.state)));
    expect(next.state.budgets?.accounts.map(({ spent }) => spent.tokens)).toEqual([300, 300]);
  });

  test('the first one of a sprint counts what agents have used before; an attempt that nobody watches is taken away at its end', () => {
    const sprint = runSprint({ agents: [agent('a', { capacity: 2 })], tasks: [task('t'), task('u')] });
    sprint.start();
    sprint.report('t', { usage: { tokens: 400, cost: 0 } });
    sprint.finish('u');
    const amend = (budget: Budget, timeMs = 1_000) =>
      sprint.happen({ type: 'amended', amendment: { revision: 1, budget, budgets: { ...TERMS, plan: { timeMs } } } });
    amend({ tokens: 1_000 });
    expect(toProgress(sprint.sprint, 10).budgets).toMatchObject([{ kind: 'time' }, { budget: 'sprint/core', spent: 400 }]);
    expect(sprint.state.budgets?.accounts[1]).toMatchObject({ holders: 1, clocks: 1, spent: { attempts: 2 } });
    sprint.passTime(1_000);
    expect(Object.keys(sprint.state.inbox)).toEqual(['budget/plan/plan']);
    expect([sprint.cancelled(), sprint.stateOf('t')]).toEqual([['t#1'], 'blocked']);
    amend({ tokens: 1_000 }, 60_000);
    expect(sprint.stateOf('t')).toBe('blocked');
    sprint.fail('t', { cause: 'stopped' });
    expect(sprint.runOf('t')).toMatchObject({ state: 'running', attempt: 2, failures: 0 });
    expect(sprint.performed().at(-1)?.allowance).toEqual({ tokens: 600, cost: null });
  });

  test('that of a task at work holds for its attempt at once: what it paused goes on, what it no longer allows asks', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(100) })] });
    sprint.use('t', 100);
    expect(sprint.stateOf('t')).toBe('blocked');
    sprint.amend({ tasks: [task('t', { budget: limited(500), title: 'another' })] });
    expect([sprint.stateOf('t'), sprint.item('task/t')]).toEqual(['running', undefined]);
    expect(sprint.allowance('t')).toMatchObject({ isPaused: false, tokens: 500 });
    sprint.use('t', 400);
    sprint.amend({ tasks: [task('t', { budget: limited(400) })] });
    expect([sprint.stateOf('t'), sprint.item('task/t')?.kind]).toEqual(['blocked', 'topUp']);
    sprint.amend({ tasks: [task('t')] });
    expect([sprint.stateOf('t'), sprint.item('task/t'), sprint.state.alerts]).toEqual(['running', undefined, []]);
    sprint.finish('t');
    expect(sprint.events()).not.toContain('amendmentTooLate');
  });

  test('that of the plan: a task that waits for it starts, and asks again when there is less', () => {
    const sprint = run({ tasks: [task('t', { budget: limited(300) }), task('u', { budget: limited(300) })] }, { tokens: 300 });
    expect(sprint.atWork()).toEqual(['t']);
    sprint.amend({ budgets: { ...TERMS, plan: { tokens: 700 } } });
    expect(sprint.atWork()).toEqual(['t', 'u']);
    sprint.use('t', 200);
    sprint.amend({ budgets: { ...TERMS, plan: { tokens: 200 } } });
    expect([sprint.stateOf('t'), sprint.stateOf('u'), sprint.item('plan/plan')?.kind]).toEqual(['blocked', 'blocked', 'topUp']);
  });

  test('that of an agent: it gets work again', () => {
    const small = agent('a', { budget: { tokens: 100 } });
    const sprint = run({ agents: [small], tasks: [task('t'), task('u')] });
    sprint.use('t', 100);
    sprint.finish('t');
    sprint.wake();
    expect(sprint.item('agent/a')).toBeDefined();
    sprint.amend({ agents: [agent('a')] });
    expect([sprint.stateOf('u'), sprint.item('agent/a')]).toEqual(['running', undefined]);
  });

  const three = ['t', 'u', 'v'].map((id) => task(id, { budget: limited(id === 'v' ? 100 : 300) }));
  const busy = [agent('a', { capacity: 3 })];

  test('below what is used and reserved: it is warned of at once, nothing new starts, and nobody uses more than it is', () => {
    const sprint = run(
      { agents: busy, tasks: [...three, task('w', { budget: limited(10), dependsOn: ['v'] })] },
      { tokens: 700 },
    );
    sprint.finish('v');
    expect(sprint.atWork()).toEqual(['t', 'u', 'w']);
    sprint.finish('w');
    sprint.use('t', 100);
    sprint.amend({ budgets: { ...TERMS, plan: { tokens: 400 } }, tasks: [task('x', { budget: limited(50) })] });
    expect(sprint.textsOf('budgetOvercommitted')).toEqual([
      'the budget of the plan is less now than what is used and reserved: 100 tokens of 400 tokens used, 500 tokens reserved for attempts at work, which are paused where it is used up',
    ]);
    expect(sprint.state.alerts.map(({ id }) => id)).toEqual(['budget/plan/plan/tokens']);
    expect(sprint.reserved()).toEqual([200, 100]);
    expect(sprint.stateOf('x')).toBe('waiting');
    sprint.use('u', 250);
    expect(sprint.allowance('t')).toMatchObject({ isPaused: false, tokens: 150 });
    sprint.use('t', 150);
    expect([sprint.stateOf('t'), sprint.stateOf('u'), sprint.item('plan/plan')?.kind]).toEqual(['blocked', 'blocked', 'topUp']);
    expect(sprint.spent('plan/plan')?.tokens).toBe(400);
  });

  test('what is not reserved any more is not warned of: it has been raised again, or what it was for has ended', () => {
    const sprint = run({ agents: busy, tasks: three.slice(0, 2) }, { tokens: 700 });
    const plan = (tokens: number) => sprint.amend({ budgets: { ...TERMS, plan: { tokens } } });
    plan(500);
    expect([sprint.reserved(), sprint.state.alerts.length]).toEqual([[300, 200], 1]);
    plan(600);
    expect([sprint.reserved(), sprint.state.alerts]).toEqual([[300, 300], []]);
    plan(500);
    sprint.finish('t');
    expect(sprint.state.alerts).toHaveLength(1);
    sprint.finish('u');
    expect(sprint.state.alerts).toEqual([]);
  });

  test('that of a task at work gives back what was reserved for it, and others start', () => {
    const sprint = run({ agents: busy, tasks: three, budget: { tokens: 600 } });
    expect(sprint.atWork()).toEqual(['t', 'u']);
    sprint.amend({ tasks: [task('t', { budget: limited(200) })] });
    expect(sprint.atWork()).toEqual(['t', 'u', 'v']);
    expect(sprint.textsOf('budgetOvercommitted')).toEqual([]);
  });

  test('that of a task and of its sprint together, so that they fit, is not warned of; without one of its own it keeps its promise', () => {
    const sprint = run({ agents: busy, tasks: three.slice(0, 2), budget: { tokens: 600 } });
    sprint.amend({ budget: { tokens: 300 }, tasks: ['t', 'u'].map((id) => task(id, { budget: limited(150) })) });
    expect([sprint.reserved(), sprint.state.alerts]).toEqual([[150, 150], []]);
    sprint.amend({ tasks: [task('t')] });
    expect(sprint.reserved()).toEqual([150, 150]);
  });
});
