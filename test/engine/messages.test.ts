import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { onePlan, until, type Engine } from '../support/engine.ts';
import { expectStopAndCancel, openMessageEngine, refusalOf, startHanging } from '../support/hanging-execution.ts';
import { ODD_TEXTS } from '../support/random-messages.ts';

const journal = openAgentJournal();
let engine: Engine;

beforeAll(async () => {
  engine = await openMessageEngine(journal);
});
afterAll(async () => {
  await engine.close(); // fails for any workflow task that has failed
  journal.remove();
});

test('messages: odd texts in every field are refused or shown, and never wedge what they reach', async () => {
  const execution = await startHanging(engine, journal);
  const { planHash } = await execution.authorization();
  for (const text of [...ODD_TEXTS, 'x'.repeat(299) + '🧨'.repeat(400)]) {
    const messages: readonly (readonly [string, unknown])[] = [
      ['authorize', { by: text, decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true }],
      ['respond', { by: text, itemId: text, decision: text, note: text }],
      ['agentAvailability', { agent_id: text, available: false, reason: text }],
      ['setPriority', { by: text, taskId: text, priority: 'low', reason: text }],
      ['setPriority', { by: 'ann', taskId: 'b', priority: 'low', reason: text }],
      ['pause', { by: text, reason: text }],
      [
        'agentStatus',
        {
          reports: [
            { agent_id: text, status: 'working' },
            { agent_id: 'worker', status: 'blocked', current_task: text, blocking_issues: [text], task_id: 'a', attempt: 1 },
          ],
        },
      ],
      ['resume', { by: 'ann', reason: text }],
    ];
    for (const target of [execution.handle, execution.sprint('only')]) {
      await Promise.all(messages.map(([name, payload]) => target.signal(name, payload)));
      await target.signal('resume', { by: 'ann' });
    }
    await refusalOf(execution, 'respond', { by: text, itemId: text, decision: text });
  }
  const status = await until(
    () => execution.status(),
    ({ phase }) => phase === 'running',
  );
  expect(status.tasks.total).toBe(2);
  await expectStopAndCancel(execution, { by: '\ud800', reason: '\ud800'.repeat(10) });
}, 120_000);

/** JSON that is well-formed as text and names half a surrogate pair. */
const SURROGATE_LINE = String.raw`{"pact":"error","type":"Odd","message":"bad \ud800 text","retryable":true}`;

test('messages: an agent that fails with half a surrogate pair in its words fails its attempt, not the worker', async () => {
  const execution = await engine.start(
    onePlan([{ id: 'a', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ log: SURROGATE_LINE }, { exit: 1 }] } }]),
  );
  await execution.authorize();
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  expect((await execution.tasks())[0]).toMatchObject({ state: 'failed', reason: expect.stringContaining('text') });
});

test('messages: times and numbers at the edge of what JSON holds do not wedge a sprint', async () => {
  const execution = await startHanging(engine, journal);
  const sprint = execution.sprint('only');
  const report = { agent_id: 'worker', status: 'working', task_id: 'a', attempt: 1 };
  const times = ['+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '9999-12-31T23:59:59Z', 'soon', '', '0'];
  for (const time of times) {
    await sprint.signal('agentStatus', { reports: [{ ...report, estimated_completion: time, next_coordination_point: time }] });
    await execution.handle.signal('agentAvailability', { agent_id: 'worker', available: false, until: time });
    await sprint.signal('agentAvailability', { agent_id: 'worker', available: false, until: time });
  }
  for (const progress of [-1, 101, 1e308, '50', null])
    await sprint.signal('agentStatus', { reports: [{ ...report, progress_percentage: progress }] });
  for (const capacity of [-1, 0, 0.5, 1e9, '3'])
    await sprint.signal('agentAvailability', { agent_id: 'worker', available: true, capacity });
  const views = await until(
    () => sprint.query<{ phase: string }>('status'),
    ({ phase }) => phase === 'running',
  );
  expect(views).toMatchObject({ tasks: { running: 1 } });
  for (const page of [{ offset: 1e308 }, { limit: -1 }, { offset: -5, limit: 'x' }, null, [], 'x']) {
    await expect(execution.handle.query('tasks', page)).resolves.toMatchObject({ total: 2 });
    await expect(sprint.query('agents', page)).resolves.toMatchObject({ total: 2 });
  }
  await expectStopAndCancel(execution);
}, 90_000);

test('messages: forged reports of a sprint, of any shape, do not wedge the execution', async () => {
  const execution = await startHanging(engine, journal);
  const truth = await execution.status();
  const counts = truth.tasks;
  const coordination = truth.coordination;
  const good = {
    sprintId: 'only',
    phase: 'running',
    reason: null,
    progressPercentage: 1,
    forecastCompletion: null,
    tasks: counts,
    agents: [],
    alerts: [],
    inbox: [],
    coordination,
  };
  const forged = [
    { ...good, sprintId: 'unknown' },
    { ...good, tasks: {} },
    { ...good, tasks: { total: 'many' } },
    { ...good, coordination: {} },
    { ...good, coordination: { checkpoints: 1, leases: null, inactiveAgents: 'x', drained: { done: 'x' } } },
    { ...good, inbox: [{ itemId: 'x' }] },
    { ...good, agents: [{ agent_id: 'x' }] },
    { ...good, agents: [{ agent_id: 'worker', status: 'working', current_task: {}, blocking_issues: 3 }] },
    { ...good, alerts: [{ id: 'x' }] },
    { ...good, phase: 'dreaming' },
    { ...good, reason: { a: 1 } },
    { ...good, forecastCompletion: 'never' },
    { ...good, progressPercentage: 1e308 },
  ];
  for (const progress of forged) await execution.handle.signal('sprintProgress', { progress, changed: [], decisions: [] });
  const changed = [{ id: 'a' }, { id: 'b', deliverables: 'x' }, { id: 'unknown', sprint: 'only' }];
  for (const task of changed)
    await execution.handle.signal('sprintProgress', {
      progress: good,
      changed: [task],
      decisions: [{ event: 'x', at: 5, text: {} }],
    });
  const refusals = await until(
    () => execution.handle.query<{ items: { event: string; data: { name?: string } }[] }, [object]>('decisions', { limit: 200 }),
    ({ items }) =>
      items.filter(({ event, data }) => event === 'messageRefused' && data.name === 'sprintProgress').length >= forged.length - 1,
  );
  expect(refusals.items.length).toBeGreaterThan(0);
  expect(await execution.status()).toMatchObject({ phase: 'running', tasks: counts });
  expect((await execution.tasks()).map(({ id, title }) => [id, title])).toEqual([
    ['a', 'a'],
    ['b', 'b'],
  ]);
  await expectStopAndCancel(execution);
});

test('messages: bodies of 1 MiB are refused and cost what their excerpt costs', async () => {
  const execution = await startHanging(engine, journal);
  const big = 'x'.repeat(1024 * 1024);
  const part = big.slice(0, 120_000);
  const parts = {
    by: 'ann',
    note: part,
    itemId: 'a',
    decision: 'done',
    data: part,
    reports: part,
    planHash: part,
    progress: part,
  };
  const bodies: readonly (readonly [string, unknown])[] = [
    ...['authorize', 'agentStatus', 'sprintProgress'].map((name) => [name, big] as const),
    ['respond', parts],
  ];
  // One at a time: the server buffers 2 MiB of them at most.
  for (const [name, body] of bodies) {
    await execution.handle.signal(name, body);
    await execution.status();
  }
  await execution
    .sprint('only')
    .signal('agentStatus', { reports: [{ agent_id: 'worker', status: 'working', current_task: big, task_id: 'a', attempt: 1 }] });
  const decisions = await execution.handle.query<{ items: unknown[] }, [object]>('decisions', { limit: 200 });
  expect(JSON.stringify(decisions).length).toBeLessThan(200_000);
  await expectStopAndCancel(execution, { by: 'ann', reason: big });
  expect((await execution.status()).reason?.length).toBeLessThan(5000);
}, 90_000);

test('messages: what is well-formed but not allowed answers with its type, and stands in the ledger', async () => {
  const execution = await startHanging(engine, journal);
  const refused: readonly (readonly [string, unknown, string])[] = [
    [
      'authorize',
      { by: 'ann', decision: 'approve', planHash: 'x', reviewed: true, emergencyStopUnderstood: true },
      'AlreadyDecided',
    ],
    ['setPriority', { by: 'ann', taskId: 'zz', priority: 'high' }, 'UnknownTask'],
    ['setPriority', { by: 'ann', taskId: '__proto__', priority: 'high' }, 'UnknownTask'],
    ['agentAvailability', { agent_id: 'nobody', available: true }, 'UnknownAgent'],
    ['respond', { by: 'ann', itemId: 'zz#1', decision: 'done' }, 'UnknownItem'],
    ['respond', { by: 'ann', itemId: 'constructor', decision: 'done' }, 'UnknownItem'],
    ['resume', { by: 'ann' }, 'NotAllowedInPhase'],
  ];
  for (const [name, payload, type] of refused)
    expect(await refusalOf(execution, name, payload), `${name} ${JSON.stringify(payload)}`).toBe(type);
  for (const [name, payload, type] of refused) {
    const sprint = {
      update: (update: string, body: unknown) => execution.sprint('only').executeUpdate(update, { args: [body] }),
    };
    expect(await refusalOf(sprint, name, payload), `sprint: ${name} ${JSON.stringify(payload)}`).toBe(type);
  }
  await expectStopAndCancel(execution);
  const logged = (await readLedger(engine, execution.id)).filter(({ event }) => event === 'messageRefused');
  const types = refused.map(([, , type]) => type);
  expect(logged.filter(({ source }) => source === execution.id).map(({ data }) => data.type)).toEqual(types);
  expect(logged.filter(({ source }) => source !== execution.id).map(({ data }) => data.type)).toEqual(types);
});

test('messages: duplicates count once, and late ones find a closed workflow', async () => {
  const execution = await startHanging(engine, journal);
  const pauses = await Promise.all(Array.from({ length: 5 }, () => refusalOf(execution, 'pause', { by: 'ann' })));
  expect(pauses.filter((type) => type === null)).toHaveLength(1);
  expect(pauses.filter((type) => type === 'NotAllowedInPhase')).toHaveLength(4);
  for (let n = 0; n < 5; n++) await execution.handle.signal('emergencyStop', { by: 'ann', reason: `stop ${n}` });
  await expectStopAndCancel(execution);
  await expect(execution.handle.signal('pause', { by: 'ann' })).rejects.toThrow(/not found|completed/i);
  await expect(execution.update('pause', { by: 'ann' })).rejects.toThrow(/not found|completed/i);
  expect((await execution.status()).phase).toBe('cancelled');
});
