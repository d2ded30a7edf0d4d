import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashesIn } from '../../domain/blob-references.ts';
import { errorCode } from './artifact-error.ts';
import { INCOMING } from './blobs.ts';
import { countFile, nothingSwept, type SweepResult } from './file-count.ts';

/** A manifest or a bundle is not larger: see `materialiseDeliverable`. */
const MAX_NAMING_BYTES = 64 * 1024 * 1024;

/**
 * The hashes that a blob names, as the manifest of a folder does: those in any JSON of a list or a record. None of one that is not there.
 * Throws system errors.
 */
export async function hashesInBlob(dir: string, sha256: string): Promise<readonly string[]> {
  const file = join(dir, sha256.slice(0, 2), sha256);
  const found = await statIfThere(file);
  if (found === null || found.size > MAX_NAMING_BYTES) return [];
  const bytes = await readFile(file);
  return bytes[0] === 0x5b || bytes[0] === 0x7b ? hashesIn(bytes.toString('utf8')) : [];
}

/**
 * Deletes the blobs that nothing refers to and that were last written before `before` (Unix ms), and drafts of that age that a process
 * which died has left. A blob that is kept anew is written anew, which makes it young again. Throws system errors.
 */
export async function sweepBlobs(
  dir: string,
  how: { readonly isReferenced: (sha256: string) => boolean; readonly before: number; readonly isDryRun: boolean },
): Promise<SweepResult> {
  const result = nothingSwept();
  for (const shard of await namesIn(dir)) {
    for (const name of await namesIn(join(dir, shard))) {
      const file = join(dir, shard, name);
      const found = await statIfThere(file);
      if (found === null) continue;
      if (how.isReferenced(name)) countFile(result.referenced, found.size);
      else if (found.mtimeMs >= how.before) countFile(result.young, found.size);
      else if (how.isDryRun || (await deleteOld(dir, file, how.before))) countFile(result.deleted, found.size);
      else countFile(result.young, found.size);
    }
  }
  return result;
}

/** A worker may keep the same content in this moment: what has become young on the way goes back. Answers whether it is deleted. */
async function deleteOld(dir: string, file: string, before: number): Promise<boolean> {
  const doomed = join(dir, INCOMING, randomUUID());
  await mkdir(join(dir, INCOMING), { recursive: true });
  try {
    await rename(file, doomed);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
  if ((await stat(doomed)).mtimeMs < before) {
    await rm(doomed, { force: true });
    return true;
  }
  await rename(doomed, file);
  return false;
}

/** Nothing of a folder that is not there, or of what is none. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function statIfThere(file: string): Promise<{ readonly size: number; readonly mtimeMs: number } | null> {
  try {
    const found = await stat(file);
    return found.isFile() ? found : null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
