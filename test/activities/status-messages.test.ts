import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAttemptMessages } from '../../src/activities/attempt-messages.ts';
import { createStatusBatcher, type SendSignal, type StatusBatcher } from '../../src/activities/status-batcher.ts';
import { agentStatusSchema } from '../../src/domain/messages.ts';
import {
  receiptSchema,
  sentMessageSchema,
  type AgentMessage,
  type Receipt,
  type SentMessage,
} from '../../src/domain/agent-message.ts';
import type { StatusReport } from '../../src/domain/agent-status.ts';
import type { PerformTaskInput } from '../../src/domain/attempt.ts';

interface Payload {
  readonly reports: readonly unknown[];
  readonly messages?: readonly SentMessage[];
  readonly receipts?: readonly Receipt[];
}

let sent: (Payload & { readonly at: number })[];
let respond: SendSignal;
let poked: string[];
let batcher: StatusBatcher;

beforeEach(() => {
  vi.useFakeTimers();
  const startedAt = Date.now();
  [sent, poked] = [[], []];
  respond = async () => 'sent';
  batcher = createStatusBatcher({
    log: { debug: () => undefined },
    onMessagesSent: (ownerId) => poked.push(ownerId),
    async signal(to, name, payload) {
      expect(name).toBe('agentStatus');
      sent.push({ at: Date.now() - startedAt, ...(payload as Payload) });
      return await respond(to, name, payload);
    },
  });
});
afterEach(() => {
  batcher.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer outlived close()');
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const message = (given: Partial<AgentMessage> = {}): AgentMessage => ({
  to: 'bo',
  priority: 'normal',
  kind: 'notice',
  body: 'hello',
  inReplyTo: null,
  key: null,
  withinMs: 600_000,
  ...given,
});
const report = (n: number, second: number): StatusReport => ({
  agent_id: 'bo',
  status: 'working',
  current_task: `step ${second}`,
  progress_percentage: 0,
  estimated_completion: null,
  blocking_issues: [],
  next_coordination_point: null,
  outputs_ready: [],
  task_id: `t${n}`,
  attempt: 1,
});
const sender = (taskId = 'a') =>
  createAttemptMessages(batcher, { ownerId: 'core', attempt: 1, task: { id: taskId } } as PerformTaskInput);
const numbers = () => sent.map(({ messages = [] }) => messages.map(({ task_id, number }) => `${task_id}${number}`).join());

describe('messages on their way to the sprint', () => {
  it('go at once when urgent, with all that waits, in their order; as the sprint accepts them', async () => {
    const say = sender();
    say(message());
    say(message({ priority: 'low' }));
    say(message({ priority: 'urgent' }));
    await pass(50);
    expect(numbers()).toEqual(['a1,a2,a3']);
    expect(poked).toEqual(['core']);
    expect(agentStatusSchema.safeParse(sent[0]).success).toBe(true);
    for (const each of sent[0]?.messages ?? []) expect(sentMessageSchema.parse(each)).toEqual(each);
  });

  it('are batched when they are not, and wait a minute when they are low', async () => {
    const say = sender();
    say(message({ priority: 'high' }));
    await pass(1_000);
    say(message());
    await pass(14_999);
    expect(numbers()).toEqual(['a1']);
    await pass(1);
    say(message({ priority: 'low' }));
    await pass(59_999);
    expect(numbers()).toEqual(['a1', 'a2']);
    await pass(1);
    expect(numbers()).toEqual(['a1', 'a2', 'a3']);
  });

  it('wait no longer where so many agents report that their reports do', async () => {
    const say = sender();
    for (let second = 0; second < 40; second += 1) {
      for (let n = 0; n < 2_000; n += 1) batcher.report('core', report(n, second), false);
      if (second % 10 === 5) say(message());
      await pass(1_000);
    }
    expect(sent.filter(({ reports }) => reports.length > 0).map(({ at }) => Math.round(at / 1_000))).toEqual([1, 1, 31, 31]);
    const mail = sent.flatMap(({ at, messages = [] }) => messages.map(({ number }) => [number, Math.floor(at / 1_000)]));
    expect(mail).toEqual([
      [1, 16],
      [2, 16],
      [3, 31],
    ]);
  });

  it('are sent again after a failure, in their order', async () => {
    respond = async () => await Promise.reject(new Error('unreachable'));
    const say = sender();
    say(message({ priority: 'urgent' }));
    await pass(60);
    respond = async () => 'sent';
    say(message({ priority: 'urgent' }));
    await pass(2_000);
    expect(numbers()).toEqual(['a1', 'a1,a2']);
  });

  it('are in several signals of less than 256 KiB when they are large', async () => {
    const says = Array.from({ length: 20 }, (_, n) => sender(`t${n}`));
    for (const say of says) say(message({ priority: 'urgent', body: 'x'.repeat(16_000) }));
    await pass(2_000);
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.flatMap(({ messages = [] }) => messages)).toHaveLength(20);
    for (const payload of sent) expect(JSON.stringify(payload).length).toBeLessThan(240 * 1024);
  });

  it('of a looping agent are 60 in a minute; the others and those that do not fit are counted', async () => {
    const say = sender();
    const refused = Array.from({ length: 1_000 }, (_, n) => say(message({ body: n, priority: 'urgent' }))).filter(Boolean);
    expect(refused).toHaveLength(940);
    expect(refused[0]).toContain('more than 60 in a minute');
    say(null);
    await pass(200);
    expect(sent.flatMap(({ messages = [] }) => messages)).toHaveLength(60);
    expect(sent[0]?.receipts).toEqual([{ task_id: 'a', attempt: 1, dropped: { rate: 940, size: 1 } }]);
    await pass(60_000);
    expect(say(message())).toBeNull();
  });
});

describe('receipts', () => {
  const receipt = (sequence: number): Receipt => ({ task_id: 'a', attempt: 1, sequence, delaysMs: [sequence] });

  it('wait for a signal that is sent anyway, a minute at most', async () => {
    batcher.receipt('core', receipt(1));
    batcher.receipt('core', receipt(2));
    sender('b')(message({ priority: 'urgent' }));
    await pass(50);
    expect(sent[0]?.receipts).toEqual([{ task_id: 'a', attempt: 1, sequence: 2, delaysMs: [1, 2] }]);
    expect(sent[0]?.receipts?.map((each) => receiptSchema.parse(each))).toEqual(sent[0]?.receipts);
    batcher.receipt('core', receipt(3));
    await pass(61_000);
    expect(sent).toHaveLength(2);
  });

  it('go at once for an agent that has got ten, before its box is full', async () => {
    sender('b')(message({ priority: 'urgent' }));
    await pass(1_100);
    for (let sequence = 1; sequence <= 10; sequence += 1) batcher.receipt('core', receipt(sequence));
    await pass(50);
    expect(sent.at(-1)?.receipts).toMatchObject([{ sequence: 10 }]);
  });
});

describe('the end of an attempt', () => {
  it('waits until its messages have been sent, and only for these', async () => {
    let arrive: () => void = () => undefined;
    respond = () => new Promise((resolve) => (arrive = () => resolve('sent')));
    sender()(message({ priority: 'low' }));
    let isSettled = false;
    void batcher.settle('core', 'a', 1).then(() => (isSettled = true));
    await batcher.settle('core', 'b', 1);
    await batcher.settle('nobody', 'a', 1);
    await pass(10);
    expect([numbers(), isSettled]).toEqual([['a1'], false]);
    arrive();
    await pass(1);
    expect(isSettled).toBe(true);
  });

  it('waits five seconds when the sprint cannot be reached', async () => {
    respond = async () => await Promise.reject(new Error('unreachable'));
    sender()(message());
    let isSettled = false;
    void batcher.settle('core', 'a', 1).then(() => (isSettled = true));
    await pass(4_999);
    expect(isSettled).toBe(false);
    await pass(1);
    expect(isSettled).toBe(true);
  });
});
