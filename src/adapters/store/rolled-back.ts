import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Deliverable } from '../../domain/attempt.ts';
import { ArtifactError, errorCode } from './artifact-error.ts';
import { hashFile, type Blobs } from './blobs.ts';
import { mapConcurrently } from './concurrency.ts';
import { materialiseDeliverable } from './deliverables.ts';
import { writeFileAtomically } from './durable-file.ts';
import { SHA256_OF_NOTHING, toManifestText } from './folder-manifest.ts';
import { toFolderName } from './folder-name.ts';
import { listTree, locateDeliverable, type LocatedDeliverable } from './workspace-tree.ts';

const HASHES_AT_A_TIME = 8;

/**
 * What one rollback has set aside: `rolled-back/<name>/<task>/<path>`, as `deliverables/` had it, and a note for each step that is over in
 * `rolled-back/<name>/.steps/`. Nothing is deleted, and each call may be repeated.
 */
export interface RolledBack {
  /** The note of a step that is over, or null. */
  readNote(step: string): Promise<string | null>;
  /** From now on the step is over. */
  writeNote(step: string, text: string): Promise<void>;
  /** Moves what a task has delivered out of the way; false: there is nothing. */
  setAside(taskId: string): Promise<boolean>;
  /** Brings back from the blobs what is not there any more as it was delivered; answers with the ids. Throws an ArtifactError. */
  restore(taskId: string, deliverables: readonly Deliverable[]): Promise<readonly string[]>;
}

/** `folder` is the execution's, absolute. */
export function openRolledBack(blobs: Blobs, folder: string, name: string): RolledBack {
  const place = join(folder, 'rolled-back', toFolderName(name));
  const noteOf = (step: string): string => join(place, '.steps', `${toFolderName(step)}.json`);
  const publishedOf = (taskId: string): string => join(folder, 'deliverables', toFolderName(taskId));
  return {
    async readNote(step) {
      try {
        return await readFile(noteOf(step), 'utf8');
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    },
    writeNote: (step, text) => writeFileAtomically(noteOf(step), text),
    setAside: (taskId) => moveTo(publishedOf(taskId), join(place, toFolderName(taskId))),
    async restore(taskId, deliverables) {
      const restored: string[] = [];
      for (const deliverable of deliverables) {
        if (await isIntact(publishedOf(taskId), deliverable)) continue;
        await restoreOne(blobs, deliverable, publishedOf(taskId), join(place, toFolderName(taskId)));
        restored.push(deliverable.id);
      }
      return restored;
    },
  };
}

/** In one step; false when there is nothing to move. */
async function moveTo(source: string, target: string): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(source, target);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The copy is made before the changed one goes, since that one says what may be executed. */
async function restoreOne(blobs: Blobs, deliverable: Deliverable, published: string, aside: string): Promise<void> {
  const draft = join(dirname(published), `.draft-${randomUUID()}`);
  const target = join(published, deliverable.path);
  try {
    await materialiseDeliverable(blobs, deliverable, draft);
    await moveTo(target, join(aside, deliverable.path));
    await mkdir(dirname(target), { recursive: true });
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function isIntact(published: string, deliverable: Deliverable): Promise<boolean> {
  try {
    return (await hashOf(await locateDeliverable(published, deliverable))) === deliverable.sha256;
  } catch (error) {
    if (error instanceof ArtifactError || errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** As when it was collected. */
async function hashOf(located: LocatedDeliverable): Promise<string> {
  if (located.kind === 'file') return (await hashFile(located.source)).sha256;
  const entries = await mapConcurrently(await listTree(located), HASHES_AT_A_TIME, async ({ path, source }) =>
    source === null ? { path, sha256: SHA256_OF_NOTHING, size: 0 } : { path, ...(await hashFile(source)) },
  );
  return createHash('sha256').update(toManifestText(entries)).digest('hex');
}
