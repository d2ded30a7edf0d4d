import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptFailure, PerformTaskInput, PerformTaskResult } from '../../src/domain/attempt.ts';
import type { JsonObject } from '../../src/domain/plan/plan.ts';
import { commandAgent, createEnvironment, createFixture, isRunning, until, type Fixture } from './attempt-fixture.ts';

/** Does what the task's input says; `steps` are run in order. */
const AGENT = `
import { mkdirSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const request = JSON.parse((await lines.next()).value);
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
for (const step of request.task.input.steps ?? []) {
  for (const file of [step.write, step.copyInput, step.answer]) if (file) mkdirSync(dirname(file), { recursive: true });
  if (step.write) writeFileSync(step.write, step.text ?? '');
  if (step.dump) writeFileSync(step.dump, JSON.stringify({ request, env: process.env, cwd: process.cwd() }));
  if (step.copyInput) writeFileSync(step.copyInput, readFileSync(request.inputs[0].path));
  if (step.say) say(step.say);
  if (step.print) console.log(step.print);
  if (step.pid) writeFileSync(step.pid, String(process.pid));
  if (step.answer) writeFileSync(step.answer, (await lines.next()).value);
  if (step.awaitFile) while (!existsSync(step.awaitFile)) await new Promise((r) => setTimeout(r, 20));
  if (step.ignoreTerm) process.on('SIGTERM', () => {});
  if (step.grandchild) writeFileSync(step.grandchild, String(spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).pid));
  if (step.hang) await new Promise(() => setInterval(() => {}, 1000));
  if (step.exit !== undefined) process.exit(step.exit);
}
process.exit(0);
`;

let fixture: Fixture;

beforeAll(async () => {
  fixture = await createFixture((baseDir) => {
    const run = [process.execPath, join(baseDir, 'agents/agent.mjs')];
    const check = (id: string, source: string, timeoutMs = 20_000) => ({ id, run: [process.execPath, '-e', source], timeoutMs, env: {} });
    return {
      agents: [
        commandAgent('builder', run),
        commandAgent('talker', run, { input: 'stream' }),
        { ...commandAgent('ann', []), adapter: { kind: 'human', people: null, withinMs: 1, otherwise: 'fail' } },
      ],
      checks: [
        check('passes', 'console.log("fine in " + process.cwd()); require("fs").statSync("a.txt")'),
        check('fails', 'console.error("2 tests failed"); process.exit(3)'),
        check('hangs', 'console.log("started"); setInterval(() => {}, 1000)', 400),
        { id: 'missing', run: ['/no/such/program'], timeoutMs: 1_000, env: {} },
      ],
    };
  });
  await fixture.program('agent.mjs', AGENT);
});
afterAll(() => fixture.close());

let attempts = 0;
type Change = Partial<Omit<PerformTaskInput, 'task'>> & { readonly task?: Partial<PerformTaskInput['task']> };
async function toInput(steps: readonly JsonObject[], { task, ...change }: Change = {}): Promise<PerformTaskInput> {
  attempts += 1;
  return await fixture.input({ attempt: attempts, ...change }, { input: { steps }, ...task });
}
const deliverables = [{ id: 'code', path: 'src/a.txt' }];

async function failureOf(run: Promise<unknown>): Promise<{ failure: ApplicationFailure; detail: AttemptFailure }> {
  const failure = await run.then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  const application = failure as ApplicationFailure;
  expect(application.nonRetryable).toBe(true);
  expect(application.details).toHaveLength(1);
  return { failure: application, detail: application.details?.[0] as AttemptFailure };
}

const perform = async (input: PerformTaskInput, env = createEnvironment().env): Promise<PerformTaskResult> =>
  (await env.run(fixture.activities.agentActivities.performTask, input)) as PerformTaskResult;
const workspaceOf = (attempt: number) => join(fixture.baseDir, '.pact/workspaces/pact-1/lexer', String(attempt));

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
    expect(seen.env).toMatchObject({ HOME: join(root, 'home'), TMPDIR: join(root, 'tmp'), PACT_ATTEMPT: `pact-1/lexer/${input.attempt}` });
    const names = Object.keys(seen.env).filter((name) => !['PATH', 'LANG', 'TZ', 'HOME', 'TMPDIR', 'PACT_ATTEMPT'].includes(name));
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
    const steps = [{ write: 'elsewhere.txt', text: 'x' }, { say: { pact: 'result', outputs: [{ deliverable: 'code', path: 'elsewhere.txt' }] } }];
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
    expect(beats[0]).toMatchObject({ status: 'working', progress_percentage: 0, next_coordination_point: '2026-12-01T12:00:00.000Z' });
    await until('the status in a heartbeat', () => beats.at(-1)?.status === 'blocked');
    const count = beats.length;
    await until('more heartbeats of a silent agent', () => beats.length > count + 1);
    const names = ['agent_id', 'blocking_issues', 'current_task', 'estimated_completion', 'next_coordination_point'];
    for (const beat of beats) {
      expect(Object.keys(beat).toSorted()).toEqual([...names, 'outputs_ready', 'progress_percentage', 'status']);
    }
    expect(beats.at(-1)).toMatchObject({ agent_id: 'builder', progress_percentage: 40, blocking_issues: ['no disk'], current_task: 'Write the lexer' });
    await writeFile(go, '');
    await running;
    const afterwards = beats.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(beats).toHaveLength(afterwards);
  });

  it('what the sprint must know goes to it in a signal, named by task and attempt', async () => {
    const go = join(fixture.baseDir, 'go-signal');
    const input = await toInput([{ say: { pact: 'status', status: 'blocked', blocking_issues: ['no key'] } }, { awaitFile: go }], {
      ownerId: 'owner-of-signal',
    });
    const running = perform(input);
    const find = () => fixture.signals.find(({ workflowId }) => workflowId === 'owner-of-signal');
    await until('the signal', () => find() !== undefined);
    expect(find()).toMatchObject({
      name: 'agentStatus',
      payload: { reports: [{ agent_id: 'builder', status: 'blocked', blocking_issues: ['no key'], task_id: 'lexer', attempt: input.attempt }] },
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
      expect(query).toEqual({ attempts: [{ taskId: 'lexer', attempt: input.attempt }] });
      const answers = asked().length === 0 ? [] : [{ taskId: 'lexer', attempt: input.attempt, questionId: 'q1', decision: 'b', text: 'take b', data: null }];
      return { answers };
    });
    const result = await perform(input);
    expect(asked()[0]?.payload).toMatchObject({ reports: [{ status: 'blocked', question: { id: 'q1', text: 'Which one?', options: ['a', 'b'] } }] });
    const answer = JSON.parse(await readFile(fileURLToPath(result.deliverables[0]?.uri ?? ''), 'utf8'));
    expect(answer).toMatchObject({ pact: 'answer', id: 'q1', decision: 'b', text: 'take b' });
  });
});

describe('an attempt fails', () => {
  it('when the agent does, with its exit code, the end of its output and its log; the workspace stays', async () => {
    const input = await toInput([{ print: 'cannot find the grammar' }, { write: 'half-done' }, { exit: 7 }], { task: { deliverables } });
    const { failure, detail } = await failureOf(perform(input));
    expect(failure.type).toBe('AgentError');
    expect(detail).toMatchObject({ cause: 'agent', retryable: true, exitCode: 7, log: `logs/lexer.${input.attempt}.log` });
    expect(detail.tail).toContain('cannot find the grammar');
    expect(await readdir(join(workspaceOf(input.attempt), 'work'))).toEqual(['half-done']);
  });

  it('when a declared deliverable is missing, before any check runs', async () => {
    const { failure, detail } = await failureOf(perform(await toInput([], { task: { deliverables, checks: ['fails'] } })));
    expect(failure.type).toBe('AgentError');
    expect(detail).toMatchObject({ cause: 'agent', retryable: true, checks: [] });
    expect(detail.message).toMatch(/Deliverable "code" \(src\/a\.txt\) does not exist in the workspace/);
  });

  it('when its result names an output that the task does not declare', async () => {
    const steps = [{ write: 'src/a.txt' }, { say: { pact: 'result', outputs: [{ deliverable: 'cod', path: 'x' }] } }];
    const { detail } = await failureOf(perform(await toInput(steps, { task: { deliverables } })));
    expect(detail.message).toMatch(/names the output "cod", which task "lexer" does not declare \(declared: "code"\)/);
  });

  it('when a check does, with the evidence of all checks', async () => {
    const input = await toInput([{ write: 'a.txt' }], { task: { checks: ['fails', 'passes', 'hangs', 'missing'] } });
    const { failure, detail } = await failureOf(perform(input));
    expect(failure.type).toBe('CheckFailed');
    expect(detail).toMatchObject({ cause: 'check', retryable: true, exitCode: 3, log: `logs/lexer.${input.attempt}.log` });
    expect(detail.message).toMatch(/^Check "fails" .* ended with exit code 3 .*2 more failed: hangs, missing\.$/);
    expect(detail.checks.map(({ check, ok }) => [check, ok])).toEqual([['fails', false], ['passes', true], ['hangs', false], ['missing', false]]);
    expect(detail.checks[0]?.tail).toContain('2 tests failed');
    expect(detail.checks[2]?.tail).toContain('[Timed out after 400 ms]');
    for (const { tail } of detail.checks) expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(2_048);
  });

  it('when its time is up', async () => {
    const deadline = new Date(Date.now() + 500).toISOString();
    const { failure, detail } = await failureOf(perform(await toInput([{ hang: true }], { deadline })));
    expect(failure.type).toBe('BudgetExceeded');
    expect(detail.cause).toBe('timeBudget');
  });

  it('when an input cannot be had, for good', async () => {
    const deliverable = { id: 'code', path: 'src/a.txt', uri: 'file:///nowhere', sha256: 'f'.repeat(64), size: 1 };
    const { detail } = await failureOf(perform(await toInput([], { inputs: [{ task: 'spec', deliverable }] })));
    expect(detail).toMatchObject({ cause: 'agent', retryable: false });
    expect(detail.message).toMatch(/^Input: Deliverable "code" .* is missing/);
  });
});

describe('an attempt is refused', () => {
  it.each([
    ['another digest than the authorized one', { digest: 'a'.repeat(64) }, {}, /expected digest aaaa.*found [0-9a-f]{64}/],
    ['an agent that the config does not have', { agent: 'nobody' }, {}, /no agent "nobody"/],
    ['an agent that is a person', { agent: 'ann' }, {}, /"ann" is a person/],
    ['a check that the config does not have', {}, { checks: ['lint'] }, /asks for the check "lint".*it has: passes, fails/],
  ])('with %s, and no process is started', async (_, change, task, message) => {
    const marker = join(fixture.baseDir, 'must-not-run');
    const { failure, detail } = await failureOf(perform(await toInput([{ write: marker }], { ...change, task })));
    expect(failure.type).toBe('ConfigChanged');
    expect(detail).toMatchObject({ cause: 'refused', retryable: false });
    expect(detail.message).toMatch(message);
    await expect(stat(marker)).rejects.toThrow(/ENOENT/);
  });

  it('when the program file has changed since the authorization', async () => {
    const input = await toInput([]);
    await fixture.program('agent.mjs', `${AGENT}// changed`);
    const { detail } = await failureOf(perform(input));
    await fixture.program('agent.mjs', AGENT);
    expect(detail.message).toMatch(/its config or a program file has changed/);
    await perform(input);
  });
});

describe('a cancel', () => {
  it('ends every process of the agent first and stays a CancelledFailure', async () => {
    const [pidFile, childFile] = [join(fixture.baseDir, 'pid'), join(fixture.baseDir, 'child')];
    const { env } = createEnvironment();
    const running = perform(await toInput([{ ignoreTerm: true }, { grandchild: childFile }, { pid: pidFile }, { hang: true }]), env);
    await until('the agent at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    const pids = await Promise.all([pidFile, childFile].map(async (file) => Number(await readFile(file, 'utf8'))));
    expect(await Promise.all(pids.map(isRunning))).toEqual([true, true]);
    env.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
  });

  it('ends a running check as well', async () => {
    const pidFile = join(fixture.baseDir, 'check-pid');
    const program = await fixture.program('check.mjs', `import fs from 'fs'; fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`);
    const check = { id: 'endless', run: [process.execPath, program], timeoutMs: 60_000, env: {} };
    (fixture.config.checks as unknown as object[]).push(check);
    const { env } = createEnvironment();
    const running = perform(await toInput([], { task: { checks: ['endless'] } }), env);
    await until('the check at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    env.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect(await isRunning(Number(await readFile(pidFile, 'utf8')))).toBe(false);
  });

  it('by the shutdown of the worker loses the attempt, so that the sprint does it again', async () => {
    const pidFile = join(fixture.baseDir, 'shutdown-pid');
    const { env } = createEnvironment();
    const running = perform(await toInput([{ pid: pidFile }, { hang: true }]), env);
    await until('the agent at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    const { detail } = await failureOf(running);
    expect(detail).toMatchObject({ cause: 'lost', retryable: true });
    expect(await isRunning(Number(await readFile(pidFile, 'utf8')))).toBe(false);
  });

  it('before the start starts nothing', async () => {
    const marker = join(fixture.baseDir, 'must-not-start');
    const { env } = createEnvironment();
    env.cancel();
    await expect(perform(await toInput([{ write: marker }]), env)).rejects.toBeInstanceOf(CancelledFailure);
    await expect(stat(marker)).rejects.toThrow(/ENOENT/);
  });
});

describe('a second delivery of the same attempt', () => {
  it('waits until the first has been ended, and does the work in a fresh workspace', async () => {
    const [pidFile, go] = [join(fixture.baseDir, 'first-pid'), join(fixture.baseDir, 'go-second')];
    const input = await toInput([{ pid: pidFile }, { write: 'src/a.txt', text: 'x' }, { awaitFile: go }], { task: { deliverables } });
    const first = failureOf(perform(input));
    await until('the first at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    const pid = Number(await readFile(pidFile, 'utf8'));
    const second = perform(input);
    expect((await first).detail).toMatchObject({ cause: 'lost', message: expect.stringContaining('delivered to this worker again') });
    expect(await isRunning(pid)).toBe(false);
    await writeFile(go, '');
    expect((await second).deliverables).toHaveLength(1);
    expect(await readdir(join(workspaceOf(input.attempt), '..'))).toContain(`${input.attempt}.lost-1`);
  });
});
