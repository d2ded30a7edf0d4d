import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStatusBatcher, type SendSignal, type StatusBatcher } from '../../src/activities/status-batcher.ts';
import type { StatusReport } from '../../src/domain/agent-status.ts';
import { statusReportSchema } from '../../src/domain/messages.ts';

interface Sent {
  readonly to: string;
  readonly name: string;
  readonly at: number;
  readonly reports: readonly StatusReport[];
}

let sent: Sent[];
let respond: SendSignal;
let batcher: StatusBatcher;
let startedAt: number;

beforeEach(() => {
  vi.useFakeTimers();
  startedAt = Date.now();
  sent = [];
  respond = async () => 'sent';
  batcher = createStatusBatcher({
    log: { debug: () => undefined },
    async signal(to, name, payload) {
      sent.push({ to, name, at: Date.now() - startedAt, ...(payload as { reports: StatusReport[] }) });
      return await respond(to, name, payload);
    },
  });
});
afterEach(() => {
  batcher.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer outlived close()');
  vi.useRealTimers();
});

const report = (task: string, change: Partial<StatusReport> = {}): StatusReport => ({
  agent_id: 'builder',
  status: 'working',
  current_task: task,
  progress_percentage: 0,
  estimated_completion: null,
  blocking_issues: [],
  next_coordination_point: null,
  outputs_ready: [],
  task_id: task,
  attempt: 1,
  ...change,
});
const question = (id: string, text = 'Which one?') => ({ id, text, options: ['a', 'b'] });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('urgent reports', () => {
  it('go at once, those of 50 ms together in one signal', async () => {
    batcher.report('core', report('a', { status: 'blocked' }), true);
    await pass(30);
    batcher.report('core', report('b', { status: 'error' }), true);
    await pass(19);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ to: 'core', name: 'agentStatus' });
    expect(sent[0]?.reports.map(({ task_id }) => task_id)).toEqual(['a', 'b']);
  });

  it('of a noisy agent make at most 10 signals a second, and the newest is the last', async () => {
    for (let n = 0; n < 300; n += 1) {
      batcher.report('core', report('a', { blocking_issues: [`issue ${n}`] }), true);
      await pass(10);
    }
    await pass(200);
    expect(sent.length).toBeGreaterThanOrEqual(25);
    expect(sent.length).toBeLessThanOrEqual(31);
    expect(sent.at(-1)?.reports.at(-1)?.blocking_issues).toEqual(['issue 299']);
  });

  it('do not take routine reports along before those are due', async () => {
    batcher.report('core', report('a'), false);
    await pass(1_000);
    batcher.report('core', report('a', { progress_percentage: 50 }), false);
    batcher.report('core', report('b', { status: 'blocked' }), true);
    await pass(1_000);
    expect(sent.map(({ reports }) => reports.map(({ task_id }) => task_id))).toEqual([['a'], ['b']]);
  });

  it('go to each owner by itself', async () => {
    batcher.report('core', report('a'), true);
    batcher.report('docs', report('b'), true);
    await pass(60);
    expect(sent.map(({ to }) => to).toSorted()).toEqual(['core', 'docs']);
  });
});

describe('routine reports', () => {
  it('of 1,000 agents that report every second make one signal in 15 s', async () => {
    for (let second = 0; second < 61; second += 1) {
      for (let n = 0; n < 1_000; n += 1) batcher.report('core', report(`t${n}`, { progress_percentage: second }), false);
      await pass(1_000);
    }
    expect(sent.map(({ at }) => at)).toEqual([1_000, 16_000, 31_000, 46_000, 61_000]);
    for (const { reports } of sent) expect(new Set(reports.map(({ task_id }) => task_id)).size).toBe(1_000);
  });

  it('that do not fit into 256 KiB go in several signals right after each other', async () => {
    for (let n = 0; n < 1_000; n += 1) batcher.report('core', report(`t${n}`, { blocking_issues: ['x'.repeat(700)] }), false);
    await pass(2_000);
    expect(sent.map(({ at }) => at)).toEqual([1_000, 1_100, 1_200, 1_300]);
    expect(new Set(sent.flatMap(({ reports }) => reports.map(({ task_id }) => task_id))).size).toBe(1_000);
    for (const { reports } of sent) expect(Buffer.byteLength(JSON.stringify({ reports }))).toBeLessThanOrEqual(256 * 1024);
  });

  it('wait longer the more signals they take, so that those a minute do not grow with the agents', async () => {
    for (let second = 0; second < 121; second += 1) {
      for (let n = 0; n < 1_000; n += 1)
        batcher.report('core', report(`t${n}`, { current_task: `step ${second}`, blocking_issues: ['x'.repeat(120)] }), false);
      await pass(1_000);
    }
    expect(sent.map(({ at }) => at)).toEqual([1_000, 1_100, 31_100, 31_200, 61_200, 61_300, 91_300, 91_400]);
  });

  it('that change nothing but times are not sent again', async () => {
    for (let second = 0; second < 120; second += 1) {
      batcher.report(
        'core',
        report('a', { estimated_completion: `2026-12-01T00:00:${second}Z`, progress_percentage: 10.1 + second / 1e3 }),
        false,
      );
      await pass(1_000);
    }
    expect(sent).toHaveLength(1);
  });

  it('with a few points of progress only make 60 signals in a quiet hour of 100 agents', async () => {
    for (let second = 0; second < 3_600; second += 5) {
      for (let n = 0; n < 100; n += 1)
        batcher.report('core', report(`t${n}`, { progress_percentage: second / 3_600 + 0.4 * n }), false);
      await pass(5_000);
    }
    expect(sent.length).toBeLessThanOrEqual(61);
    expect(sent.length).toBeGreaterThan(0);
  });

  it('of an attempt that has ended are not sent', async () => {
    batcher.report('core', report('a'), false);
    batcher.report('core', report('b'), false);
    batcher.forget('core', 'a', 1);
    await pass(20_000);
    expect(sent.flatMap(({ reports }) => reports.map(({ task_id }) => task_id))).toEqual(['b']);
  });

  it('keep their rhythm over attempts that come and go', async () => {
    for (let n = 0; n < 60; n += 1) {
      batcher.report('core', report(`t${n}`), false);
      await pass(1_000);
      batcher.forget('core', `t${n}`, 1);
    }
    expect(sent.length).toBeLessThanOrEqual(5);
  });
});

describe('questions', () => {
  it('are kept until they are sent, in their order, whatever is reported after them', async () => {
    batcher.report('core', report('a', { status: 'blocked', question: question('q1') }), true);
    batcher.report('core', report('a', { status: 'blocked', question: question('q2') }), true);
    batcher.report('core', report('a', { progress_percentage: 40 }), false);
    await pass(60);
    expect(sent[0]?.reports.map((one) => one.question?.id ?? one.status)).toEqual(['q1', 'q2', 'working']);
  });

  it('that are repeated with every report are sent once', async () => {
    for (let n = 0; n < 50; n += 1) {
      batcher.report('core', report('a', { status: 'blocked', question: question('q1') }), false);
      await pass(1_000);
    }
    expect(sent.flatMap(({ reports }) => reports.filter((one) => one.question !== undefined))).toHaveLength(1);
  });

  it('are cut to what the sprint accepts', async () => {
    const long = { id: 'i'.repeat(300), text: 't'.repeat(9_000), options: Array.from({ length: 40 }, () => 'o'.repeat(900)) };
    batcher.report('core', report('a', { question: long }), true);
    await pass(60);
    expect(statusReportSchema.safeParse(sent[0]?.reports[0]).success).toBe(true);
  });
});

describe('a signal that cannot be sent', () => {
  it('is tried again with the newest, questions included, at growing intervals', async () => {
    respond = async () => Promise.reject(new Error('unavailable'));
    batcher.report('core', report('a', { status: 'blocked', question: question('q1') }), true);
    await pass(60);
    batcher.report('core', report('a', { status: 'working', progress_percentage: 70 }), false);
    await pass(10_000);
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.length).toBeLessThan(9);
    respond = async () => 'sent';
    await pass(15_000);
    const last = sent.at(-1)?.reports ?? [];
    expect(last.map((one) => one.question?.id ?? one.progress_percentage)).toEqual(['q1', 70]);
    const attempts = sent.length;
    await pass(14_000);
    expect(sent).toHaveLength(attempts);
  });

  it('is dropped when there is no such workflow', async () => {
    respond = async () => 'gone';
    batcher.report('core', report('a', { status: 'blocked' }), true);
    await pass(60_000);
    expect(sent).toHaveLength(1);
  });

  it('of one owner does not hold up another', async () => {
    respond = async (to) => (to === 'core' ? await new Promise<never>(() => undefined) : 'sent');
    batcher.report('core', report('a'), true);
    await pass(60);
    batcher.report('docs', report('b'), true);
    await pass(60);
    expect(sent.map(({ to }) => to)).toEqual(['core', 'docs']);
  });
});
