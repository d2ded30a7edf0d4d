import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/domain/messages.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { ODD_TEXTS } from '../support/random-messages.ts';
import { rawJson, rawPayload, signalRaw, updateRaw, type RawPayload } from '../support/raw-messages.ts';

const journal = openAgentJournal();
const SIGNALS = [...COMMANDS, 'agentStatus', 'sprintProgress', '__temporal_x', '__stack_trace', 'unheardOf'];
const AGENT = { hang: [{ status: { progress_percentage: 10 } }, { hang: true }] };
let engine: Engine;

beforeAll(async () => {
  const agents = [
    journal.agent('worker', { capacity: 10 }, { input: 'stream' }),
    { id: 'person', adapter: { kind: 'human', people: ['ann'] } },
  ];
  engine = await openEngine({ config: { agents } });
});
afterAll(async () => {
  await engine.close(); // fails for any workflow task that has failed
  journal.remove();
});

/** Payload lists that are not one JSON object: absent, undecodable, many, of other encodings, absurdly deep. */
const RAW: Readonly<Record<string, readonly RawPayload[] | null>> = {
  'no input': null,
  'an empty list': [],
  'text that is no JSON': [rawJson('{bad')],
  'JSON without data': [rawPayload('json/plain')],
  'an unknown encoding': [rawPayload('binary/encrypted', 'secret')],
  'no encoding': [rawPayload(null, '{}')],
  'plain bytes': [rawPayload('binary/plain', new Uint8Array([0, 255, 254]))],
  'a null': [rawPayload('binary/null')],
  'a protobuf message nobody knows': [rawPayload('json/protobuf', '{}')],
  'bytes that are no UTF-8': [rawPayload('json/plain', new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
  'many arguments': [rawJson('{}'), rawJson('[]'), rawJson('{bad'), rawJson('1')],
  'a list': [rawJson('[]')],
  'a number': [rawJson('17')],
  'half a surrogate pair': [rawJson('"\\ud800"')],
  'a key named __proto__': [rawJson('{"__proto__":{"by":"ann"},"constructor":1}')],
  'lists 20,000 deep': [rawJson('['.repeat(20_000) + ']'.repeat(20_000))],
  'a deep list in every field': [rawJson(deepFields(4_000))],
};

function deepFields(depth: number): string {
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  return `{${['by', 'decision', 'data', 'itemId', 'reports', 'progress', 'changed', 'decisions', 'reason'].map((name) => `"${name}":${deep}`).join(',')}}`;
}

async function startHanging(): Promise<Execution> {
  const execution = await engine.start(
    onePlan([
      { id: 'a', agent: 'worker', input: { steps: AGENT.hang } },
      { id: 'b', agent: 'worker', dependsOn: ['a'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 1,
  );
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  return execution;
}

async function expectStopAndCancel(execution: Execution, payload: unknown = { by: 'ann', reason: 'test' }): Promise<void> {
  await execution.handle.signal('emergencyStop', payload);
  await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopped',
  );
  await execution.handle.cancel();
  await execution.result().catch(() => undefined);
  expect((await execution.handle.describe()).status.name).toBe('CANCELLED');
}

const refusalOf = (execution: Pick<Execution, 'update'>, name: string, payload: unknown): Promise<string | null> =>
  execution.update(name, payload).then(
    () => null,
    (error: unknown) => (error as { cause?: { type?: string } }).cause?.type ?? String(error),
  );

test('messages: signals that do not decode, of every kind, change nothing, before the start and in a running execution and sprint', async () => {
  const waiting = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
  await until(
    () => waiting.authorization(),
    ({ planHash }) => planHash !== null,
  );
  const running = await startHanging();
  const targets = [waiting.id, running.id, running.sprint('only').workflowId];
  for (const target of targets) {
    for (const name of SIGNALS.filter((signal) => signal !== 'emergencyStop')) {
      await Promise.all(Object.values(RAW).map((payloads) => signalRaw(engine.client, target, name, payloads)));
    }
  }
  expect((await running.status()).tasks.running).toBe(1);
  expect(await waiting.status()).toMatchObject({ phase: 'awaitingAuthorization' });
  await waiting.authorize();
  expect((await waiting.result()).phase).toBe('completed');
  const ledger = await readLedger(engine, waiting.id);
  const names = new Set(ledger.filter(({ event }) => event === 'messageRefused').map(({ data }) => data.name));
  expect([...names].toSorted()).toEqual(
    [...COMMANDS.filter((name) => name !== 'emergencyStop'), 'agentStatus', 'sprintProgress'].toSorted(),
  );
  await expectStopAndCancel(running);
}, 120_000);

test('messages: an update that does not decode is turned away without an event in the history', async () => {
  const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
  await until(
    () => execution.authorization(),
    ({ planHash }) => planHash !== null,
  );
  const before = await execution.handle.fetchHistory();
  for (const name of COMMANDS.filter((command) => command !== 'emergencyStop')) {
    for (const [what, payloads] of Object.entries(RAW)) {
      expect(await updateRaw(engine.client, execution.id, name, payloads), `${name} with ${what}`).toBe('InvalidMessage');
    }
  }
  const after = await execution.handle.fetchHistory();
  const kinds = (after.events ?? [])
    .slice(before.events?.length)
    .filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  expect(kinds).toEqual([]);
  expect((await execution.authorization()).refusals).toEqual([]);
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
}, 120_000);

test('messages: an emergency stop stops whatever its payload is, as a signal and as an update', async () => {
  const stops = async ([what, payloads]: readonly [string, readonly RawPayload[] | null], position: number): Promise<void> => {
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
    await until(
      () => execution.authorization(),
      ({ planHash }) => planHash !== null,
    );
    if (position % 2 === 0) await signalRaw(engine.client, execution.id, 'emergencyStop', payloads);
    else expect(await updateRaw(engine.client, execution.id, 'emergencyStop', payloads), what).toBeNull();
    expect(
      (
        await until(
          () => execution.status(),
          ({ phase }) => phase === 'stopped',
        )
      ).reason,
      what,
    ).toContain('stopped by');
    await execution.handle.terminate();
  };
  const cases = [...Object.entries(RAW).entries()];
  for (let first = 0; first < cases.length; first += 4) {
    await Promise.all(cases.slice(first, first + 4).map(([position, one]) => stops(one, position)));
  }
}, 90_000);

test('messages: odd texts in every field are refused or shown, and never wedge what they reach', async () => {
  const execution = await startHanging();
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
  const execution = await startHanging();
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
  const execution = await startHanging();
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
  const execution = await startHanging();
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
  const execution = await startHanging();
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
  const execution = await startHanging();
  const pauses = await Promise.all(Array.from({ length: 5 }, () => refusalOf(execution, 'pause', { by: 'ann' })));
  expect(pauses.filter((type) => type === null)).toHaveLength(1);
  expect(pauses.filter((type) => type === 'NotAllowedInPhase')).toHaveLength(4);
  for (let n = 0; n < 5; n++) await execution.handle.signal('emergencyStop', { by: 'ann', reason: `stop ${n}` });
  await expectStopAndCancel(execution);
  await expect(execution.handle.signal('pause', { by: 'ann' })).rejects.toThrow(/not found|completed/i);
  await expect(execution.update('pause', { by: 'ann' })).rejects.toThrow(/not found|completed/i);
  expect((await execution.status()).phase).toBe('cancelled');
});
