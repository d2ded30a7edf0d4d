import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger, readReport } from '../support/artifacts.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, until, type Engine } from '../support/engine.ts';
import { openStockCli } from '../support/stock-cli.ts';

const journal = openAgentJournal();
const stock = openStockCli();
let engine: Engine;

beforeAll(async () => {
  const agents = [
    journal.agent('worker', { capacity: 5 }),
    journal.agent('thrifty', { capacity: 2, budget: { tokens: 1_000 } }),
    { id: 'ann', adapter: { kind: 'human' } },
  ];
  engine = await openEngine({ config: { agents, stallAfter: '3s', budget: { within: '8s' } } });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

/** An agent that goes on and on: 100 tokens every 50 ms. */
const looping = { steps: [{ spend: { tokens: 100, everyMs: 50, times: 24 } }] };

/** `T` for a process that is stopped by a signal. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

test('budgets: a looping agent stops at its cap within one report, and one signal lets the same process go on', async () => {
  const execution = await startAuthorized(
    engine,
    onePlan([{ id: 'loop', agent: 'worker', input: looping, budget: { tokens: 1_000, attempts: 1 } }]),
  );
  const item = await untilAsked(execution, ({ itemId }) => itemId === 'budget/task/loop');
  expect(item).toMatchObject({ kind: 'topUp', options: ['topUp', 'stop'], task: 'loop', topUp: ['tokens'] });
  expect(item.question).toContain('tokens of 1000 tokens used');
  const [started] = journal.starts(execution.id);
  const pid = started?.pid as number;
  expect(stateOf(pid)).toBe('T');
  const blocked = await execution.status();
  expect(blocked.agents.find(({ agent_id }) => agent_id === 'worker')).toMatchObject({ status: 'blocked' });
  expect(blocked.alerts.map(({ id, kind }) => [id, kind])).toContainEqual(['budget/task/loop/tokens', 'resource']);
  expect(blocked.usage?.tokens).toBeLessThanOrEqual(1_100);
  const refused = await execution
    .update('respond', { by: 'ann', itemId: item.itemId, decision: 'topUp', data: { tokens: -5 } })
    .then(
      () => null,
      (error: unknown) => (error as { cause?: { type?: string; message?: string } }).cause,
    );
  expect(refused).toMatchObject({ type: 'InvalidMessage', message: expect.stringContaining('tokens: a number above 0') });

  const answer = { by: 'ann', itemId: item.itemId, decision: 'topUp', data: { tokens: 5_000 } };
  if (stock) await stock.signal(execution.id, 'respond', answer);
  else await execution.handle.signal('respond', answer);
  expect((await execution.result()).phase).toBe('completed');
  expect(journal.starts(execution.id)).toHaveLength(1);
  expect(await execution.tasks()).toMatchObject([{ id: 'loop', state: 'done', attempts: 1, usage: { tokens: 2_400 } }]);
  const report = await readReport(engine, execution.id);
  expect(report.tasks).toMatchObject([{ usage: { tokens: 2_400 } }]);
});

test('budgets: nobody answers for a sprint, so it stops and fails with the reason; a warning comes once', async () => {
  const execution = await startAuthorized(
    engine,
    onePlan(
      [
        { id: 'loop', agent: 'worker', input: looping },
        { id: 'after', agent: 'worker', dependsOn: ['loop'] },
      ],
      { budget: { tokens: 1_000 } },
    ),
  );
  const item = await untilAsked(execution, ({ itemId }) => itemId === 'budget/sprint/only');
  expect(item).toMatchObject({ task: null, otherwise: 'the sprint stops and fails' });
  const asked = await execution.status();
  expect(asked.budgets?.slice(0, 1)).toMatchObject([{ budget: 'sprint/only', kind: 'tokens', limit: 1_000, isUsedUp: true }]);
  expect(asked.budgets?.[0]?.spent).toBeLessThanOrEqual(1_100);
  expect(stateOf(journal.starts(execution.id)[0]?.pid as number)).toBe('T');
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  const report = await readReport(engine, execution.id);
  expect(report.sprints).toMatchObject([{ id: 'only', phase: 'failed' }]);
  expect(report.decisions.filter(({ event }) => event === 'budgetWarning')).toHaveLength(1);
  expect(report.decisions.map(({ text }) => text).join('\n')).toContain('nobody added to it by');
});

test('budgets: an agent and the whole plan have theirs; what one sprint uses the next one knows', async () => {
  const steps = { steps: [{ spend: { tokens: 100, cost: 1, everyMs: 20, times: 6 } }] };
  const execution = await startAuthorized(engine, {
    pact: 1,
    project: { name: 'Test' },
    budget: { cost: 11, ask: false },
    sprints: [
      { id: 'first', tasks: [{ id: 'a', agent: 'thrifty', input: steps }] },
      { id: 'second', tasks: [{ id: 'b', agent: 'thrifty', input: steps }] },
    ],
  });
  const item = await untilAsked(execution, ({ itemId }) => itemId === 'budget/agent/thrifty');
  expect(item).toMatchObject({ sprint: 'second', topUp: ['tokens'] });
  await execution.update('respond', { by: 'ann', itemId: item.itemId, decision: 'topUp', data: { tokens: 1_000 } });
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  const report = await readReport(engine, execution.id);
  expect(report.topUps).toMatchObject([{ data: { by: 'ann', budget: 'agent/thrifty', tokens: 1_000 } }]);
  expect(report.usage?.cost).toBeGreaterThanOrEqual(11);
  expect(report.usage?.cost).toBeLessThanOrEqual(12);
  expect(report.budgets).toContainEqual(expect.objectContaining({ budget: 'agent/thrifty', limit: 2_000, toppedUp: 1_000 }));
  expect(report.sprints).toMatchObject([{ phase: 'completed' }, { phase: 'failed' }]);
});

test.concurrent('budgets: an amendment that gives the plan more lets the same process go on once it is authorized; less than was used is refused', async () => {
  const plan = { ...onePlan([{ id: 'loop', agent: 'worker', input: looping }]), budget: { tokens: 1_000 } };
  const execution = await startAuthorized(engine, plan);
  const item = await untilAsked(execution, ({ itemId }) => itemId === 'budget/plan/plan');
  expect(stateOf(journal.starts(execution.id)[0]?.pid as number)).toBe('T');
  const amend = (tokens: number) => ({ by: 'ann', changes: [{ changePlan: { budget: { tokens } } }] });
  await expect(execution.update('amendPlan', amend(900))).rejects.toMatchObject({
    cause: { type: 'InvalidPlan', message: expect.stringContaining('less than what has been used already') as string },
  });
  expect(await execution.update('amendPlan', amend(5_000))).toMatchObject({ revision: 1, authorization: { voided: true } });
  expect((await execution.status()).inbox.map(({ itemId }) => itemId)).toEqual(['authorization', item.itemId]);
  await execution.authorize('dora');
  expect((await execution.result()).phase).toBe('completed');
  expect(journal.starts(execution.id)).toHaveLength(1);
  const report = await readReport(engine, execution.id);
  expect(report.budgets?.slice(0, 1)).toMatchObject([
    { budget: 'plan/plan', spent: 2_400, limit: 5_000, toppedUp: 0, isUsedUp: false },
  ]);
});

test.concurrent('budgets: one amended to less than is used and reserved is warned of at once, and overspent by no more than a report', async () => {
  const gate = join(engine.baseDir, 'gate');
  const spend = (times: number) => ({ spend: { tokens: 100, everyMs: 50, times } });
  const steps = [spend(10), { status: { status: 'blocked', blocking_issues: ['no key'] } }, { until: gate }, spend(14)];
  const plan = onePlan([
    { id: 'loop', agent: 'worker', input: { steps } },
    { id: 'idle', agent: 'worker', input: { steps: [{ hang: true }] }, budget: { tokens: 600, attempts: 1 } },
  ]);
  const execution = await startAuthorized(engine, { ...plan, budget: { tokens: 3_000 } });
  await until(
    () => execution.status(),
    ({ usage }) => usage?.tokens === 1_000,
  );
  const changes = [{ changePlan: { budget: { tokens: 1_500 } } }];
  expect(await execution.update('amendPlan', { by: 'ann', changes })).toMatchObject({ accepted: true, revision: 1 });
  await until(
    () => execution.status(),
    ({ alerts }) => alerts.some(({ text }) => text.includes('less now than what is used and reserved')),
  );
  writeFileSync(gate, '');
  await untilAsked(execution, ({ itemId }) => itemId === 'budget/plan/plan');
  const { usage, budgets, tasks } = await execution.status();
  expect(usage?.tokens).toBeGreaterThanOrEqual(1_500);
  expect(usage?.tokens).toBeLessThanOrEqual(1_600);
  expect(budgets?.[0]).toMatchObject({ budget: 'plan/plan', limit: 1_500, isUsedUp: true });
  expect(tasks).toMatchObject({ blocked: 2 });
  await execution.update('respond', { by: 'ann', itemId: 'budget/plan/plan', decision: 'stop' });
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  const warned = (await readLedger(engine, execution.id)).filter(({ event }) => event === 'budgetOvercommitted');
  expect(warned).toMatchObject([{ data: { budget: 'plan/plan', kind: 'tokens', limit: 1_500, spent: 1_000, reserved: 600 } }]);
});
