import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { EscalationView } from '../../src/domain/escalation/review.ts';
import type { InboxItem } from '../../src/domain/views.ts';
import { artifactPath, readArtifact, readLedger } from '../support/artifacts.ts';
import { refusalOf, startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const DECIDER = join(tmpdir(), `pact-decider-${process.pid}.mjs`);
let engine: Engine;

beforeAll(async () => {
  const decide = `process.stdin.once('data', (text) => {
    const { question } = JSON.parse(String(text).split('\\n')[0]);
    console.log(JSON.stringify({ pact: 'answer', decision: question.options[0], note: question.kind + ' of ' + question.data.task }));
  });`;
  await writeFile(DECIDER, decide);
  await chmod(DECIDER, 0o755);
  const told = `${process.execPath}`;
  engine = await openEngine({
    config: {
      agents: [
        scriptedAgent('worker', { capacity: 5 }),
        scriptedAgent('spare'),
        { id: 'decider', adapter: { kind: 'command', run: [told, DECIDER] }, answers: ['escalation'] },
        { id: 'board', adapter: { kind: 'human', people: ['bo', 'cy'] } },
      ],
      channels: [{ id: 'ops', kind: 'command', run: ['sh', '-c', 'cat >> told.jsonl; echo >> told.jsonl'] }],
    },
  });
});
afterAll(async () => {
  await engine.close();
});

const failing = { id: 'shaky', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ failUntilAttempt: 2 }] } };
const after = { id: 'after', agent: 'worker', dependsOn: ['shaky'] };

const authorized = (escalation: unknown): Promise<Execution> =>
  startAuthorized(engine, { ...onePlan([failing, after]), escalation });

const untilLevel = (execution: Execution, level: number): Promise<InboxItem> =>
  untilAsked(execution, ({ itemId }) => itemId === `shaky/escalation/1/${level}`);

const viewOf = (execution: Execution): Promise<EscalationView> =>
  engine.client.workflow.getHandle(`${execution.id}/sprint/only/escalation/1`).query<EscalationView>('status');

test.concurrent('escalation: a silent level, a second that acknowledges and decides, the task goes on, and a review is written', async () => {
  const execution = await authorized({
    levels: [
      { to: ['ann'], within: '1s' },
      { to: ['board'], via: ['ops'], within: '1h' },
    ],
    otherwise: 'reject',
  });
  const item = await untilLevel(execution, 2);
  expect(item).toMatchObject({ people: ['bo', 'cy'], task: 'shaky', otherwise: 'the task fails' });
  expect(item.options).toEqual('retry reassign extend change skip reject rollback stop acknowledge'.split(' '));
  expect(item.takes).toMatchObject({ reassign: ['spare', 'decider', 'board'], extend: ['attempts'] });
  const { alerts, tasks } = await execution.status();
  expect(alerts.map(({ id }) => id)).toContain('escalation/1');
  expect(tasks).toMatchObject({ waiting: 2, failed: 0 });
  await until(() => existsSync(join(engine.baseDir, 'told.jsonl')), Boolean);

  await execution.update('respond', { by: 'bo', itemId: item.itemId, decision: 'acknowledge' });
  await until(
    () => viewOf(execution),
    ({ acknowledged }) => acknowledged?.by === 'bo',
  );
  const again = await untilLevel(execution, 2);
  expect(Date.parse(again.deadline)).toBeGreaterThanOrEqual(Date.parse(item.deadline));
  await execution.update('respond', { by: 'cy', itemId: again.itemId, decision: 'retry', note: 'the disk was full' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.status()).alerts).toEqual([]);

  const { outcome, timeline } = await viewOf(execution);
  expect(outcome).toMatchObject({ decision: 'retry', by: 'cy', how: 'answered', level: 2 });
  expect(timeline.map(({ text }) => text).join('\n')).toContain('nobody of level 1 has decided');
  const review = await readArtifact(engine, execution.id, 'reviews/only-escalation-1.md');
  expect(review).toContain('cy of level 2 decided "retry": the disk was full.');
  expect(review).toContain('Level 2 had to decide');
  const ledger = await readLedger(engine, execution.id);
  expect(ledger.map(({ event }) => event)).toEqual(expect.arrayContaining(['escalationStarted', 'escalationEnded', 'answered']));
});

test.concurrent('escalation: a decision that changes its task is a revision of the plan; past the thresholds the task waits for its authorization', async () => {
  const execution = await authorized({ levels: [{ to: ['cy'], within: '1h' }], otherwise: 'reject' });
  const { planHash } = await execution.authorization();
  const change = async (level: string, data: unknown): Promise<void> => {
    const { itemId } = await untilAsked(execution, (item) => item.itemId === `shaky/escalation/${level}`);
    await execution.update('respond', { by: 'cy', itemId, decision: 'change', note: 'it is larger', data });
  };
  const revisions = async (count: number) =>
    (
      await until(
        () => execution.authorization(),
        (view) => view.revisions?.length === count,
      )
    ).revisions;
  await change('1/1', { estimate: '9h' });
  expect(await revisions(1)).toMatchObject([
    { by: 'cy', reason: 'escalation 1: "shaky" failed after 1 of 1 attempts: it is larger', state: 'awaitingAuthorization' },
  ]);
  const inbox = (await execution.status()).inbox.map(({ itemId }) => itemId);
  expect(inbox).toEqual(['authorization']);
  await execution.update('authorize', { by: 'dora', decision: 'reject', note: 'not that much' });
  await change('2/1', { estimate: '11m', input: { steps: [{ failUntilAttempt: 1 }] } });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const all = await revisions(2);
  expect(all).toMatchObject([{ state: 'rejected' }, { by: 'cy', state: 'inForce', previousHash: planHash }]);
  expect(all?.[1]?.differences[0]).toContain('task shaky: estimateMs');
});

test.concurrent('escalation: a task is reassigned, extended, changed, topped up, and goes on so', async () => {
  const budget = { attempts: 1 };
  const of = (id: string, input: unknown, more: object = {}) => ({ id, agent: 'worker', budget, input, ...more });
  const tasks = [
    of('moved', { steps: [{ exit: 1, agent: 'worker' }] }),
    of('slow', { steps: [{ waitMs: 1_500 }] }, { budget: { attempts: 1, time: '700ms' } }),
    of('wrong', { steps: [{ exit: 1 }] }, { deliverables: [{ id: 'out', path: 'out.txt' }] }),
    of('thirsty', { steps: [{ spend: { tokens: 60, times: 40 } }] }, { budget: { attempts: 2, tokens: 100, ask: false } }),
  ];
  const escalation = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' };
  const execution = await startAuthorized(engine, { ...onePlan(tasks), escalation });
  const asked = (task: string): Promise<InboxItem> =>
    untilAsked(execution, (item) => item.task === task && item.kind === 'escalation');
  const answer = async (task: string, decision: string, data: unknown): Promise<void> => {
    const { itemId } = await asked(task);
    await execution.update('respond', { by: 'ann', itemId, decision, data });
  };
  const { itemId } = await asked('moved');
  const badly = { by: 'ann', itemId, decision: 'reassign', data: { agent: 'nobody' } };
  expect(await refusalOf(execution, 'respond', badly)).toBe('InvalidMessage');
  await answer('moved', 'reassign', { agent: 'spare' });
  await answer('slow', 'extend', { time: '1m' });
  await answer('wrong', 'change', { input: { steps: [{ write: 'out.txt' }] } });
  expect((await asked('thirsty')).takes).toMatchObject({ topUp: ['tokens'] });
  await answer('thirsty', 'topUp', { tokens: 1_000_000 });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const views = await execution.tasks();
  expect(views.map(({ id, agent_id, attempts, state }) => [id, agent_id, attempts, state])).toEqual([
    ['moved', 'spare', 2, 'done'],
    ['slow', 'worker', 2, 'done'],
    ['wrong', 'worker', 2, 'done'],
    ['thirsty', 'worker', 2, 'done'],
  ]);
  const ledger = await readLedger(engine, execution.id);
  expect(ledger.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['taskReassigned', 'taskChanged', 'budgetToppedUp', 'escalationEnded']),
  );
});

test.concurrent('escalation: nobody answers on any level, so the declared end comes', async () => {
  const execution = await authorized({
    levels: [
      { to: ['ann'], within: '300ms' },
      { to: ['bo'], within: '300ms', severities: ['critical'] },
      { to: ['cy'], within: '300ms' },
    ],
    otherwise: 'skip',
  });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const { skipped } = (await execution.status()).tasks;
  expect(skipped).toBe(2);
  expect((await viewOf(execution)).outcome).toMatchObject({ decision: 'skip', by: null, how: 'silence', level: 3 });
  expect(await readArtifact(engine, execution.id, 'reviews/only-escalation-1.md')).toContain('Nobody answered');
});

test.concurrent('escalation: an agent that answers escalations decides as a process of its own', async () => {
  const execution = await authorized({ levels: [{ to: ['decider'], within: '1m' }], otherwise: 'stop' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await viewOf(execution)).outcome).toMatchObject({ by: 'decider', decision: 'retry', note: 'escalation of shaky' });
});

test.concurrent('escalation: one that is terminated by hand is started anew', async () => {
  const execution = await authorized({ levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' });
  await untilLevel(execution, 1);
  await engine.client.workflow.getHandle(`${execution.id}/sprint/only/escalation/1`).terminate('by hand');
  await until(
    () => execution.status(),
    ({ inbox }) => inbox.some(({ itemId }) => itemId === 'shaky/escalation/2/1'),
  );
  await execution.update('respond', { by: 'ann', itemId: 'shaky/escalation/2/1', decision: 'reject' });
  await expect(execution.result()).rejects.toThrow(/failed/);
  expect((await execution.status()).phase).toBe('failed');
});

test.concurrent('escalation: nobody but its owner can start one, and what others say in its name counts for nothing', async () => {
  const { taskQueue, client } = engine;
  const alone = await client.workflow.start('escalation', { taskQueue, workflowId: `${taskQueue}-alone`, args: [{}] });
  await expect(alone.result()).rejects.toThrow(/failed/);
  const execution = await authorized({ levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' });
  const item = await untilLevel(execution, 1);
  const outcome = {
    decision: 'skip',
    by: 'mallory',
    how: 'answered',
    note: null,
    data: null,
    level: 1,
    startedAt: 0,
    endedAt: 1,
  };
  await execution.sprint('only').signal('procedureWord', { key: 'guessed', kind: 'escalation', n: 1, said: [], outcome });
  const child = client.workflow.getHandle(`${execution.id}/sprint/only/escalation/1`);
  const forged = { type: 'responded', by: 'mallory', decision: 'skip', note: null, data: null };
  await child.signal('procedureOrders', { key: 'guessed', news: [forged], isOrphaned: false });
  await execution.update('respond', { by: 'ann', itemId: item.itemId, decision: 'retry' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(existsSync(artifactPath(engine, execution.id, 'reviews/only-escalation-1.json'))).toBe(true);
  expect((await readLedger(engine, execution.id)).map(({ text }) => text).join('\n')).toContain('it is from no procedure');
});

test.concurrent('escalation: kill -9 of the worker in the middle changes nothing, and asks nobody twice', async () => {
  const agents = [scriptedAgent('worker')];
  const crashing = await openEngine({ worker: null, config: { agents } });
  const address = inject('temporalAddress');
  const start = () => startWorkerProcess({ configPath: crashing.configPath, address, namespace: inject('temporalNamespace') });
  let worker = await start();
  const killAndStart = async (): Promise<void> => {
    await worker.kill();
    worker = await start();
  };
  try {
    const levels = ['ann', 'bo'].map((name, index) => ({ to: [name], within: index === 0 ? '5s' : '1h' }));
    const execution = await crashing.start({ ...onePlan([failing]), escalation: { levels, otherwise: 'stop' } });
    await execution.authorize('dora');
    await until(() => viewOf(execution).catch(() => null), Boolean);
    await killAndStart();
    const { itemId } = await untilLevel(execution, 2);
    await execution.sprint('only').signal('respond', { by: 'bo', itemId, decision: 'retry' });
    await killAndStart();
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    const review = await readArtifact(crashing, execution.id, 'reviews/only-escalation-1.md');
    expect(review.match(/level \d is asked/g)).toEqual(['level 1 is asked', 'level 2 is asked']);
    const ledger = await readLedger(crashing, execution.id);
    expect(ledger.filter(({ event }) => event === 'escalationEnded')).toHaveLength(1);
  } finally {
    await worker.kill();
    await crashing.close();
  }
});
