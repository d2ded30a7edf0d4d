import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Deliverable } from '../../domain/attempt.ts';
import { ArtifactError, errorCode } from './artifact-error.ts';
import type { Blobs } from './blobs.ts';
import { mapConcurrently } from './concurrency.ts';
import { fromManifestText, SHA256_OF_NOTHING, toManifestText, type ManifestEntry } from './folder-manifest.ts';
import { listTree, type LocatedDeliverable, type TreeEntry } from './workspace-tree.ts';
import { messageOf } from '../../domain/error-message.ts';

/** Files of a folder that are copied at a time. */
const COPIES_AT_A_TIME = 8;
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Takes a located deliverable into the blobs and puts a copy at `<folder>/<path>`; what was there from an earlier attempt is
 * replaced in one step. The URI of a folder ends in `/`. Throws an ArtifactError or a system error.
 */
export async function collectDeliverable(blobs: Blobs, folder: string, located: LocatedDeliverable): Promise<Deliverable> {
  const { id } = located.spec;
  const target = resolve(folder, located.path);
  const draft = join(dirname(folder), `.draft-${randomUUID()}`);
  try {
    const collected =
      located.kind === 'file' ? await collectFile(blobs, located, draft) : await collectFolder(blobs, located, draft);
    await replace(folder, target, draft);
    const uri = pathToFileURL(target).href;
    return { id, path: located.path, uri: located.kind === 'folder' ? `${uri}/` : uri, ...collected };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Puts a private copy of a deliverable at `target`, which must not exist, from the blobs and verified against its hash.
 * `target` is absolute. Throws an ArtifactError naming the deliverable and what is wrong.
 */
export async function materialiseDeliverable(blobs: Blobs, deliverable: Deliverable, target: string): Promise<void> {
  try {
    if (!deliverable.uri.endsWith('/')) {
      await blobs.copyTo(deliverable, target, await isExecutable(fileURLToPath(deliverable.uri)));
      return;
    }
    const published = fileURLToPath(deliverable.uri);
    const entries = fromManifestText((await blobs.read(deliverable.sha256, MAX_MANIFEST_BYTES)).toString('utf8'));
    await mkdir(target, { recursive: true });
    await mapConcurrently(entries, COPIES_AT_A_TIME, async (entry) => {
      if (entry.path.endsWith('/')) await mkdir(join(target, entry.path), { recursive: true });
      else await blobs.copyTo(entry, join(target, entry.path), await isExecutable(join(published, entry.path)));
    });
  } catch (error) {
    const reason = messageOf(error);
    throw new ArtifactError(`Deliverable "${deliverable.id}" (${deliverable.path}) cannot be handed on: ${reason}`, {
      cause: error,
    });
  }
}

interface Content {
  readonly sha256: string;
  readonly size: number;
}

async function collectFile(blobs: Blobs, located: LocatedDeliverable, draft: string): Promise<Content> {
  const ref = await blobs.addFile(located.source);
  await blobs.copyTo(ref, draft, await isExecutable(located.source));
  return ref;
}

async function collectFolder(blobs: Blobs, located: LocatedDeliverable, draft: string): Promise<Content> {
  const tree = await listTree(located);
  await mkdir(draft, { recursive: true });
  const entries = await mapConcurrently(tree, COPIES_AT_A_TIME, (entry) => collectEntry(blobs, entry, draft));
  const manifest = await blobs.addBytes(Buffer.from(toManifestText(entries), 'utf8'));
  return { sha256: manifest.sha256, size: entries.reduce((sum, entry) => sum + entry.size, 0) };
}

async function collectEntry(blobs: Blobs, entry: TreeEntry, draft: string): Promise<ManifestEntry> {
  if (entry.source === null) {
    await mkdir(join(draft, entry.path), { recursive: true });
    return { path: entry.path, sha256: SHA256_OF_NOTHING, size: 0 };
  }
  const ref = await blobs.addFile(entry.source);
  await blobs.copyTo(ref, join(draft, entry.path), entry.executable);
  return { path: entry.path, ...ref };
}

/** Moves `draft` to `target`. A folder cannot be renamed over another, so the old one steps aside first and is then deleted. */
async function replace(folder: string, target: string, draft: string): Promise<void> {
  await clearWay(folder, target);
  await mkdir(dirname(target), { recursive: true });
  const old = `${draft}-old`;
  try {
    await rename(target, old);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  await rename(draft, target);
  await rm(old, { recursive: true, force: true });
}

/** An earlier attempt may have delivered a file where this one needs a folder. */
async function clearWay(folder: string, target: string): Promise<void> {
  const parts = relative(folder, dirname(target)).split(sep);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const above = join(folder, ...parts.slice(0, depth));
    const found = await lstat(above).catch(() => null);
    if (found !== null && !found.isDirectory()) await rm(above);
  }
}

/** Hashes do not cover modes: whether a file may be executed is read from the published copy, or from the source. */
async function isExecutable(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && (found.mode & 0o100) !== 0;
}
