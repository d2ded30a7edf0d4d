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

beforeEach(() => {
  vi.useFakeTimers();
  mailboxes = new Map();
  queries = [];
  fail = false;
  answers = createMailbox({
    log: { debug: () => undefined },
    async query(workflowId, name, input) {
      queries.push({ workflowId, name, input });
      if (fail) throw new Error('no worker');
      return { answers: mailboxes.get(workflowId) ?? [] };
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
