import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChannelMessage } from '../../src/domain/notices/channel-message.ts';
import { readArtifact } from '../support/artifacts.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine } from '../support/engine.ts';
import { startHttpReceiver, startSmtpReceiver, type HttpRequest, type Mail, type Receiver } from '../support/receiver.ts';

let hook: Receiver<HttpRequest>;
let mail: Receiver<Mail>;
let engine: Engine;

beforeAll(async () => {
  [hook, mail] = await Promise.all([startHttpReceiver(), startSmtpReceiver()]);
  engine = await openEngine({
    config: {
      agents: [scriptedAgent('worker', { capacity: 4 }), { id: 'ann', adapter: { kind: 'human' } }],
      channels: [
        { id: 'ops', kind: 'webhook', url: `http://127.0.0.1:${hook.port}/`, allowPrivate: true, fallback: ['mail'] },
        {
          id: 'mail',
          kind: 'email',
          host: '127.0.0.1',
          port: mail.port,
          security: 'none',
          allowPrivate: true,
          from: 'pact@team.example',
          to: ['ops@team.example'],
          events: ['ended'],
        },
      ],
      notify: ['ops'],
    },
  });
});
afterAll(async () => {
  await engine.close();
  await Promise.all([hook.close(), mail.close()]);
});

const toMessages = (requests: readonly HttpRequest[]): ChannelMessage[] =>
  requests.map(({ body }) => JSON.parse(body) as ChannelMessage);
const subjects = (mails: readonly Mail[]): string[] => mails.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)?.[1]?.trim() ?? '');

test('channels: the first is down, the second is told, the alert shows until the first works again; the work goes on', async () => {
  const gate = `${engine.baseDir}/gate-channels`;
  const execution = await engine.start(
    onePlan([
      { id: 'sign', agent: 'ann', input: { question: 'Ship it?' } },
      { id: 'work', agent: 'worker', input: { steps: [{ until: gate }] } },
      { id: 'sign-again', agent: 'ann', dependsOn: ['sign'] },
    ]),
  );
  const [asked] = toMessages(await hook.arrived(1));
  expect(asked).toMatchObject({ kind: 'authorizationNeeded', executionId: execution.id, phase: 'awaitingAuthorization' });
  await hook.close();

  await execution.authorize();
  await mail.arrived(1);
  expect(subjects(mail.received)[0]).toContain(`${execution.id}`);
  const alerts = await until(
    () => execution.handle.query<{ id: string; kind: string; text: string }[]>('alerts'),
    (open) => open.length > 0,
  );
  expect(alerts).toMatchObject([
    { id: 'channel/ops', kind: 'communication', text: expect.stringContaining('mail was told instead') },
  ]);
  expect((await execution.status()).alerts.map(({ id }) => id)).toEqual(['channel/ops']);
  // That the channel is down is told, too, by the same way.
  await mail.arrived(2);

  hook = await startHttpReceiver([], { port: hook.port });
  await execution.update('respond', { by: 'ann', itemId: 'sign#1', decision: 'approve' });
  const [again] = toMessages(await hook.arrived(1));
  expect(again).toMatchObject({ kind: 'personNeeded', item: { itemId: 'sign-again#1', people: ['ann'] } });
  await until(
    () => execution.status(),
    ({ alerts: open }) => open.length === 0,
  );
  writeFileSync(gate, '');
  await execution.update('respond', { by: 'ann', itemId: 'sign-again#1', decision: 'approve' });
  expect((await execution.result()).phase).toBe('completed');
  const last = toMessages(hook.received).at(-1);
  expect(last?.text).toContain('Report: file://');
  const ledger = await readArtifact(engine, execution.id, 'ledger.jsonl');
  expect(ledger.match(/"event":"channel(Failed|Recovered)"/g)).toEqual(['"event":"channelFailed"', '"event":"channelRecovered"']);
});

test('channels: a flood of failing tasks is a few messages, the last of which tells the end; no channel holds up the work', async () => {
  const before = hook.received.length;
  const tasks = Array.from({ length: 60 }, (_, n) => ({
    id: `t${n}`,
    agent: 'worker',
    input: { steps: [{ exit: 3 }] },
    budget: { attempts: 1 },
  }));
  const execution = await engine.start(onePlan(tasks));
  await execution.authorize();
  await expect(execution.result()).rejects.toThrow(/Workflow execution failed/);
  const told = toMessages(hook.received.slice(before)).filter(({ executionId }) => executionId === execution.id);
  expect(told.length).toBeLessThanOrEqual(8);
  const failed = told.flatMap((one) => (one.notices ?? [one]) as { kind: string }[]).filter(({ kind }) => kind === 'taskFailed');
  expect(failed).toHaveLength(60);
  const last = told.at(-1);
  expect((last?.notices ?? [last]).at(-1)).toMatchObject({ kind: 'ended', title: `${execution.id} failed` });
});
