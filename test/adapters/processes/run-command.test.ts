import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand, type CommandSpec } from '../../../src/adapters/processes/run-command.ts';
import { fileAppears, fixture, isAlive } from '../agents/agent-harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'pact-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (argv: readonly string[], more: Partial<CommandSpec> = {}) =>
  runCommand({ argv, cwd: folder, env: { PATH: process.env['PATH'] ?? '' }, timeoutMs: 20_000, killGraceMs: 200, ...more });

test('exit: code, tail and log of a command that ends', async () => {
  const logFile = join(folder, 'log');
  expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], { logFile })).toMatchObject({
    exitCode: 3,
    timedOut: false,
    failure: 'Exited with 3',
  });
  expect(readFileSync(logFile, 'utf8').split('\n').toSorted()).toEqual(['', 'err', 'out']);
  expect(await run(['cat'], { input: 'hello' })).toMatchObject({ exitCode: 0, tail: 'hello', failure: null });
  expect(await run(['cat'])).toMatchObject({ exitCode: 0, tail: '' });
});

test('environment: only what is given, and a marker of its own', async () => {
  const { tail } = await run(['/usr/bin/env'], { env: { ONLY: 'this' } });
  expect(
    tail
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
      .toSorted(),
  ).toEqual(['ONLY', 'PACT_ATTEMPT']);
});

test('priority: less than that of the worker, which must be able to stop it', async () => {
  const ownPriority = 'setTimeout(() => console.log(os.getPriority()), 200)';
  const { tail } = await run([process.execPath, '--eval', ownPriority]);
  expect(Number(tail)).toBe(Math.min(getPriority() + 5, 19));
});

test('timeout: the command and what it started, even outside its group, are dead', async () => {
  const pidsPath = join(folder, 'pids');
  const result = await run([process.execPath, fixture('stubborn.mjs')], { timeoutMs: 2_500 });
  expect(result).toMatchObject({ exitCode: null, timedOut: true, failure: 'Timed out after 2500 ms' });
  const pids = await fileAppears<number[]>(pidsPath);
  expect(pids.filter(isAlive)).toEqual([]);
});

test('abort: ends it, and one that is aborted before never starts', async () => {
  const controller = new AbortController();
  const running = run(['sh', '-c', 'touch started; exec sleep 600'], { signal: controller.signal });
  setImmediate(() => controller.abort());
  expect(await running).toMatchObject({ exitCode: null, failure: 'Stopped', timedOut: false });
  expect(await run(['touch', 'never'], { signal: controller.signal })).toMatchObject({ failure: 'Stopped before it started' });
});

test('start: a command that cannot be started says why', async () => {
  const result = await run(['no-such-command']);
  expect(result).toMatchObject({ exitCode: null, failure: expect.stringContaining('"no-such-command" (ENOENT)') });
  expect(result.tail).toBe(result.failure);
  expect((await run(['true', 'nul\0byte'])).failure).toContain('Cannot start "true"');
});
