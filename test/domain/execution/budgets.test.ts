import { expect, test } from 'vitest';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toReport } from '../../../src/domain/execution/report.ts';
import { toChildDefinition } from '../../../src/domain/execution/sprints.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import type { InboxItem } from '../../../src/domain/views.ts';
import { agent, budgetShare, news, progress, runExecution } from './execution-run.ts';

const item: InboxItem = {
  itemId: 'budget/plan/plan',
  kind: 'topUp',
  title: 'the budget of the plan is used up',
  question: 'More?',
  options: ['topUp', 'stop'],
  people: 'anyone',
  since: '2026-12-01T09:00:00.000Z',
  deadline: '2026-12-02T09:00:00.000Z',
  otherwise: 'the plan stops and fails',
  sprint: 'one',
  task: null,
  topUp: ['tokens'],
};

/** Two sprints side by side that share budgets. */
function start() {
  const run = runExecution({
    sprints: { one: null, two: null, last: null },
    budget: { tokens: 1_000 },
    order: [
      ['one', 'last'],
      ['two', 'last'],
    ],
    agents: [agent('builder', { capacity: 4, budget: { tokens: 1_000 } })],
  });
  run.authorize();
  const tell = (sprintId: string, given: object, changed = [] as ReturnType<typeof news>[]) =>
    run.happen({ type: 'sprintProgressed', progress: progress(sprintId, given), changed, decisions: [] });
  return { ...run, tell };
}

test('sprints at work hear what the others have used of what they share, once it has changed', () => {
  const { tell, state } = start();
  const budgets = [budgetShare('plan/plan', 300), budgetShare('agent/builder', 300), budgetShare('sprint/one', 300)];
  const told = tell('one', { budgets });
  const spent = { tokens: 300, cost: 0, time: 0, attempts: 0 };
  const toppedUp = { tokens: 0, cost: 0, time: 0, attempts: 0 };
  const accounts = { 'plan/plan': { spent, toppedUp }, 'agent/builder': { spent, toppedUp } };
  expect(told).toContainEqual({ type: 'forward', name: 'spentElsewhere', payload: { accounts }, sprintIds: ['two'] });
  expect(tell('one', { budgets })).not.toContainEqual(expect.objectContaining({ name: 'spentElsewhere' }));
  expect(toChildDefinition(state, 'last', 'owner').budgets?.elsewhere).toEqual(accounts);
});

test('their shares add up to the whole, and the report says who used what and who added what', () => {
  const { tell, state, happen } = start();
  const usage = [
    { agent_id: 'builder', tokens: 300, cost: 1.5 },
    { agent_id: 'aide', tokens: 0, cost: 0 },
  ];
  tell('one', { budgets: [budgetShare('plan/plan', 300, { toppedUp: 50 })], usage }, [
    news('one-task', { usage: { tokens: 300, cost: 1.5 } }),
  ]);
  tell('two', { budgets: [budgetShare('plan/plan', 100, { toppedUp: 5, isUsedUp: true })], usage });
  const whole = { budget: 'plan/plan', kind: 'tokens', spent: 400, toppedUp: 55, limit: 1_055, isUsedUp: true };
  expect(toStatusView(state)).toMatchObject({ budgets: [whole], usage: { tokens: 600, cost: 3 } });
  const decision = { at: '2026-12-01T09:00:00.000Z', event: 'budgetToppedUp', text: 'ann added 50 tokens', data: { by: 'ann' } };
  happen({ type: 'sprintProgressed', progress: progress('one', { usage, topUps: [decision] }), changed: [], decisions: [] });
  const report = toReport(state);
  expect(report).toMatchObject({
    topUps: [decision],
    usage: { tokens: 600, agents: [{ agent_id: 'aide' }, { agent_id: 'builder', tokens: 600 }] },
  });
  const text = toReportMarkdown(report);
  for (const line of ['in all: 600 tokens, cost 3', 'sprint one: 300', 'agent builder: 600', 'one-task', 'ann added 50 tokens'])
    expect(text.replaceAll('\\', '')).toContain(line);
  expect(text).toContain('of 1005 tokens');
});

test('several sprints that have used up the same budget ask once; more goes to one of them, an end to all', () => {
  const { tell, state, send, effects } = start();
  tell('one', { inbox: [item] });
  tell('two', { inbox: [{ ...item, sprint: 'two' }] });
  expect(toStatusView(state).inbox.filter(({ kind }) => kind === 'topUp')).toHaveLength(1);
  const answer = { by: 'ann', itemId: item.itemId };
  expect(send('respond', { ...answer, decision: 'topUp', data: { cost: 1 } })).toContain('tokens: a number above 0');
  send('respond', { ...answer, decision: 'topUp', data: { tokens: 10 } });
  send('respond', { ...answer, decision: 'stop' });
  const forwarded = effects().flatMap((effect) =>
    effect.type === 'forward' && effect.name === 'respond' ? [effect.sprintIds] : [],
  );
  expect(forwarded).toHaveLength(2);
  expect(forwarded[1]).toEqual(['one', 'two']);
  expect(forwarded[0]).toHaveLength(1);
});
