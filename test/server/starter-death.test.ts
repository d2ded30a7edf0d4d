import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identifyProcess, type ProcessIdentity } from '../../src/server/process-identity.ts';
import { freePort } from '../../src/server/port.ts';
import { reachServer } from '../../src/server/reachable-server.ts';
import { stopRunningServer } from '../../src/server/running-server.ts';
import type { OpenServerOptions } from '../../src/server/server-options.ts';
import { readServerRecord } from '../../src/server/server-record.ts';
import { compileServer, type CompiledServer } from './compiled-server.ts';
import { createSandbox, fakeCli, realBinary, until, type Sandbox } from './sandbox.ts';
import { startStarter, type Starter } from './starter.ts';

let compiled: CompiledServer | undefined;
let binary: string;
let sandbox: Sandbox;
const starters: Starter[] = [];
const fakeTemporal = JSON.stringify(`#!${process.execPath}\n${fakeCli('process.exit(7);')}`);
beforeAll(async () => {
  [compiled, binary] = await Promise.all([compileServer(), realBinary()]);
}, 20 * 60_000);
afterAll(() => compiled?.remove());
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  for (const { pid, exited } of starters.splice(0)) {
    if (identifyProcess(pid) !== null) process.kill(pid, 'SIGKILL');
    await exited;
  }
  await stopRunningServer(sandbox.context());
  await sandbox.remove();
});

const compiledUrl = (): string => compiled?.url ?? '';

async function start(options: Partial<OpenServerOptions> = {}): Promise<Starter> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const env = { ...sandbox.env, TMPDIR: sandbox.folder };
  const own = { baseDir: sandbox.folder, env, binary, port, httpPort, headless: true };
  const starter = startStarter(compiledUrl(), { ...own, ...options });
  starters.push(starter);
  return starter;
}

const identify = (pid: number): ProcessIdentity => {
  const identity = identifyProcess(pid);
  if (identity === null) throw new Error(`Process ${pid} does not live.`);
  return identity;
};
const readPid = (path: string): number => Number(readFileSync(path, 'utf8'));
const isDead = ({ pid }: ProcessIdentity): boolean => identifyProcess(pid) === null;

describe('starter-death', () => {
  test('SIGKILL of the starter: the server is gone in seconds, and the next start takes its folder over', async () => {
    const first = await start();
    const server = identify((await first.told('opened')).pid);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await start();
    const opened = await second.told('opened');
    expect(isDead(server)).toBe(true);
    expect(opened).toMatchObject({ started: true });
    expect((await reachServer({ address: opened.address }, 5_000)).ok).toBe(true);
  });

  test('SIGKILL of starter and keeper: the next start ends the server that is left, then opens its folder', async () => {
    const first = await start();
    const left = identify((await first.told('opened')).pid);
    const record = readServerRecord(sandbox.folder);
    process.kill(record?.keeper.pid ?? Number.NaN, 'SIGKILL');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    expect(isDead(left)).toBe(false);
    const second = await start({ limits: { graceMs: 500 } });
    expect(await second.told('opened')).toMatchObject({ started: true });
    expect(isDead(left)).toBe(true);
  });

  const onLinux = process.platform === 'linux';
  test.skipIf(!onLinux)('SIGKILL of the starter of an ephemeral server: the server and its folder are gone', async () => {
    const starter = await start({ ephemeral: true });
    const server = identify((await starter.told('opened')).pid);
    const command = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0');
    const database = command[command.indexOf('--db-filename') + 1] ?? '';
    expect(existsSync(database)).toBe(true);
    process.kill(starter.pid, 'SIGKILL');
    await until('the server has ended', () => isDead(server));
    await until('its folder is removed', () => !existsSync(join(database, '..')));
  });

  test('Ctrl-C in the terminal does not reach the server before its starter has stopped it', async () => {
    const starter = await start();
    const server = identify((await starter.told('opened')).pid);
    process.kill(-starter.pid, 'SIGINT');
    expect(await starter.told('interrupted')).toEqual({ serverAnswers: true });
    await starter.told('stopped');
    expect(isDead(server)).toBe(true);
    expect(existsSync(join(sandbox.folder, '.pact', 'server.json'))).toBe(false);
  });

  test('a detached server outlives its starter, is reused, and is ended on request', async () => {
    const first = await start({ detached: true });
    const { pid, address } = await first.told('opened');
    const server = identify(pid);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await start();
    expect(await second.told('opened')).toEqual({ address, pid, started: false, road: 'found' });
    expect(await stopRunningServer(sandbox.context())).toBe(true);
    expect(isDead(server)).toBe(true);
    expect(await stopRunningServer(sandbox.context())).toBe(false);
  });

  test('two starts at once in one folder: one server, which both use', async () => {
    const both = await Promise.all([start(), start()]);
    const [one, other] = await Promise.all(both.map((starter) => starter.told('opened')));
    expect(one?.pid).toBe(other?.pid);
    expect([one?.started, other?.started].toSorted()).toEqual([false, true]);
  });

  test('SIGKILL and Ctrl-C of a starter that builds: the build ends, the cache holds nothing of it', async () => {
    const go = `require('node:fs').writeFileSync(process.env.HOME + '/go.pid', String(process.pid)); setInterval(() => {}, 1e6);`;
    await sandbox.addProgram('go', go);
    const env = { ...sandbox.env, PACT_TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:9' };
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const starter = startStarter(compiledUrl(), { baseDir: sandbox.folder, env, port: await freePort(), headless: true });
      starters.push(starter);
      const pidFile = join(sandbox.folder, 'go.pid');
      await until('the build runs', () => existsSync(pidFile) && readPid(pidFile) > 0);
      const build = identify(readPid(pidFile));
      process.kill(-starter.pid, signal);
      if (signal === 'SIGINT') expect(await starter.told('failed')).toMatchObject({ kind: 'Interrupted' });
      await starter.exited;
      await until('the build has ended', () => isDead(build));
      rmSync(pidFile);
    }
    // What the killed one left in the cache is removed, and its lock broken, by the next that fetches.
    await sandbox.addProgram(
      'go',
      `require('node:fs').writeFileSync(process.env.GOBIN + '/temporal', ${fakeTemporal}, { mode: 0o755 });`,
    );
    const last = startStarter(compiledUrl(), { baseDir: sandbox.folder, env, port: await freePort(), headless: true });
    starters.push(last);
    expect(await last.told('failed')).toMatchObject({ kind: 'ServerDied', message: expect.stringContaining('status 7') });
    expect((await readdir(sandbox.cache)).toSorted()).toEqual(['bin']);
  });
});
