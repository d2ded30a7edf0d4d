import { afterAll, expect, test } from 'vitest';
import type { ChannelMessage } from '../../src/domain/notices/channel-message.ts';
import { readArtifact, readLedger } from '../support/artifacts.ts';
import { untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { startHttpReceiver, type HttpRequest, type Receiver } from '../support/receiver.ts';

/** Told by the tests of this file; each has channels of its own. */
const engines: Engine[] = [];
const receivers: Receiver<HttpRequest>[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.close();
  for (const receiver of receivers) await receiver.close();
}, 60_000);

async function startPager(port = 0): Promise<Receiver<HttpRequest>> {
  const pager = await startHttpReceiver([], { port });
  receivers.push(pager);
  return pager;
}
const webhook = (id: string, port: number, more = {}) => ({
  id,
  kind: 'webhook',
  url: `http://127.0.0.1:${port}/`,
  allowPrivate: true,
  ...more,
});
async function open(channels: readonly unknown[], notify: readonly string[]): Promise<Engine> {
  const engine = await openEngine({ config: { agents: [{ id: 'ann', adapter: { kind: 'human' } }], channels, notify } });
  engines.push(engine);
  return engine;
}

const sign = { id: 'sign', title: 'Sign it', agent: 'ann' };
const chain = (more = {}) => ({ levels: [{ to: ['bo'], within: '1h' }], otherwise: 'hold', ...more });

const untilAlert = async (execution: Execution, id: string): Promise<string> => {
  const isMeant = (alert: { id: string }): boolean => alert.id === id;
  const { alerts } = await until(
    () => execution.status(),
    (status) => status.alerts.some(isMeant),
  );
  return alerts.find(isMeant)?.text ?? '';
};
const untilNobodyAsked = (execution: Execution): Promise<unknown> =>
  until(
    () => execution.status(),
    ({ inbox }) => inbox.every(({ kind }) => kind !== 'escalation'),
  );
const itemsTold = ({ received }: Receiver<HttpRequest>): string[] =>
  received.flatMap(({ body }) => {
    const message = JSON.parse(body) as ChannelMessage;
    return (message.notices ?? [message]).flatMap(({ item }) => item?.itemId ?? []);
  });
async function expectEvents(engine: Engine, { id }: Execution, expected: Readonly<Record<string, number>>): Promise<void> {
  const events = (await readLedger(engine, id)).map(({ event }) => event);
  for (const [event, times] of Object.entries(expected))
    expect(
      events.filter((one) => one === event),
      event,
    ).toHaveLength(times);
}

test.concurrent('channels: the alert of one that is down goes before the chain when nobody takes notice, and is withdrawn when somebody does', async () => {
  const [pager, gone] = await Promise.all([startPager(), startPager()]);
  await gone.close();
  const channels = [webhook('pager', pager.port), webhook('desk', gone.port, { fallback: ['pager'] })];
  const engine = await open(channels, ['desk']);
  const alerts = [{ kind: 'communication', after: '1s' }];
  const execution = await engine.start({ ...onePlan([sign]), escalation: chain({ alerts }) });
  await execution.authorize();
  expect(await untilAlert(execution, 'channel/desk')).toMatch(
    /^channel desk failed to carry "Authorize Test.*pager was told instead/s,
  );
  const item = await untilAsked(execution, ({ kind }) => kind === 'escalation');
  expect(item).toMatchObject({
    itemId: 'escalation/1/1',
    people: ['bo'],
    sprint: null,
    options: ['continue', 'hold', 'stop', 'acknowledge'],
    otherwise: 'the execution is paused',
  });
  await execution.update('respond', { by: 'ann', itemId: 'alert/channel/desk', decision: 'acknowledge' });
  await untilNobodyAsked(execution);
  await until(
    () => itemsTold(pager),
    (items) => items.includes('escalation/1/1'),
  );
  await execution.update('respond', { by: 'ann', itemId: 'sign#1', decision: 'done' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  await expectEvents(engine, execution, { channelFailed: 1, escalationStarted: 1, alertAcknowledged: 1 });
});

test.concurrent('channels: one that is down and has no stand-in is an emergency: people are asked at once, and it is over when it works again', async () => {
  const pager = await startPager();
  const engine = await open([webhook('pager', pager.port)], ['pager']);
  const execution = await engine.start({ ...onePlan([sign]), escalation: chain() });
  await pager.arrived(1);
  await pager.close();
  await execution.authorize();
  const asked = await untilAsked(execution, ({ kind }) => kind === 'escalation');
  expect(asked).toMatchObject({ itemId: 'escalation/1/1', title: 'level 1: channel pager does not work', people: ['bo'] });
  expect(await untilAlert(execution, 'channel/pager')).toContain('nobody was told instead');
  expect((await execution.status()).coordination.emergencies).toMatchObject([
    {
      kind: 'communicationBreakdown',
      id: 'pager',
      sprint: null,
      endedAt: null,
      // Killed while it answers the first one, it has not carried that either.
      text: expect.stringMatching(/^channel pager failed to carry "(ann: Sign it|Authorize Test)/) as string,
      measures: ['nobody was told instead'],
    },
  ]);

  const again = await startPager(pager.port);
  await execution.update('respond', { by: 'bo', itemId: 'escalation/1/1', decision: 'acknowledge' });
  await until(
    () => execution.status(),
    ({ alerts }) => alerts.length === 0,
  );
  await untilNobodyAsked(execution);
  expect((await execution.status()).coordination.emergencies).toMatchObject([
    { id: 'pager', endedAt: expect.any(String) as string },
  ]);
  await execution.update('respond', { by: 'ann', itemId: 'sign#1', decision: 'done' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  // It was told of what it had missed, too.
  expect(itemsTold(again)).toEqual(expect.arrayContaining(['escalation/1/1', 'sign#1']));
  await expectEvents(engine, execution, { channelFailed: 1, channelRecovered: 1, escalationStarted: 1 });
  const review = await until(
    () => readArtifact(engine, execution.id, 'reviews/execution-escalation-1.md').catch(() => ''),
    (text) => text.includes('works again'),
  );
  expect(review).toContain('nobody was told instead');
});
