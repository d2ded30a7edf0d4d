import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStatusDocuments } from '../../src/activities/status-document.ts';
import { toReport } from '../../src/domain/execution/report.ts';
import { createExecution } from '../../src/domain/execution/state.ts';
import { toStatusMarkdown } from '../../src/activities/status-markdown.ts';
import type { StatusView } from '../../src/domain/views.ts';
import { createEnvironment, createFixture, until, type Fixture } from './attempt-fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await createFixture(() => ({}));
});
afterAll(() => fixture.close());

const counts = { total: 4, waiting: 1, running: 1, blocked: 0, done: 2, failed: 0, cancelled: 0, skipped: 0 };
const status = (change: Partial<StatusView> = {}): StatusView => ({
  executionId: 'pact-1',
  project: 'Parser 2.0',
  phase: 'running',
  reason: null,
  planHash: 'abc',
  progressPercentage: 50,
  forecastCompletion: '2026-12-01T12:00:00.000Z',
  sprints: [
    {
      id: 'core',
      workflowId: 'pact-1/sprint/core',
      phase: 'running',
      progressPercentage: 50,
      forecastCompletion: null,
      tasks: counts,
    },
  ],
  tasks: counts,
  agents: [
    {
      agent_id: 'builder',
      status: 'blocked',
      current_task: 'Write | the <b>lexer</b>',
      progress_percentage: 33.4,
      estimated_completion: null,
      blocking_issues: ['no key', 'line\nbreak'],
      next_coordination_point: null,
      outputs_ready: ['code'],
    },
  ],
  alerts: [{ id: 'late', kind: 'timeline', text: 'late by 1h', since: '2026-12-01T10:00:00.000Z' }],
  inbox: [
    {
      itemId: 'sign#1',
      kind: 'humanTask',
      title: 'Sign off',
      question: 'Good?',
      options: ['approve', 'reject'],
      people: ['ann'],
      since: '2026-12-01T10:00:00.000Z',
      deadline: '2026-12-01T11:00:00.000Z',
      otherwise: 'fails',
      sprint: 'core',
      task: 'sign',
    },
  ],
  coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: { done: 3, of: 4 } },
  ...change,
});

const inFolder = (name: string, executionId = 'pact-1') => readFile(join(fixture.store.folderOf(executionId), name), 'utf8');

describe('journal and report', () => {
  it('write the ledger once, the report with its hash, and the last status', async () => {
    const { env } = createEnvironment();
    const { journal, writeReport } = fixture.activities.workflowActivities;
    const entry = {
      at: '2026-12-01T10:00:00.000Z',
      source: 'pact-1',
      run: 'r1',
      seq: 1,
      event: 'taskStarted',
      text: 'lexer started',
      data: {},
    };
    await env.run(journal, { executionId: 'pact-1', entries: [entry] });
    await env.run(journal, { executionId: 'pact-1', entries: [entry, { ...entry, seq: 2 }] });
    expect(
      (await inFolder('ledger.jsonl'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).toEqual([1, 2]);

    const input = {
      executionId: 'pact-1',
      json: toReport(createExecution('pact-1', 0)),
      status: status({ phase: 'completed' }),
    };
    const report = (await env.run(writeReport, input)) as { uri: string; sha256: string };
    expect(Object.keys(report)).toEqual(['uri', 'sha256']);
    expect(JSON.parse(await readFile(fileURLToPath(report.uri), 'utf8'))).toEqual(input.json);
    expect(await inFolder('report.md')).toContain('# pact-1: preparing');
    expect(await inFolder('status.md')).toContain('# Parser 2.0: completed');
  });
});

describe('status.md', () => {
  it('shows phase, progress, forecast, sprints, agents, inbox, alerts and the drain of a stop', () => {
    const text = toStatusMarkdown(status({ reason: 'stopped by ann' }));
    for (const part of [
      '# Parser 2.0: running',
      '50 %',
      '2026-12-01T12:00:00.000Z',
      '| core | running |',
      'builder',
      '33 %',
      'no key; line break',
    ]) {
      expect(text).toContain(part);
    }
    for (const part of ['| sign#1 |', 'approve, reject', 'late by 1h', 'drained 3 of 4', 'stopped by ann'])
      expect(text).toContain(part);
  });

  it('lets no text of an agent out of its cell', () => {
    const text = toStatusMarkdown(status());
    expect(text).toContain('Write \\| the &lt;b&gt;lexer&lt;/b&gt;');
  });

  it('is rewritten on changes while attempts run, once more after the last, and never after the end', async () => {
    let writes: string[] = [];
    let answer: StatusView | Error = status();
    let queries = 0;
    let others = 0;
    const documents = createStatusDocuments({
      everyMs: 5,
      log: { debug: () => undefined },
      store: {
        writeDocument: async (_, __, text) => {
          writes.push(text);
          return { uri: '', sha256: '', size: 0 };
        },
      },
      query: async (workflowId) => {
        if (workflowId === 'another') others += 1;
        else queries += 1;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const [one, two] = [documents.watch('pact-1'), documents.watch('pact-1')];
    await until('three queries', () => queries >= 3);
    expect(writes).toHaveLength(1);
    answer = new Error('no worker');
    const failed = queries;
    await until('queries that fail', () => queries >= failed + 2);
    answer = status({ progressPercentage: 75 });
    await until('the change', () => writes.length === 2);
    one();
    one();
    const before = queries;
    await until('queries for the attempt that is left', () => queries >= before + 2);
    two();
    answer = status({ progressPercentage: 100 });
    await until('the last change', () => writes.length === 3);
    const late = documents.watch('pact-1');
    await documents.write('pact-1', status({ phase: 'completed' }));
    const ended = queries;
    writes = [];
    documents.watch('another');
    await until('some beats of another execution', () => others >= 3);
    expect(queries - ended).toBeLessThanOrEqual(1);
    expect(writes).toHaveLength(1);
    late();
    documents.close();
  });
});
