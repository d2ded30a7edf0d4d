import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentJournal, type JournalLine } from '../support/agent-journal.ts';
import { readArtifact, readLedger, readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';

const journal = openAgentJournal();
const FAR = onePlan([{ id: 'a', agent: 'far' }], { agents: ['far'] });
let engine: Engine;
/** Started first, because a queue without a worker is given half a minute to answer. */
let withoutWorker: Execution;

beforeAll(async () => {
  const agents = [journal.agent('worker', { capacity: 6 }), journal.agent('far', { queue: `far-${process.pid}-${Date.now()}` })];
  const hasText = ['node', '-e', "console.log('looked'); process.exit(require('fs').existsSync('good.txt') ? 0 : 9)"];
  engine = await openEngine({
    config: {
      agents,
      checks: [
        { id: 'has-text', run: hasText },
        { id: 'fine', run: ['node', '-e', '0'] },
      ],
    },
    worker: { agentQueues: [] },
  });
  withoutWorker = await engine.start(FAR);
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

const near = (tasks: readonly Record<string, unknown>[], more: Record<string, unknown> = {}) =>
  onePlan(tasks, { agents: ['worker'], ...more });

async function carryOut(plan: unknown): Promise<Execution> {
  const execution = await engine.start(plan);
  await execution.authorize();
  await execution.handle.result().catch(() => undefined);
  return execution;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const requestOf = (execution: Execution, task: string): JournalLine['request'] =>
  journal.starts(execution.id).find(({ request }) => request.task.id === task)?.request as JournalLine['request'];

test.concurrent('plan: deliverables are kept with their hashes and given to what depends on them, in later sprints too', async () => {
  const text = 'first line\nsecond line\n';
  const write = {
    id: 'write',
    input: { steps: [{ write: 'out/a.txt', text }] },
    deliverables: [{ id: 'text', path: 'out/a.txt' }],
  };
  const sprints = [
    { id: 'one', agents: ['worker'], tasks: [write, { id: 'read', dependsOn: ['write'] }] },
    { id: 'two', agents: ['worker'], tasks: [{ id: 'late', dependsOn: ['write'] }, { id: 'apart' }] },
  ];
  const execution = await carryOut({ pact: 1, project: { name: 'Test' }, sprints });
  expect(await readArtifact(engine, execution.id, 'deliverables/write/out/a.txt')).toBe(text);
  for (const task of ['read', 'late'])
    expect(requestOf(execution, task).inputs).toMatchObject([{ task: 'write', deliverable: 'text', sha256: sha256(text) }]);
  expect(requestOf(execution, 'apart').inputs).toEqual([]);
  const { tasks } = await readReport(engine, execution.id);
  expect(tasks[0]?.deliverables).toMatchObject([{ id: 'text', path: 'out/a.txt', sha256: sha256(text), size: text.length }]);
});

test.concurrent('plan: a declared deliverable that is missing or lies outside fails the attempt, whatever the agent says', async () => {
  const missing = {
    id: 'missing',
    budget: { attempts: 1 },
    deliverables: [{ id: 'd', path: 'folder/d.txt' }],
    input: { steps: [{ write: 'folder', text: 'a file' }, { exit: 0 }] },
  };
  const execution = await carryOut(near([missing]));
  expect(await execution.tasks()).toMatchObject([{ state: 'failed', reason: expect.stringContaining('folder/d.txt') }]);
});

test.concurrent('plan: the agent is told title, description, input, estimate, priority, deadline and deliverables of its task', async () => {
  const task = {
    id: 'all',
    title: 'All of it',
    description: 'With care.',
    estimate: '40m',
    priority: 'high',
    budget: { time: '1h' },
    input: { spec: 'a.md', n: 7 },
    deliverables: [{ id: 'd', path: 'd.txt' }],
  };
  const execution = await carryOut(near([task]));
  const request = requestOf(execution, 'all');
  expect(request.task).toMatchObject({
    id: 'all',
    title: 'All of it',
    description: 'With care.',
    estimateMs: 2_400_000,
    priority: 'high',
    input: { spec: 'a.md', n: 7 },
    deliverables: [{ id: 'd', path: 'd.txt' }],
  });
  expect(Date.parse(request.deadline as string) - (journal.starts(execution.id)[0]?.at as number)).toBeLessThanOrEqual(3_600_000);
  expect(request).toMatchObject({
    version: 1,
    sprint: 'only',
    agent_id: 'worker',
    attempt: 1,
    idempotencyKey: `${execution.id}/all/1`,
  });
  expect(await readReport(engine, execution.id)).toMatchObject({
    totals: { plannedMs: 2_400_000 },
    tasks: [{ title: 'All of it', plannedMs: 2_400_000 }],
  });
});

test.concurrent('plan: checks of the engine decide, and what they said is kept', async () => {
  const attempt = (good: boolean) => ({
    budget: { attempts: 2 },
    checks: ['fine', 'has-text'],
    input: { steps: [{ write: good ? 'good.txt' : 'bad.txt', text: '' }] },
  });
  const execution = await carryOut(
    near([
      { id: 'pass', ...attempt(true) },
      { id: 'fail', ...attempt(false) },
    ]),
  );
  expect(await execution.tasks()).toMatchObject([
    { id: 'pass', state: 'done', attempts: 1 },
    { id: 'fail', state: 'failed', attempts: 2, reason: expect.stringContaining('has-text') },
  ]);
  const ledger = await readLedger(engine, execution.id);
  const passed = ledger.find(({ event }) => event === 'taskFinished');
  expect(passed?.data.checks).toMatchObject([
    { check: 'fine', ok: true, exitCode: 0 },
    { check: 'has-text', ok: true, exitCode: 0 },
  ]);
  const failed = ledger.filter(({ event }) => event === 'attemptFailed');
  expect(failed).toHaveLength(2);
  expect(failed[0]?.data).toMatchObject({
    type: 'CheckFailed',
    cause: 'check',
    checks: [
      { check: 'fine', ok: true },
      { check: 'has-text', ok: false, exitCode: 9, tail: expect.stringContaining('looked') },
    ],
  });
  expect(
    journal
      .starts(execution.id)
      .filter(({ request }) => request.task.id === 'fail')[1]
      ?.request.feedback.join(),
  ).toContain('has-text');
});

test.concurrent('plan: a budget bounds the attempts and their time, and an agent that neither says nor does anything is stuck', async () => {
  const tasks = [
    { id: 'twice', budget: { attempts: 2 }, input: { steps: [{ exit: 1 }] } },
    { id: 'late', budget: { attempts: 1, time: '1s' }, input: { steps: [{ waitMs: 60_000 }] } },
    { id: 'stuck', stallAfter: '1s', budget: { attempts: 1 }, input: { steps: [{ hang: true }] } },
  ];
  const execution = await carryOut(near(tasks));
  const [twice, late, stuck] = await execution.tasks();
  expect(twice).toMatchObject({ state: 'failed', attempts: 2 });
  expect(journal.starts(execution.id).filter(({ request }) => request.task.id === 'twice')).toHaveLength(2);
  expect(late).toMatchObject({ state: 'failed', attempts: 1 });
  expect(stuck).toMatchObject({ state: 'failed', attempts: 1 });
  const causes = (await readLedger(engine, execution.id))
    .filter(({ event }) => event === 'attemptFailed')
    .map(({ data }) => [data.task, data.cause]);
  expect(Object.fromEntries(causes)).toEqual({ twice: 'agent', late: 'timeBudget', stuck: 'stalled' });
});

test.concurrent('plan: project, timeline and objectives are what is reviewed and reported', async ({ expect: { soft } }) => {
  const about = { name: 'Parser 2.0', description: 'A faster parser.', timeline: { start: '2026-12-01', end: '2026-12-05' } };
  const execution = await engine.start({
    ...near([{ id: 'a' }]),
    project: about,
    objectives: [{ id: 'fast', text: 'parse 1 GB in 10 s' }],
  });
  const { review } = await until(
    () => execution.authorization(),
    ({ planHash }) => planHash !== null,
  );
  for (const words of ['Parser 2.0', 'A faster parser.', 'parse 1 GB in 10 s', '2026-12-01', '2026-12-05'])
    soft(review, words).toContain(words);
  await execution.authorize();
  await execution.result();
  expect((await execution.status()).project).toBe('Parser 2.0');
  const [report, text] = [await readReport(engine, execution.id), await readArtifact(engine, execution.id, 'report.md')];
  expect(report).toMatchObject({ project: 'Parser 2.0', objectives: [{ id: 'fast', text: 'parse 1 GB in 10 s' }] });
  expect(report.timeline).toEqual({ start: '2026-12-01', end: '2026-12-05' });
  for (const words of ['Parser 2.0', 'parse 1 GB in 10 s', '2026-12-05']) soft(text, words).toContain(words);
});

test.concurrent('plan: a sprint past its planned duration raises an alert and goes on', async () => {
  const execution = await engine.start(near([{ id: 'a', input: { steps: [{ hang: true }] } }], { duration: '1s' }));
  await execution.authorize();
  const { alerts } = await until(
    () => execution.status(),
    (status) => status.alerts.length > 0,
  );
  expect(alerts).toMatchObject([{ kind: 'timeline', text: expect.stringContaining('only') }]);
  expect((await execution.status()).tasks.running).toBe(1);
  await execution.handle.cancel();
  await execution.result().catch(() => undefined);
});

test.concurrent('plan: agents on another queue are tested and run by the workers of that queue, and without one they are not ready', async () => {
  const { readiness } = await until(
    () => withoutWorker.authorization(),
    ({ planHash }) => planHash !== null,
    60_000,
  );
  expect(readiness.filter(({ ok }) => !ok)).toMatchObject([
    { name: expect.stringContaining('queue far-'), detail: expect.stringContaining('far') },
  ]);
  await expect(withoutWorker.authorize()).rejects.toMatchObject({ cause: { type: 'NotAllowedInPhase' } });
  await withoutWorker.handle.cancel();
  await withoutWorker.result().catch(() => undefined);

  await engine.startWorker();
  const execution = await carryOut(FAR);
  expect(await execution.tasks()).toMatchObject([{ state: 'done', agent_id: 'far' }]);
}, 120_000);
