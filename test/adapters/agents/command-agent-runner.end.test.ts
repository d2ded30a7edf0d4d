import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRun, fileAppears, finish, fixture, isAlive, removeRuns, runner } from './agent-harness.ts';

afterAll(removeRuns);

const stubborn = (...more: string[]): readonly string[] => [process.execPath, fixture('stubborn.mjs'), ...more];

test('stop: an agent that ignores TERM and its children in and outside its group are dead when the outcome is known', async () => {
  const test = createRun({ argv: stubborn() });
  const running = runner().start(test.run);
  const pids = await fileAppears<number[]>(join(test.workspace, 'pids'));
  expect(pids.map(isAlive)).toEqual([true, true, true]);
  test.abort();
  expect(await running.outcome).toMatchObject({ ok: false, failure: { cause: 'stopped', tail: 'all up\n' } });
  expect(pids.filter(isAlive)).toEqual([]);
});

test('exit: what the agent leaves behind is killed, and a pipe that it holds open hangs nothing', async () => {
  const test = createRun({ argv: stubborn('leave') });
  const outcome = await finish(test);
  expect(outcome).toMatchObject({ ok: true });
  const pids = await fileAppears<number[]>(join(test.workspace, 'pids'));
  expect(pids.filter(isAlive)).toEqual([]);
});

test('stop: 20 agents at once, each with children that ignore TERM or left the group, are all dead within 5 s', async () => {
  const runs = Array.from({ length: 20 }, (_, index) =>
    createRun({ argv: index % 4 === 0 ? stubborn() : ['sh', fixture('stubborn.sh')] }),
  );
  const running = runs.map(({ run }) => runner().start(run));
  const pids = (await Promise.all(runs.map(({ workspace }) => fileAppears<number[]>(join(workspace, 'pids'), 40_000)))).flat();
  expect(pids).toHaveLength(60);
  const stoppedAt = performance.now();
  for (const { abort } of runs) abort();
  const outcomes = await Promise.all(running.map(({ outcome }) => outcome));
  const tookMs = performance.now() - stoppedAt;
  expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.cause))).toEqual(runs.map(() => 'stopped'));
  expect(pids.filter(isAlive)).toEqual([]);
  expect(tookMs).toBeLessThan(5_000);
});

test('stop: an agent that ends well on TERM is still stopped, not done', async () => {
  const test = createRun({
    argv: ['sh', '-c', `trap 'exit 0' TERM; echo '{"pact":"status","progress_percentage":1}'; while :; do sleep 0.05; done`],
  });
  const running = runner().start(test.run);
  await test.reported(({ status }) => status.progress_percentage === 1);
  test.abort();
  expect(await running.outcome).toMatchObject({ ok: false, failure: { cause: 'stopped', exitCode: 0 } });
});

test('progress: an agent that says the same again and again is stalled', async () => {
  const test = createRun({ argv: [process.execPath, fixture('beat.mjs'), 'same'], limits: { stallAfterMs: 1_000 } });
  expect(await finish(test)).toMatchObject({ ok: false, failure: { cause: 'stalled' } });
});

test('progress: an agent that never prints is stalled, and the failure says so', async () => {
  const outcome = await finish(createRun({ argv: ['sleep', '600'], limits: { stallAfterMs: 300 } }));
  expect(outcome).toMatchObject({
    ok: false,
    failure: { cause: 'stalled', message: expect.stringContaining('it never printed anything') },
  });
});

test('progress: dots without line feed are output', async () => {
  const script = 'i=0; while [ $i -lt 12 ]; do printf .; sleep 0.2; i=$((i+1)); done';
  expect(await finish(createRun({ argv: ['sh', '-c', script], limits: { stallAfterMs: 1_500 } }))).toMatchObject({ ok: true });
});

test('forecast: a slow agent that moves is left alone, and its slip is reported once per level', async () => {
  const argv = [process.execPath, fixture('beat.mjs'), 'moving', '20'];
  const test = createRun({ argv, task: { estimateMs: 500 }, limits: { stallAfterMs: 2_000 } });
  expect(await finish(test)).toMatchObject({ ok: true, lastStatus: { progress_percentage: 100 } });
  const slips = test.reports.filter(({ urgent }) => urgent);
  expect(slips.length).toBeGreaterThan(0);
  expect(slips.length).toBeLessThanOrEqual(8);
  const projected = test.reports.find(({ status }) => status.progress_percentage >= 30)?.status.estimated_completion;
  expect(Date.parse(projected ?? '')).toBeGreaterThan(Date.now() - 60_000);
});

test('start: a program that does not exist, is not executable, or has no folder to work in is named', async () => {
  const missing = await finish(createRun({ argv: ['no-such-program'] }));
  expect(missing).toMatchObject({
    ok: false,
    failure: { message: expect.stringContaining('"no-such-program" (ENOENT)'), retryable: false },
  });
  const notExecutable = await finish(createRun({ argv: [fixture('noise.py')] }));
  expect(notExecutable).toMatchObject({ ok: false, failure: { message: expect.stringContaining('EACCES'), retryable: false } });
  const test = createRun({ argv: ['true'] });
  const { outcome } = runner().start({ ...test.run, request: { ...test.run.request, workspace: join(test.workspace, 'gone') } });
  expect(await outcome).toMatchObject({ ok: false, failure: { message: expect.stringContaining('gone does not exist') } });
  expect(existsSync(join(test.workspace, 'gone'))).toBe(false);
});

test('start: a log file that cannot be written is a failure, not an exception', async () => {
  const test = createRun({ argv: ['true'] });
  const { outcome } = runner().start({ ...test.run, logFile: '/nowhere/at/all/log' });
  expect(await outcome).toMatchObject({ ok: false, failure: { cause: 'agent', message: expect.stringContaining('ENOENT') } });
});
