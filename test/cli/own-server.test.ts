import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { runPact, startPact } from './pact-process.ts';

/** A server of this folder's own, on ports that are free. */
const env = { PACT_TEMPORAL_PORT: '0', PACT_TEMPORAL_UI_PORT: '0', PACT_TEMPORAL_HTTP_PORT: '0' };
// Every command is a process of its own, and starts slowly on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-own-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const pact = (...args: string[]) => runPact(args, { cwd: folder, env });

test('in an empty folder: init, then run with server and worker of its own; both are gone afterwards', async () => {
  expect((await pact('init', '--person', 'ann')).code).toBe(0);
  const { code, stdout, stderr } = await pact('run', 'plan.yaml', '--approve-as', 'ann', '--id', 'first');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(existsSync(stdout.match(/Report: (.+)/)?.[1] ?? '')).toBe(true);
  const server = stdout.match(/on (127\.0\.0\.1:\d+)/)?.[1] ?? '';
  expect((await runPact(['status', '--address', server], { cwd: folder })).code).toBe(3);
});

test('up keeps what was there, other commands find it from a folder below, and a second Ctrl-C is not needed', async () => {
  const up = startPact(['up'], { cwd: folder, env });
  try {
    const [, address = ''] = await up.waitFor(/Server +(\S+), namespace default/);
    await up.waitFor(/Ctrl-C ends them/);
    const below = { cwd: join(folder, 'agents') };
    const status = await runPact(['status', 'first', '--json'], below);
    expect(JSON.parse(status.stdout)).toMatchObject({ executionId: 'first', phase: 'completed', source: 'workflow' });
    const run = await runPact(['run', '../plan.yaml', '--config', '../pact.config.yaml', '--approve-as', 'ann', '--json'], below);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout.split('\n')[0] ?? '')).toMatchObject({ type: 'started', address });
    expect(run.stderr).toMatch(/A worker polls the task queue "pact" already/);
  } finally {
    up.kill('SIGINT');
  }
  expect((await up.ended).code).toBe(0);
});

test('a reader that goes away ends the command quietly', async () => {
  const cli = inject('temporalCli');
  expect(cli === null || existsSync(cli)).toBe(true);
  const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', `"${process.execPath}" "${main}" --help | head -1`]);
  expect({ stdout, stderr }).toEqual({ stdout: 'Usage: pact [options] [command]\n', stderr: '' });
});
