import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoryWorkspaces } from '../../../src/adapters/workspaces/directory-workspaces.ts';

let baseDir: string;
let top: string;

beforeEach(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'pact-workspaces-'));
  top = join(baseDir, '.pact/workspaces');
});
afterEach(() => rm(baseDir, { recursive: true, force: true }));

const id = (attempt = 1) => ({ executionId: 'run/1', taskId: 'build', attempt });

describe('a workspace', () => {
  it('has four empty folders of its own, home and tmp closed to others', async () => {
    const workspace = await createDirectoryWorkspaces({ baseDir }).create(id());
    expect(workspace.root).toBe(join(top, 'run%2F1', 'build', '1'));
    expect((await readdir(workspace.root)).toSorted()).toEqual(['home', 'inputs', 'tmp', 'work']);
    expect(await readdir(workspace.work)).toEqual([]);
    for (const folder of [workspace.home, workspace.tmp]) expect((await stat(folder)).mode & 0o077).toBe(0);
  });

  it('of an attempt that is delivered again is fresh, and the old one is kept beside it', async () => {
    const workspaces = createDirectoryWorkspaces({ baseDir });
    for (const text of ['first', 'second', 'third']) {
      const workspace = await workspaces.create(id());
      expect(await readdir(workspace.work)).toEqual([]);
      await writeFile(join(workspace.work, text), text);
    }
    expect((await readdir(join(top, 'run%2F1/build'))).toSorted()).toEqual(['1', '1.lost-1', '1.lost-2']);
    expect(await readdir(join(top, 'run%2F1/build/1.lost-1/work'))).toEqual(['first']);
  });

  it('is never given to two at a time', async () => {
    const workspaces = createDirectoryWorkspaces({ baseDir });
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => workspaces.create(id(index + 1))));
    expect(new Set(all.map(({ root }) => root)).size).toBe(20);
  });

  it('is gone at once when removed, its neighbours stay, and nothing is left of it', async () => {
    const workspaces = createDirectoryWorkspaces({ baseDir });
    const [one, two] = [await workspaces.create(id(1)), await workspaces.create(id(2))];
    await writeFile(join(one.work, 'a'), 'a');
    await workspaces.remove(one);
    expect(await readdir(join(top, 'run%2F1/build'))).toEqual(['2']);
    await workspaces.remove(two);
    await workspaces.settled();
    expect(await readdir(join(top, 'run%2F1'))).toEqual([]);
    expect(await readdir(join(top, '.trash'))).toEqual([]);
  });

  it('can be made while the folder above it is taken away', async () => {
    const workspaces = createDirectoryWorkspaces({ baseDir });
    let last = await workspaces.create(id(1));
    for (let attempt = 2; attempt < 60; attempt += 1) {
      const [next] = await Promise.all([workspaces.create(id(attempt)), workspaces.remove(last)]);
      expect(await readdir(next.work)).toEqual([]);
      last = next;
    }
    await workspaces.settled();
  });

  it('that a dead worker did not get to delete is deleted at the next start', async () => {
    const first = createDirectoryWorkspaces({ baseDir });
    const workspace = await first.create(id());
    await first.remove(workspace);
    await first.settled();
    await writeFile(join(top, '.trash', 'left-over'), 'x');
    const second = createDirectoryWorkspaces({ baseDir });
    await second.create(id(2));
    await second.settled();
    expect(await readdir(join(top, '.trash'))).toEqual([]);
  });

  it('that cannot be taken away is reported, not thrown', async () => {
    const problems: string[] = [];
    const workspaces = createDirectoryWorkspaces({ baseDir, onProblem: (message) => problems.push(message) });
    const workspace = await workspaces.create(id());
    await rm(workspace.root, { recursive: true });
    await workspaces.remove(workspace);
    expect(problems).toEqual([expect.stringContaining('Could not take away')]);
  });
});
