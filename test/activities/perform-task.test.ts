import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createEnvironment, until } from './attempt-fixture.ts';
import { createScriptedAttempts, deliverables } from './scripted-attempts.ts';

const { fixture, perform, toInput, workspaceOf } = await createScriptedAttempts();
afterAll(() => fixture.close());

describe('an attempt that succeeds', () => {
  it('answers with deliverables, evidence, usage, last status and its log; its workspace is gone', async () => {
    const steps = [
      { print: 'compiling' },
      { write: 'src/a.txt', text: 'code' },
      { write: 'a.txt' },
      { say: { pact: 'status', status: 'working', progress_percentage: 80, outputs_ready: ['code'] } },
      { say: { pact: 'result', summary: 'wrote it', notes: 'none', usage: { tokens: 12, cost: 0.5 } } },
    ];
    const input = await toInput(steps, { task: { deliverables, checks: ['passes'] } });
    const result = await perform(input);
    expect(result).toMatchObject({
      summary: 'wrote it',
      notes: 'none',
      usage: { tokens: 12, cost: 0.5 },
      deliverables: [{ id: 'code', path: 'src/a.txt', size: 4 }],
      checks: [{ check: 'passes', ok: true, exitCode: 0 }],
      log: `logs/lexer.${input.attempt}.log`,
      lastStatus: { agent_id: 'builder', outputs_ready: ['code'] },
    });
    expect(result.checks[0]?.tail).toContain(`fine in ${workspaceOf(input.attempt)}/work`);
    expect(await readFile(fileURLToPath(result.deliverables[0]?.uri ?? ''), 'utf8')).toBe('code');
    expect(await readFile(join(fixture.store.folderOf('pact-1'), result.log), 'utf8')).toContain('compiling');
    await expect(stat(workspaceOf(input.attempt))).rejects.toThrow(/ENOENT/);
  });

  it('got the request, private folders and no environment of the worker', async () => {
    const input = await toInput([{ dump: 'seen.json' }], { task: { deliverables: [{ id: 'seen', path: 'seen.json' }] } });
    const result = await perform(input);
    const seen = JSON.parse(await readFile(fileURLToPath(result.deliverables[0]?.uri ?? ''), 'utf8'));
    const root = workspaceOf(input.attempt);
    expect(seen.cwd).toBe(join(root, 'work'));
    expect(seen.env).toMatchObject({
      HOME: join(root, 'home'),
      TMPDIR: join(root, 'tmp'),
      PACT_ATTEMPT: `pact-1/lexer/${input.attempt}`,
    });
    const names = Object.keys(seen.env).filter(
      (name) => !['PATH', 'LANG', 'TZ', 'HOME', 'TMPDIR', 'PACT_ATTEMPT'].includes(name),
    );
    expect(names).toEqual([]);
    expect(seen.request).toMatchObject({
      pact: 'request',
      version: 1,
      execution: 'pact-1',
      sprint: 'core',
      agent_id: 'builder',
      idempotencyKey: `pact-1/lexer/${input.attempt}`,
      workspace: join(root, 'work'),
      feedback: ['attempt 0 said hello'],
      digest: 'tester: tests',
      handover: null,
      task: { id: 'lexer', title: 'Write the lexer', estimateMs: 60_000 },
    });
  });

  it('delivers from the path that its result names', async () => {
    const steps = [
      { write: 'elsewhere.txt', text: 'x' },
      { say: { pact: 'result', outputs: [{ deliverable: 'code', path: 'elsewhere.txt' }] } },
    ];
    const result = await perform(await toInput(steps, { task: { deliverables } }));
    expect(result.deliverables).toMatchObject([{ id: 'code', path: 'elsewhere.txt', size: 1 }]);
  });

  it('reads the deliverable of an earlier task from a private copy', async () => {
    const first = await perform(await toInput([{ write: 'src/a.txt', text: 'from lexer' }], { task: { deliverables } }));
    const inputs = first.deliverables.map((deliverable) => ({ task: 'lexer', deliverable }));
    const result = await perform(await toInput([{ copyInput: 'src/a.txt' }], { inputs, task: { id: 'parser', deliverables } }));
    expect(result.deliverables[0]?.sha256).toBe(first.deliverables[0]?.sha256);
  });
});

describe('heartbeats', () => {
  it('begin at once and carry exactly the eight fields of the latest status', async () => {
    const go = join(fixture.baseDir, 'go-heartbeat');
    const status = { pact: 'status', status: 'blocked', progress_percentage: 40, blocking_issues: ['no disk'], extra: 'ignored' };
    const { env, beats } = createEnvironment();
    const running = perform(await toInput([{ say: status }, { awaitFile: go }]), env);
    await until('the first heartbeat', () => beats.length > 0);
    expect(beats[0]).toMatchObject({
      status: 'working',
      progress_percentage: 0,
      next_coordination_point: '2026-12-01T12:00:00.000Z',
    });
    await until('the status in a heartbeat', () => beats.at(-1)?.status === 'blocked');
    const count = beats.length;
    await until('more heartbeats of a silent agent', () => beats.length > count + 1);
    const names = ['agent_id', 'blocking_issues', 'current_task', 'estimated_completion', 'next_coordination_point'];
    for (const beat of beats) {
      expect(Object.keys(beat).toSorted()).toEqual([...names, 'outputs_ready', 'progress_percentage', 'status']);
    }
    expect(beats.at(-1)).toMatchObject({
      agent_id: 'builder',
      progress_percentage: 40,
      blocking_issues: ['no disk'],
      current_task: 'Write the lexer',
    });
    await writeFile(go, '');
    await running;
    const afterwards = beats.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(beats).toHaveLength(afterwards);
  });

  it('what the sprint must know goes to it in a signal, named by task and attempt', async () => {
    const go = join(fixture.baseDir, 'go-signal');
    const input = await toInput(
      [{ say: { pact: 'status', status: 'blocked', blocking_issues: ['no key'] } }, { awaitFile: go }],
      {
        ownerId: 'owner-of-signal',
      },
    );
    const running = perform(input);
    const find = () => fixture.signals.find(({ workflowId }) => workflowId === 'owner-of-signal');
    await until('the signal', () => find() !== undefined);
    expect(find()).toMatchObject({
      name: 'agentStatus',
      payload: {
        reports: [
          { agent_id: 'builder', status: 'blocked', blocking_issues: ['no key'], task_id: 'lexer', attempt: input.attempt },
        ],
      },
    });
    await writeFile(go, '');
    await running;
  });
});

describe('a question', () => {
  it('goes to the sprint, and its answer to the agent', async () => {
    const steps = [{ say: { pact: 'question', id: 'q1', text: 'Which one?', options: ['a', 'b'] } }, { answer: 'src/a.txt' }];
    const input = await toInput(steps, { agent: 'talker', ownerId: 'owner-of-question', task: { deliverables } });
    const asked = () => fixture.signals.filter(({ workflowId }) => workflowId === 'owner-of-question');
    fixture.queries.set('mailbox', (query) => {
      expect(query).toEqual({ attempts: [{ taskId: 'lexer', attempt: input.attempt, received: 0 }] });
      const answers =
        asked().length === 0
          ? []
          : [{ taskId: 'lexer', attempt: input.attempt, questionId: 'q1', decision: 'b', text: 'take b', data: null }];
      return { answers };
    });
    const result = await perform(input);
    expect(asked()[0]?.payload).toMatchObject({
      reports: [{ status: 'blocked', question: { id: 'q1', text: 'Which one?', options: ['a', 'b'] } }],
    });
    const answer = JSON.parse(await readFile(fileURLToPath(result.deliverables[0]?.uri ?? ''), 'utf8'));
    expect(answer).toMatchObject({ pact: 'answer', id: 'q1', decision: 'b', text: 'take b' });
  });
});
