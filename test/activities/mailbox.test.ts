import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMailbox, type Mailbox } from '../../src/activities/mailbox.ts';

interface Answer {
  taskId: string;
  attempt: number;
  questionId: string;
  decision?: string;
  text?: string;
  data?: unknown;
}

let mailboxes: Map<string, Answer[]>;
let queries: { workflowId: string; name: string; input: unknown }[];
let answers: Mailbox;
let fail: boolean;
let mail: { messages?: unknown; digests?: unknown };

beforeEach(() => {
  vi.useFakeTimers();
  mailboxes = new Map();
  queries = [];
  fail = false;
  mail = {};
  answers = createMailbox({
    log: { debug: () => undefined },
    async query(workflowId, name, input) {
      queries.push({ workflowId, name, input });
      if (fail) throw new Error('no worker');
      return { answers: mailboxes.get(workflowId) ?? [], ...mail };
    },
  });
});
afterEach(() => {
  answers.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer outlived close()');
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const heard: unknown[] = [];
beforeEach(() => void heard.splice(0));

const ask = (ownerId: string, taskId: string, questionId: string, isOpen = true) =>
  answers.open({ ownerId, taskId, attempt: 1, questionId, deliver: (line) => isOpen && heard.push(line) > 0 });

describe('answers', () => {
  it('are fetched every second with one query per owner while a question is open, and delivered once', async () => {
    ask('core', 'a', 'q1');
    ask('core', 'b', 'q1');
    ask('docs', 'c', 'q1');
    await pass(3_000);
    expect(queries).toHaveLength(6);
    expect(queries[0]).toEqual({
      workflowId: 'core',
      name: 'mailbox',
      input: {
        attempts: [
          { taskId: 'a', attempt: 1 },
          { taskId: 'b', attempt: 1 },
        ],
      },
    });
    mailboxes.set('core', [{ taskId: 'a', attempt: 1, questionId: 'q1', decision: 'yes', text: 'go', data: { n: 1 } }]);
    await pass(5_000);
    expect(heard).toEqual([{ pact: 'answer', id: 'q1', decision: 'yes', text: 'go', data: { n: 1 } }]);
  });

  it('are not asked for when no question is open any more', async () => {
    ask('core', 'a', 'q1');
    mailboxes.set('core', [{ taskId: 'a', attempt: 1, questionId: 'q1', decision: 'no' }]);
    await pass(1_000);
    expect(heard).toEqual([{ pact: 'answer', id: 'q1', decision: 'no', text: null, data: null }]);
    await pass(60_000);
    expect(queries).toHaveLength(1);
    ask('core', 'a', 'q1');
    await pass(5_000);
    expect(queries).toHaveLength(1);
    ask('core', 'a', 'q2');
    await pass(1_000);
    expect(queries).toHaveLength(2);
  });

  it('for an attempt that has ended are neither asked for nor delivered', async () => {
    ask('core', 'a', 'q1');
    answers.forget('core', 'a', 1);
    mailboxes.set('core', [{ taskId: 'a', attempt: 1, questionId: 'q1', decision: 'yes' }]);
    await pass(10_000);
    expect(queries).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('for another attempt or another question are left alone', async () => {
    ask('core', 'a', 'q1');
    mailboxes.set('core', [
      { taskId: 'a', attempt: 2, questionId: 'q1', decision: 'yes' },
      { taskId: 'a', attempt: 1, questionId: 'q2', decision: 'yes' },
    ]);
    await pass(3_000);
    expect(heard).toEqual([]);
    expect(queries).toHaveLength(3);
  });

  it('are asked for again after a query has failed or answered nonsense', async () => {
    fail = true;
    ask('core', 'a', 'q1');
    await pass(2_000);
    fail = false;
    mailboxes.set('core', [null, 7, { taskId: 'a' }, { taskId: 'a', attempt: 1, questionId: 'q1', decision: 'yes' }] as Answer[]);
    await pass(1_000);
    expect(heard).toHaveLength(1);
  });

  it('that the agent no longer reads are dropped', async () => {
    ask('core', 'a', 'q1', false);
    mailboxes.set('core', [{ taskId: 'a', attempt: 1, questionId: 'q1', decision: 'yes' }]);
    await pass(5_000);
    expect(queries).toHaveLength(1);
  });
});

describe('messages', () => {
  const receipts: unknown[] = [];
  beforeEach(() => void receipts.splice(0));
  const listen = (taskId: string, received = 0, deliver: (line: object) => boolean = (line) => heard.push(line) > 0) =>
    answers.listen({
      ownerId: 'core',
      taskId,
      attempt: 1,
      received,
      digest: 'old',
      deliver,
      onReceipt: (one) => receipts.push(one),
    });
  const one = (sequence: number, attempts: number[]) => ({
    sequence,
    id: `m${sequence}`,
    sentAt: new Date().toISOString(),
    attempts,
  });

  it('are asked for every second while an agent listens, in one query for all, and given to each once', async () => {
    listen('a');
    listen('b', 4);
    mail = { messages: [one(5, [0, 1]), one(6, [1]), { sequence: 'seven' }, null] };
    await pass(1_000);
    expect(queries[0]?.input).toEqual({
      attempts: [
        { taskId: 'a', attempt: 1, received: 0 },
        { taskId: 'b', attempt: 1, received: 4 },
      ],
    });
    await pass(3_000);
    expect(heard).toMatchObject([{ pact: 'message', id: 'm5' }, { id: 'm5' }, { id: 'm6' }]);
    expect(heard[0]).not.toHaveProperty('attempts');
    expect(receipts).toMatchObject([
      { task_id: 'a', attempt: 1, sequence: 5, delaysMs: [1_000] },
      { task_id: 'b', sequence: 6, delaysMs: [1_000, 1_000] },
    ]);
    expect(queries.at(-1)?.input).toMatchObject({ attempts: [{ received: 5 }, { received: 6 }] });
    answers.forget('core', 'a', 1);
    answers.forget('core', 'b', 1);
    await pass(5_000);
    expect(queries).toHaveLength(4);
  });

  it('are fetched at once when something may be there', async () => {
    listen('a');
    answers.poke('nobody');
    answers.poke('core');
    await pass(1);
    expect(queries).toHaveLength(1);
  });

  it('that the agent does not take now are offered again, in their order', async () => {
    let isReading = false;
    listen('a', 0, (line) => isReading && heard.push(line) > 0);
    mail = { messages: [one(1, [0]), one(2, [0])] };
    await pass(1_000);
    expect([heard, receipts]).toEqual([[], []]);
    isReading = true;
    await pass(1_000);
    expect(heard).toMatchObject([{ id: 'm1' }, { id: 'm2' }]);
  });

  it('say every five minutes what others do, when that has changed', async () => {
    const asksFor = () => (queries.at(-1)?.input as { attempts: { digest?: true }[] } | undefined)?.attempts[0]?.digest;
    listen('a');
    await pass(299_000);
    expect(asksFor()).toBeUndefined();
    mail = { digests: [{ taskId: 'a', attempt: 1, text: 'old' }, { taskId: 'gone', attempt: 1, text: 'x' }, {}] };
    await pass(1_000);
    expect([asksFor(), heard]).toEqual([true, []]);
    mail = { digests: [{ taskId: 'a', attempt: 1, text: 'new' }] };
    await pass(2_000);
    expect(heard).toMatchObject([{ pact: 'message', id: 'digest', from: 'pact', body: { digest: 'new' } }]);
  });
});
