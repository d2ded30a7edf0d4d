import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '../../../src/adapters/store/artifact-store.ts';
import { canonicalHash } from '../../../src/domain/canonical-hash.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let base: string;
let workspace: string;
let store: ArtifactStore;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pact-store-'));
  workspace = join(base, 'workspace');
  await mkdir(workspace);
  store = createArtifactStore({ dir: join(base, '.pact', 'artifacts') });
});
afterEach(() => rm(base, { recursive: true, force: true }));

const collect = (path: string, id = 'thing') =>
  store.collectDeliverable({ executionId: 'pact-1', taskId: 'build', workspace, spec: { id, path } });

async function put(path: string, text: string): Promise<void> {
  await mkdir(join(workspace, path, '..'), { recursive: true });
  await writeFile(join(workspace, path), text);
}

const blobOf = (hash: string): string => join(base, '.pact', 'blobs', hash.slice(0, 2), hash);

describe('a file deliverable', () => {
  it('is published under its task, with its hash and size', async () => {
    await put('out/a.txt', 'hello');
    const deliverable = await collect('out/a.txt');
    expect(deliverable).toMatchObject({ id: 'thing', path: 'out/a.txt', sha256: sha256('hello'), size: 5 });
    const published = join(base, '.pact/artifacts/pact-1/deliverables/build/out/a.txt');
    expect(fileURLToPath(deliverable.uri)).toBe(published);
    expect(await readFile(published, 'utf8')).toBe('hello');
    expect(await readFile(blobOf(sha256('hello')), 'utf8')).toBe('hello');
  });

  it('of a retry replaces the one before, also when one was a file and the other needs a folder there', async () => {
    await put('out', 'first');
    const first = await collect('out');
    await rm(join(workspace, 'out'));
    await put('out/a.txt', 'second');
    await collect('out/a.txt');
    const third = await collect('out');
    expect(await readFile(join(fileURLToPath(third.uri), 'a.txt'), 'utf8')).toBe('second');
    expect(await readdir(join(base, '.pact/artifacts/pact-1/deliverables'))).toEqual(['build']);
    await store.materialise(first, join(base, 'copy-of-first'));
    expect(await readFile(join(base, 'copy-of-first'), 'utf8')).toBe('first');
  });

  it('may be named by its absolute path in the workspace', async () => {
    await put('a.txt', 'x');
    expect(await collect(join(workspace, 'a.txt'))).toMatchObject({ path: 'a.txt' });
  });

  it('may be a link to a file inside the workspace', async () => {
    await put('real.txt', 'content');
    await symlink('real.txt', join(workspace, 'link.txt'));
    expect(await collect('link.txt')).toMatchObject({ path: 'link.txt', sha256: sha256('content') });
  });

  it('of many megabytes is hashed in chunks', async () => {
    const big = 'x'.repeat(3_000_001);
    await put('big.bin', big);
    expect(await collect('big.bin')).toMatchObject({ sha256: sha256(big), size: 3_000_001 });
  });
});

describe('a folder deliverable', () => {
  it('has the hash of its sorted manifest, and comes back with empty folders and executable files', async () => {
    await put('site/b.txt', 'b');
    await put('site/a/run.sh', '#!/bin/sh\n');
    await chmod(join(workspace, 'site/a/run.sh'), 0o755);
    await mkdir(join(workspace, 'site/empty'));
    const deliverable = await collect('site');
    const manifest = [
      { path: 'a/run.sh', sha256: sha256('#!/bin/sh\n'), size: 10 },
      { path: 'b.txt', sha256: sha256('b'), size: 1 },
      { path: 'empty/', sha256: sha256(''), size: 0 },
    ];
    expect(deliverable).toMatchObject({ sha256: canonicalHash(manifest), size: 11 });
    expect(deliverable.uri.endsWith('/site/')).toBe(true);

    const into = join(base, 'inputs', 'site');
    await store.materialise(deliverable, into);
    expect((await readdir(into)).toSorted()).toEqual(['a', 'b.txt', 'empty']);
    expect((await stat(join(into, 'a/run.sh'))).mode & 0o111).not.toBe(0);
    expect((await stat(join(into, 'b.txt'))).mode & 0o111).toBe(0);
  });

  it('handed on is a private copy', async () => {
    await put('site/a.txt', 'original');
    const deliverable = await collect('site');
    await store.materialise(deliverable, join(base, 'one'));
    await writeFile(join(base, 'one/a.txt'), 'changed by the first reader');
    await store.materialise(deliverable, join(base, 'two'));
    expect(await readFile(join(base, 'two/a.txt'), 'utf8')).toBe('original');
  });

  it('may be the whole workspace', async () => {
    await put('a.txt', 'a');
    expect(await collect('.')).toMatchObject({ path: '.', size: 1 });
  });
});

describe('a deliverable is refused', () => {
  it('when it does not exist', async () => {
    await expect(collect('missing.txt')).rejects.toThrow(/"thing" \(missing\.txt\) does not exist in the workspace/);
  });

  it.each(['../outside.txt', '/etc/passwd', 'a/../../outside.txt'])(
    'when its path leads out of the workspace: %s',
    async (path) => {
      await writeFile(join(base, 'outside.txt'), 'secret');
      await expect(collect(path)).rejects.toThrow(/lies outside the workspace/);
    },
  );

  it('when it is a link that leads out of the workspace', async () => {
    await writeFile(join(base, 'outside.txt'), 'secret');
    await symlink(join(base, 'outside.txt'), join(workspace, 'link'));
    await expect(collect('link')).rejects.toThrow(/a link that leads out of the workspace/);
  });

  it('when a link inside a folder leads out or in a circle', async () => {
    await mkdir(join(workspace, 'out'));
    await mkdir(join(workspace, 'loop/inner'), { recursive: true });
    await symlink('/etc', join(workspace, 'out/etc'));
    await symlink('..', join(workspace, 'loop/inner/up'));
    await expect(collect('out')).rejects.toThrow(/"etc" in deliverable "thing" \(out\) is a link that leads out/);
    await expect(collect('loop')).rejects.toThrow(/no circle of links/);
  });

  it('when it is neither file nor folder', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    await expect(collect('pipe')).rejects.toThrow(/neither a regular file nor a folder/);
  });

  it('by the cheap check as well, which reads no content', async () => {
    await expect(store.checkDeliverable(workspace, { id: 'x', path: 'nope' })).rejects.toThrow(/does not exist/);
    await put('nope', '');
    await expect(store.checkDeliverable(workspace, { id: 'x', path: 'nope' })).resolves.toBeUndefined();
  });
});

describe('handing on', () => {
  it('says that a blob is damaged, and nothing is left of the bad copy', async () => {
    await put('a.txt', 'good');
    const deliverable = await collect('a.txt');
    await writeFile(blobOf(deliverable.sha256), 'evil');
    await expect(store.materialise(deliverable, join(base, 'copy'))).rejects.toThrow(
      /"thing" \(a\.txt\) cannot be handed on: .*is damaged/,
    );
    await expect(stat(join(base, 'copy'))).rejects.toThrow(/ENOENT/);
    await collect('a.txt');
    await store.materialise(deliverable, join(base, 'copy'));
  });

  it('says that a blob is missing, of a file and of a folder', async () => {
    await put('site/a.txt', 'good');
    const folder = await collect('site');
    await rm(blobOf(sha256('good')));
    await expect(store.materialise(folder, join(base, 'one'))).rejects.toThrow(/the blob .* is missing/);
    await rm(blobOf(folder.sha256));
    await expect(store.materialise(folder, join(base, 'two'))).rejects.toThrow(/the blob .* is missing/);
  });
});

describe('documents and logs', () => {
  it('are replaced as a whole and named by a file URI', async () => {
    await store.writeDocument('team/one', 'report.md', 'old');
    const written = await store.writeDocument('team/one', 'report.md', 'new');
    expect(written).toMatchObject({ sha256: sha256('new'), size: 3 });
    expect(await readFile(fileURLToPath(written.uri), 'utf8')).toBe('new');
    expect(fileURLToPath(written.uri)).toBe(join(base, '.pact/artifacts/team%2Fone/report.md'));
    expect(await readdir(store.folderOf('team/one'))).toEqual(['report.md']);
  });

  it('a log has a name relative to the execution, in a folder that exists', async () => {
    const log = await store.attemptLog('e', 'build', 2);
    expect(log.name).toBe('logs/build.2.log');
    await writeFile(log.file, 'line');
    expect(await readFile(join(store.folderOf('e'), log.name), 'utf8')).toBe('line');
  });
});
