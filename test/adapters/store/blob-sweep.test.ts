import { createHash } from 'node:crypto';
import { existsSync, utimesSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashesInBlob, sweepBlobs } from '../../../src/adapters/store/blob-sweep.ts';
import { createBlobs, type Blobs } from '../../../src/adapters/store/blobs.ts';

const NOW = Date.now();
const DAY = 86_400_000;

let dir: string;
let blobs: Blobs;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pact-sweep-'));
  blobs = createBlobs(dir);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const pathOf = (sha256: string): string => join(dir, sha256.slice(0, 2), sha256);

/** A blob that was written so many days ago. */
async function keep(text: string, days: number): Promise<string> {
  const { sha256 } = await blobs.addBytes(Buffer.from(text));
  await age(pathOf(sha256), days);
  return sha256;
}
const age = (file: string, days: number): Promise<void> => {
  const at = new Date(NOW - days * DAY);
  return utimes(file, at, at);
};

const sweep = (more: { isReferenced?: (sha256: string) => boolean; isDryRun?: boolean } = {}) =>
  sweepBlobs(dir, { isReferenced: () => false, before: NOW - 7 * DAY, isDryRun: false, ...more });

test('what nothing refers to and is old is deleted; the rest is counted by why it stays', async () => {
  const [old, young, referred] = [await keep('old', 8), await keep('young', 6), await keep('referred', 9)];
  const isReferenced = (sha256: string): boolean => sha256 === referred;
  const expected = {
    deleted: { files: 1, bytes: 3 },
    young: { files: 1, bytes: 5 },
    referenced: { files: 1, bytes: 8 },
  };
  expect(await sweep({ isReferenced, isDryRun: true })).toEqual(expected);
  expect(existsSync(pathOf(old))).toBe(true);
  expect(await sweep({ isReferenced })).toEqual(expected);
  expect([old, young, referred].map((sha256) => existsSync(pathOf(sha256)))).toEqual([false, true, true]);
  expect(await sweep({ isReferenced })).toMatchObject({ deleted: { files: 0, bytes: 0 } });
});

test('drafts that a process which died has left go with age, too', async () => {
  const drafts = [join(dir, 'incoming', 'draft'), join(dir, 'ab', '.draft-1'), join(dir, 'incoming', 'fresh')];
  await mkdir(join(dir, 'incoming'));
  await mkdir(join(dir, 'ab'));
  for (const [place, draft] of drafts.entries()) {
    await writeFile(draft, 'x');
    await age(draft, place === 2 ? 0 : 30);
  }
  expect(await sweep()).toMatchObject({ deleted: { files: 2 }, young: { files: 1 } });
  expect(drafts.map((draft) => existsSync(draft))).toEqual([false, false, true]);
});

test('content that is kept anew is young again, also between being looked at and being deleted', async () => {
  const sha256 = await keep('again', 30);
  await blobs.addBytes(Buffer.from('again'));
  expect(await sweep()).toMatchObject({ young: { files: 1 }, deleted: { files: 0 } });
  await age(pathOf(sha256), 30);
  const isReferenced = (): boolean => {
    // A worker keeps it just then.
    utimesSync(pathOf(sha256), new Date(), new Date());
    return false;
  };
  expect(await sweep({ isReferenced })).toMatchObject({ young: { files: 1 }, deleted: { files: 0 } });
  expect(existsSync(pathOf(sha256))).toBe(true);
  expect(await blobs.read(sha256, 100)).toEqual(Buffer.from('again'));
});

test('a store that nothing has been put into has nothing to delete', async () => {
  await rm(dir, { recursive: true });
  expect(await sweep()).toMatchObject({ deleted: { files: 0 }, young: { files: 0 }, referenced: { files: 0 } });
  await writeFile(dir, 'a file in its place');
  expect(await sweep()).toMatchObject({ deleted: { files: 0 } });
});

test('manifests and bundles name other blobs; contents that are no JSON, and what is not there, name none', async () => {
  const hash = createHash('sha256').update('x').digest('hex');
  const manifest = await keep(JSON.stringify([{ path: 'a', sha256: hash, size: 1 }]), 0);
  const bundle = await keep(JSON.stringify({ files: { sha256: manifest } }), 0);
  expect(await hashesInBlob(dir, manifest)).toEqual([hash]);
  expect(await hashesInBlob(dir, bundle)).toEqual([manifest]);
  expect(await hashesInBlob(dir, await keep(`see ${hash}`, 0))).toEqual([]);
  expect(await hashesInBlob(dir, await keep('', 0))).toEqual([]);
  expect(await hashesInBlob(dir, hash)).toEqual([]);
});
