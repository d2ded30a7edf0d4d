import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanLeftovers } from '../../../src/adapters/processes/leftovers.ts';
import { startProcess } from '../../../src/adapters/processes/managed-process.ts';
import { startReaper } from '../../../src/adapters/processes/reaper-client.ts';
import { drillStop } from '../../../src/adapters/processes/stop-drill.ts';
import { isAlive } from '../agents/agent-harness.ts';
import { allDead, compileProcesses, removeHosts, startHost } from './worker-host.ts';

let compiled: ReturnType<typeof compileProcesses>;
let runningDir: string;

beforeAll(() => {
  compiled = compileProcesses();
  runningDir = mkdtempSync(join(tmpdir(), 'pact-running-'));
});
afterAll(() => {
  removeHosts();
  rmSync(compiled.folder, { recursive: true, force: true });
  rmSync(runningDir, { recursive: true, force: true });
});

test('worker killed: agents that ignore TERM, and their children in and outside their group, are dead within 5 s', async () => {
  const host = await startHost(compiled.code, runningDir, 3);
  expect(host.pids).toHaveLength(9);
  expect(host.pids.every(isAlive)).toBe(true);
  await host.kill();
  expect(await allDead(host.pids, 5_000)).toBeLessThan(5_000);
  await allDead([host.reaper], 5_000);
});

test('worker and reaper killed: the next worker ends the left-overs and learns their tokens, a neighbour is spared', async () => {
  const folder = join(runningDir, 'leftovers');
  const [dead, neighbour] = await Promise.all([startHost(compiled.code, folder, 2), startHost(compiled.code, folder, 1)]);
  process.kill(dead.reaper, 'SIGSTOP'); // so that it cannot even start another one's work
  await dead.kill();
  process.kill(dead.reaper, 'SIGKILL');
  expect(dead.pids.every(isAlive)).toBe(true);
  // Two new workers at once: each attempt is handed to one of them.
  const [first, second] = await Promise.all([cleanLeftovers(folder, 200), cleanLeftovers(folder, 200)]);
  const leftovers = [...first, ...second];
  expect(leftovers.flatMap(({ notes }) => notes)).toEqual([{ token: 'token-0' }, { token: 'token-1' }]);
  expect(leftovers.flatMap(({ survivors }) => survivors)).toEqual([]);
  expect(dead.pids.filter(isAlive)).toEqual([]);
  expect(neighbour.pids.every(isAlive)).toBe(true);
  for (const { forget } of leftovers) forget();
  expect(readdirSync(folder)).toHaveLength(1);
  expect(await cleanLeftovers(folder)).toEqual([]);
  await neighbour.kill();
  await allDead(neighbour.pids, 5_000);
});

test('reaper killed: the worker starts another one, which knows everything that runs', async () => {
  const log: string[] = [];
  const reaper = await startReaper({ runningDir: join(runningDir, 'replaced'), log: (line) => log.push(line) });
  const child = startProcess({
    argv: ['sleep', '600'],
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '' },
    marker: `replaced/${process.pid}`,
    killGraceMs: 100,
    stdin: 'ignore',
    registry: reaper,
    onOutput: () => {},
  });
  const first = reaper.pid;
  process.kill(first, 'SIGKILL');
  const deadline = Date.now() + 20_000;
  while (reaper.restarts === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(reaper.restarts).toBe(1);
  expect(reaper.pid).not.toBe(first);
  expect(log.join()).toContain('watches 1 running attempts');
  // Letting the second one go with an attempt still registered is what it sees of a dead worker: it ends the attempt.
  await reaper.close();
  expect(await child.ended).toMatchObject({ kind: 'ended', signal: 'SIGTERM' });
});

test('drill: the emergency stop is shown to work on a process that ignores TERM, and leaves no journal', async () => {
  const folder = join(runningDir, 'drill');
  const reaper = await startReaper({ runningDir: folder, log: () => {} });
  const drill = await drillStop(reaper);
  expect(drill).toEqual({
    ok: true,
    detail: expect.stringMatching(/^2 processes that ignore TERM, one outside the group, were dead \d+ ms/),
  });
  expect(readdirSync(join(folder, readdirSync(folder)[0] ?? ''))).toEqual(['worker.json']);
  await reaper.close();
  expect(readdirSync(folder)).toEqual([]);
});
