import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '../../../src/adapters/store/artifact-store.ts';
import type { RolledBack } from '../../../src/adapters/store/rolled-back.ts';
import type { Deliverable } from '../../../src/domain/attempt.ts';

let base: string;
let store: ArtifactStore;
let place: RolledBack;
const inExecution = (...path: string[]): string => join(base, '.pact/artifacts/pact-1', ...path);
const read = (...path: string[]): Promise<string> => readFile(inExecution(...path), 'utf8');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pact-rolled-back-'));
  store = createArtifactStore({ dir: join(base, '.pact', 'artifacts') });
  place = store.openRolledBack('pact-1', 'core-1');
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function publish(path: string, files: Readonly<Record<string, string>>): Promise<Deliverable> {
  const workspace = join(base, 'workspace');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(workspace, name, '..'), { recursive: true });
    await writeFile(join(workspace, name), text, { mode: 0o755 });
  }
  await mkdir(join(workspace, 'site/empty'), { recursive: true });
  return await store.collectDeliverable({ executionId: 'pact-1', taskId: 'build', workspace, spec: { id: path, path } });
}

it('sets aside all that a task has delivered, once', async () => {
  await publish('a.txt', { 'a.txt': 'hello' });
  expect(await place.setAside('build')).toBe(true);
  expect(await place.setAside('build')).toBe(false);
  expect(await read('rolled-back/core-1/build/a.txt')).toBe('hello');
  expect(await readdir(inExecution('deliverables'))).toEqual([]);
});

it('keeps a note for each step, whatever its id', async () => {
  expect(await place.readNote('build#1')).toBeNull();
  await place.writeNote('build#1', '{"ok":true}');
  expect(await store.openRolledBack('pact-1', 'core-1').readNote('build#1')).toBe('{"ok":true}');
  expect(await store.openRolledBack('pact-1', 'core-2').readNote('build#1')).toBeNull();
});

it('leaves what is as it was delivered alone; what was changed or is missing comes back, and the change is kept', async () => {
  const file = await publish('a.txt', { 'a.txt': 'hello' });
  const folder = await publish('site', { 'site/index.html': '<p>', 'site/css/a.css': 'p {}' });
  expect(await place.restore('build', [file, folder])).toEqual([]);

  await writeFile(inExecution('deliverables/build/a.txt'), 'changed');
  await writeFile(inExecution('deliverables/build/site/more.html'), 'more');
  expect(await place.restore('build', [file, folder])).toEqual(['a.txt', 'site']);
  expect(await read('deliverables/build/a.txt')).toBe('hello');
  expect((await stat(inExecution('deliverables/build/a.txt'))).mode & 0o111).toBe(0o111);
  expect((await readdir(inExecution('deliverables/build/site'))).toSorted()).toEqual(['css', 'empty', 'index.html']);
  expect(await read('rolled-back/core-1/build/a.txt')).toBe('changed');
  expect(await read('rolled-back/core-1/build/site/more.html')).toBe('more');

  await rm(inExecution('deliverables/build/a.txt'));
  expect(await place.restore('build', [file])).toEqual(['a.txt']);
  expect(await place.restore('build', [file, folder])).toEqual([]);
});

it('says which blob is missing', async () => {
  const file = await publish('a.txt', { 'a.txt': 'hello' });
  await rm(inExecution('deliverables/build/a.txt'));
  await rm(join(base, '.pact/blobs'), { recursive: true });
  await expect(place.restore('build', [file])).rejects.toThrow(/a\.txt.*is missing/);
});
