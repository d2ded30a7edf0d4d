import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLock, type LockOptions } from '../../src/server/file-lock.ts';
import { endProcess, identifyProcess, isAlive, type ProcessIdentity } from '../../src/server/process-identity.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

const waitedFor: ProcessIdentity[] = [];
const lock = (more: Partial<LockOptions> = {}): LockOptions => ({
  path: join(sandbox.folder, 'deep', 'x.lock'),
  waitMs: 20_000,
  onWait: (holder) => waitedFor.push(holder),
  ...more,
});
const hold = (content: string): void => {
  const { path } = lock();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

describe('file-lock', () => {
  test('never lets two run at once, and lets all run', async () => {
    let running = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        withLock(lock(), async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return index;
        }),
      ),
    );
    expect(done).toHaveLength(12);
    expect(most).toBe(1);
    expect(existsSync(lock().path)).toBe(false);
  });

  test('is given back when the work throws', async () => {
    await expect(withLock(lock(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(lock({ waitMs: 0 }), async () => 'free')).toBe('free');
  });

  test('of a dead process is broken, also when its number lives on as another process', async () => {
    hold(JSON.stringify({ pid: process.pid, start: 'another boot/1' }));
    expect(await withLock(lock({ waitMs: 0 }), async () => 'mine')).toBe('mine');
  });

  test('that was never filled is broken once it is old', async () => {
    hold('');
    utimesSync(lock().path, new Date(0), new Date(0));
    expect(await withLock(lock({ waitMs: 0 }), async () => 'mine')).toBe('mine');
  });

  test('of a living process is respected: the waiter is told by whom, and gives up with a reason', async () => {
    const content = JSON.stringify(identifyProcess(process.pid));
    hold(content);
    waitedFor.length = 0;
    await expect(withLock(lock({ waitMs: 150 }), async () => 'never')).rejects.toMatchObject({
      kind: 'FolderBusy',
      message: expect.stringContaining(`process ${process.pid} still holds`),
    });
    expect(waitedFor.map(({ pid }) => pid)).toEqual([process.pid]);
    expect(readFileSync(lock().path, 'utf8')).toBe(content);
  });

  test('is not waited for once the caller has given up', async () => {
    hold(JSON.stringify(identifyProcess(process.pid)));
    const signal = AbortSignal.abort();
    await expect(withLock(lock({ signal }), async () => 'never')).rejects.toMatchObject({ kind: 'Interrupted' });
  });
});

describe('process-identity', () => {
  test('names this process and no other that gets its number', () => {
    const mine = identifyProcess(process.pid);
    expect(mine).not.toBeNull();
    expect(isAlive(mine as ProcessIdentity)).toBe(true);
    expect(isAlive({ pid: process.pid, start: 'before' })).toBe(false);
  });

  test('ends a process that is deaf to TERM, and spares one of another identity', async () => {
    const deaf = `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['-e', deaf], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const identity = identifyProcess(child.pid ?? -1) as ProcessIdentity;
    expect(await endProcess({ ...identity, start: 'another' }, 100)).toBe(true);
    expect(isAlive(identity)).toBe(true);
    expect(await endProcess(identity, 100)).toBe(true);
    expect(isAlive(identity)).toBe(false);
  });
});
