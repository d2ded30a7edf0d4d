import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeliveredMessage } from '../../src/domain/agent-message.ts';
import type { MessagesView } from '../../src/domain/views.ts';
import { readArtifact } from '../support/artifacts.ts';
import { untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openStockCli } from '../support/stock-cli.ts';

type Heard = DeliveredMessage & { readonly heardAt: number };

const STREAM = ['ann', 'bo', 'cy'].map((id) => scriptedAgent(id, { capacity: 3, input: 'stream' }));

const cli = openStockCli();
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({
    config: { agents: [...STREAM, scriptedAgent('once'), scriptedAgent('later', { input: 'stream' })] },
  });
});
afterAll(() => engine.close());

async function authorized(plan: unknown, on = engine): Promise<Execution> {
  const execution = await on.start(plan);
  await execution.authorize();
  return execution;
}

/** A file that an agent writes at an absolute path. */
const place = (name: string): string => join(engine.baseDir, `${name}-${Math.random().toString(36).slice(2)}`);
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const task = (id: string, agent: string, steps: readonly object[], more: object = {}) => ({
  id,
  agent,
  input: { steps },
  ...more,
});
const countersOf = async (execution: Execution): Promise<MessagesView | undefined> =>
  (await execution.sprint('only').query<{ coordination: { messages?: MessagesView } }>('status')).coordination.messages;

test.concurrent('messages: a request reaches the agent that runs, urgent within 2 s, and its answer whoever asked', async () => {
  const [asked, answered] = [place('asked'), place('answered')];
  const send = { to: 'bo', priority: 'urgent', kind: 'request', key: 'api', body: { question: 'which API?' } };
  const execution = await authorized(
    onePlan([
      task('ask', 'ann', [{ hear: 1 }, { send }, { hear: 2, file: answered }]),
      task('answer', 'bo', [
        { send: { to: 'task:ask', priority: 'urgent', body: 'here' } },
        { hear: 1, file: asked },
        { reply: 'v2' },
      ]),
    ]),
  );
  expect((await execution.result()).phase).toBe('completed');
  const [request] = read<Heard[]>(asked);
  expect(request).toMatchObject({ id: 'm2', from: 'ann', task: 'ask', to: 'bo', kind: 'request', key: 'api', body: send.body });
  const [, response] = read<Heard[]>(answered);
  expect(response).toMatchObject({ from: 'bo', kind: 'response', inReplyTo: 'm2', inReplyToKey: 'api', body: 'v2' });
  expect((response as Heard).heardAt - Date.parse((request as Heard).sentAt)).toBeLessThan(4_000);
  const report = JSON.parse(await readArtifact(engine, execution.id, 'report.json')) as { messages: object };
  expect(report.messages).toMatchObject({ sent: 3, delivered: 3, perTask: 1.5, unanswered: 0, openRequests: 0 });
  const ledger = await readArtifact(engine, execution.id, 'ledger.jsonl');
  expect(ledger).toContain('requestSent');
  expect(ledger).toContain('requestAnswered');
});

test.concurrent('messages: to all at work once each, to those that do not listen with their next request, to nobody else', async () => {
  const gate = place('gate');
  const [first, second, kept] = [place('first'), place('second'), place('kept')];
  const execution = await authorized(
    onePlan([
      task('a', 'bo', [{ hear: 1, file: first }]),
      task('b', 'cy', [{ hear: 1, file: second }]),
      task('deaf', 'once', [{ until: gate }]),
      task('next', 'once', [{ kept }], { dependsOn: ['deaf', 'speak'] }),
      task('speak', 'ann', [
        { waitMs: 300 },
        { send: { to: '*', priority: 'urgent', kind: 'announcement', body: 'API frozen' } },
      ]),
    ]),
  );
  await until(
    () => [first, second].every((file) => existsSync(file)),
    (areThere) => areThere,
  );
  writeFileSync(gate, '');
  await execution.result();
  for (const file of [first, second, kept])
    expect(read(file)).toMatchObject([{ id: 'm1', from: 'ann', body: 'API frozen', to: '*' }]);
});

test.concurrent('messages: what comes before an agent or task begins is in its request, the newest 20, in their order', async () => {
  const [kept, none] = [place('kept'), place('none')];
  const send = { to: 'later', priority: 'urgent', body: 'note #' };
  const execution = await authorized(
    onePlan([
      task('speak', 'ann', [{ send, times: 25 }, { send: { to: 'task:listen', body: 'last' } }]),
      task('listen', 'later', [{ kept }], { dependsOn: ['speak'] }),
      task('other', 'bo', [{ kept: none }], { dependsOn: ['speak'] }),
    ]),
  );
  await execution.result();
  expect(read<Heard[]>(kept).map(({ body }) => body)).toEqual([...Array.from({ length: 19 }, (_, n) => `note ${n + 7}`), 'last']);
  expect(read(none)).toBeNull();
  expect(await countersOf(execution)).toMatchObject({ sent: 26, delivered: 20, dropped: { overflow: 6 } });
});

test.concurrent('messages: duplicates, noise, strangers and floods are dropped by rule and counted, and harm nothing', async () => {
  const heard = place('heard');
  const to = 'bo';
  const steps = [
    { send: { to, body: 'same' }, times: 3 },
    { send: { to: 'mallory', body: 'who?' } },
    { send: { to: 'ann', body: 'me' } },
    { send: { to, kind: 'progress', body: { progress_percentage: 40, at: 1 } } },
    { send: { to, kind: 'progress', body: { progress_percentage: 40, at: 2 } } },
    { send: { to, body: 'x'.repeat(17_000) } },
    { send: { to, body: 'flood #' }, times: 10_000 },
    { send: { to: 'task:listen', priority: 'urgent', body: 'too late' } },
  ];
  const execution = await authorized(
    onePlan([task('speak', 'ann', steps), task('listen', 'bo', [{ hear: 10, file: heard }, { until: `${heard}.end` }])]),
  );
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.done === 1,
  );
  const { bytes = 0, dropped = {} } = (await countersOf(execution)) ?? {};
  expect(dropped).toMatchObject({ duplicate: 2, unknownReceiver: 1, self: 1, unmoved: 1, size: 1 });
  expect(dropped['pace']).toBeGreaterThan(30);
  expect(bytes).toBeLessThan(10_000);
  writeFileSync(`${heard}.end`, '');
  expect((await execution.result()).phase).toBe('completed');
  expect(read<Heard[]>(heard).map(({ body }) => body)).not.toContain('too late');
  const log = await readArtifact(engine, execution.id, 'logs/speak.1.log');
  expect(log).toContain('[pact] protocol error: body: expected JSON of at most 16 KiB');
  expect(log).toContain('more than 60 in a minute are not sent');
});

test.concurrent('messages: a request that nobody answers in time is told to the asker, raises an alert and stands in the ledger', async () => {
  const [heard, gate] = [place('heard'), place('gate')];
  const send = { to: 'bo', priority: 'urgent', kind: 'request', key: 'k', withinMs: 1_000, body: 'anybody?' };
  const execution = await authorized(
    onePlan([task('ask', 'ann', [{ send }, { hear: 1, file: heard }, { until: gate }]), task('busy', 'bo', [{ until: gate }])]),
  );
  const { alerts } = await until(
    () => execution.status(),
    (status) => status.alerts.length > 0,
  );
  expect(alerts).toMatchObject([{ kind: 'communication', text: expect.stringContaining('bo did not answer ann by') }]);
  const [notice] = await until(
    () => {
      try {
        return read<Heard[]>(heard);
      } catch {
        return [];
      }
    },
    (list) => list.length > 0,
  );
  expect(notice).toMatchObject({ from: 'pact', kind: 'notice', inReplyTo: 'm1', inReplyToKey: 'k', body: { unanswered: 'm1' } });
  writeFileSync(gate, '');
  await execution.result();
  expect(await readArtifact(engine, execution.id, 'ledger.jsonl')).toContain('requestUnanswered');
});

test.concurrent('messages: a request that nobody answers goes before the chain that the plan declares, and its decision holds', async () => {
  const gate = place('gate');
  const send = { to: 'bo', priority: 'urgent', kind: 'request', withinMs: 500, body: 'anybody?' };
  const tasks = [
    task('ask', 'ann', [{ send }, { until: gate }]),
    task('busy', 'bo', [{ until: gate }]),
    task('after', 'once', [], { dependsOn: ['ask'] }),
  ];
  const escalation = {
    levels: [
      { to: ['dora'], within: '200ms' },
      { to: ['emil'], within: '1h' },
    ],
    otherwise: 'stop',
  };
  const execution = await authorized({ ...onePlan(tasks), escalation });
  const item = await untilAsked(execution, ({ people }) => people.includes('emil'));
  expect(item).toMatchObject({ kind: 'escalation', task: 'ask', options: ['continue', 'hold', 'stop', 'acknowledge'] });
  expect(item.question).toContain('bo did not answer ann by');
  await execution.update('respond', { by: 'emil', itemId: item.itemId, decision: 'hold' });
  await until(
    () => execution.status(),
    ({ sprints }) => sprints[0]?.phase === 'paused',
  );
  writeFileSync(gate, '');
  await execution.sprint('only').executeUpdate('resume', { args: [{ by: 'emil' }] });
  expect((await execution.result()).phase).toBe('completed');
  const ledger = await readArtifact(engine, execution.id, 'ledger.jsonl');
  for (const event of ['requestUnanswered', 'escalationStarted', 'escalationEnded']) expect(ledger).toContain(event);
});

test.concurrent('messages: a program outside writes to an agent with the stock CLI, and activates one that waits for it', async () => {
  const [heard, kept] = [place('heard'), place('kept')];
  const plan = onePlan([task('listen', 'bo', [{ hear: 1, file: heard }]), task('deploy', 'later', [{ kept }])]);
  const triggers = [{ agent: 'later', when: { message: 'announcement', from: 'pipeline' } }];
  const execution = await authorized({ ...plan, triggers });
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  const message = { from: 'pipeline', to: 'bo', priority: 'urgent', kind: 'notice', body: { build: 7 } };
  const signal = (body: object): Promise<void> =>
    cli === null ? execution.handle.signal('message', body) : cli.signal(execution.id, 'message', body);
  await signal(message);
  await signal({ ...message, to: 'mallory' });
  await until(
    () => execution.status(),
    ({ inbox }) => inbox.some(({ title }) => title.includes('waits for a message')),
  );
  expect(read(heard)).toMatchObject([{ from: 'pipeline', outside: true, body: { build: 7 } }]);
  await signal({ from: 'pipeline', to: 'later', kind: 'announcement', body: 'go' });
  expect((await execution.result()).phase).toBe('completed');
  expect(read(kept)).toMatchObject([{ from: 'pipeline', outside: true, kind: 'announcement', body: 'go' }]);
  const ledger = await readArtifact(engine, execution.id, 'ledger.jsonl');
  expect(ledger).toContain('later is activated: pipeline has sent an announcement');
  expect(ledger).toContain('no sprint at work has anything to do with \\"mallory\\"');
});
