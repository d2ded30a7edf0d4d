import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createDirectoryWorkspaces,
  workspacesFolderOf,
  type Workspace,
} from '../../../src/adapters/workspaces/directory-workspaces.ts';
import { sweepWorkspaces } from '../../../src/adapters/workspaces/workspace-sweep.ts';

const NOW = Date.now();
const DAY = 86_400_000;

let baseDir: string;
beforeEach(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'pact-workspace-sweep-'));
});
afterEach(() => rm(baseDir, { recursive: true, force: true }));

/** What an attempt has left so many days ago: one file of 5 bytes. */
async function leave(executionId: string, days: number): Promise<Workspace> {
  const workspace = await createDirectoryWorkspaces({ baseDir }).create({ executionId, taskId: 'build', attempt: 1 });
  await writeFile(join(workspace.work, 'part.txt'), 'part!');
  const at = new Date(NOW - days * DAY);
  for (const folder of [workspace.root, workspace.work, workspace.tmp]) await utimes(folder, at, at);
  return workspace;
}

const sweep = (isDryRun = false) =>
  sweepWorkspaces(workspacesFolderOf(baseDir), { known: new Set(['team/known', 'other']), before: NOW - 7 * DAY, isDryRun });

test('what attempts have left of executions that nobody knows any more goes with age, and the empty folders above it', async () => {
  const [old, young, known] = [await leave('forgotten', 8), await leave('lately', 1), await leave('team/known', 30)];
  await chmod(old.work, 0o500);
  const one = { files: 1, bytes: 5 };
  expect(await sweep(true)).toEqual({ deleted: one, young: one, referenced: one });
  expect(existsSync(join(old.work, 'part.txt'))).toBe(true);
  expect(await sweep()).toEqual({ deleted: one, young: one, referenced: one });
  expect([old, young, known].map(({ root }) => existsSync(root))).toEqual([false, true, true]);
  expect(existsSync(join(workspacesFolderOf(baseDir), 'forgotten'))).toBe(false);
});

test('an attempt that has written lately is not old, whenever it began', async () => {
  const { root, work } = await leave('running', 30);
  await writeFile(join(work, 'new.txt'), 'new');
  expect(await sweep()).toMatchObject({ deleted: { files: 0 }, young: { files: 2 } });
  expect(existsSync(root)).toBe(true);
});

test('without any workspace there is nothing to do', async () => {
  expect(await sweep()).toMatchObject({ deleted: { files: 0 }, young: { files: 0 }, referenced: { files: 0 } });
});
