import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { afterAll, describe, expect, it } from 'vitest';
import { createEnvironment, isRunning, until } from './attempt-fixture.ts';
import { createScriptedAttempts, AGENT, deliverables, failureOf } from './scripted-attempts.ts';

const { fixture, perform, toInput, workspaceOf } = await createScriptedAttempts();
afterAll(() => fixture.close());

describe('an attempt fails', () => {
  it('when the agent does, with its exit code, the end of its output and its log; the workspace stays', async () => {
    const input = await toInput([{ print: 'cannot find the grammar' }, { write: 'half-done' }, { exit: 7 }], {
      task: { deliverables },
    });
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
    expect(detail.checks.map(({ check, ok }) => [check, ok])).toEqual([
      ['fails', false],
      ['passes', true],
      ['hangs', false],
      ['missing', false],
    ]);
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
  it('with a check that is not the authorized one any more', async () => {
    const input = await toInput([], { task: { checks: ['passes'] } });
    const checks = [{ id: 'passes', digest: 'b'.repeat(64) }];
    const { failure, detail } = await failureOf(perform({ ...input, task: { ...input.task, checks } }));
    expect(failure.type).toBe('ConfigChanged');
    expect(detail).toMatchObject({ cause: 'refused', retryable: false });
    expect(detail.message).toMatch(/Check "passes" is not the one that was authorized.*expected digest bbbb/);
  });
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
    const running = perform(
      await toInput([{ ignoreTerm: true }, { grandchild: childFile }, { pid: pidFile }, { hang: true }]),
      env,
    );
    await until('the agent at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    const pids = await Promise.all([pidFile, childFile].map(async (file) => Number(await readFile(file, 'utf8'))));
    expect(await Promise.all(pids.map(isRunning))).toEqual([true, true]);
    env.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
  });

  it('ends a running check as well', async () => {
    const pidFile = join(fixture.baseDir, 'check-pid');
    const program = await fixture.program(
      'check.mjs',
      `import fs from 'fs'; fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
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
    const input = await toInput([{ pid: pidFile }, { write: 'src/a.txt', text: 'x' }, { awaitFile: go }], {
      task: { deliverables },
    });
    const first = failureOf(perform(input));
    await until('the first at work', async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    const pid = Number(await readFile(pidFile, 'utf8'));
    const second = perform(input);
    expect((await first).detail).toMatchObject({
      cause: 'lost',
      message: expect.stringContaining('delivered to this worker again'),
    });
    expect(await isRunning(pid)).toBe(false);
    await writeFile(go, '');
    expect((await second).deliverables).toHaveLength(1);
    expect(await readdir(join(workspaceOf(input.attempt), '..'))).toContain(`${input.attempt}.lost-1`);
  });
});
