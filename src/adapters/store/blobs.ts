import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactError, errorCode, OversizeError } from './artifact-error.ts';
import { writeFileAtomically } from './durable-file.ts';

const CHUNK_BYTES = 256 * 1024;
/** Folder beside the blobs for what is about to become one, or not to be one any more. */
export const INCOMING = 'incoming';

/** A blob's key and its length in bytes. */
export interface BlobRef {
  readonly sha256: string;
  readonly size: number;
}

/** Content by its SHA-256 in `<dir>/<first 2 hex digits>/<sha256>`, written once and shared by all executions. */
export interface Blobs {
  /** Takes in a regular file, hashing it as it is copied. */
  addFile(file: string): Promise<BlobRef>;
  addBytes(bytes: Uint8Array): Promise<BlobRef>;
  /**
   * A private, writable copy at `target`, a clone where the file system can. The copy's hash is verified.
   * Throws an ArtifactError that says what is wrong with the blob.
   */
  copyTo(ref: BlobRef, target: string, executable: boolean): Promise<void>;
  /** Verified content of a small blob, at most `maxBytes`. Throws an ArtifactError like `copyTo`, or an OversizeError. */
  read(sha256: string, maxBytes: number): Promise<Buffer>;
}

export function createBlobs(dir: string): Blobs {
  const pathOf = (sha256: string): string => join(dir, sha256.slice(0, 2), sha256);
  return {
    addFile: (file) => addFile(dir, pathOf, file),
    async addBytes(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await writeFileAtomically(pathOf(sha256), bytes);
      return { sha256, size: bytes.length };
    },
    copyTo: (ref, target, executable) => copyTo(pathOf(ref.sha256), ref, target, executable),
    async read(sha256, maxBytes) {
      const file = pathOf(sha256);
      const handle = await openBlob(file, sha256);
      try {
        const { size } = await handle.stat();
        if (size > maxBytes) throw new OversizeError(`the blob ${sha256} takes ${size} bytes; expected at most ${maxBytes}.`);
        const bytes = await handle.readFile();
        const found = createHash('sha256').update(bytes).digest('hex');
        if (found !== sha256) throw damaged(file, sha256, found);
        return bytes;
      } finally {
        await handle.close();
      }
    },
  };
}

/** SHA-256 (hex) and size of a file, read in chunks; `onChunk` sees each one. Throws system errors. */
export async function hashFile(file: string, onChunk?: (chunk: Uint8Array) => Promise<unknown>): Promise<BlobRef> {
  const hash = createHash('sha256');
  let size = 0;
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      size += bytesRead;
      await onChunk?.(chunk);
    }
  } finally {
    await handle.close();
  }
}

async function addFile(dir: string, pathOf: (sha256: string) => string, file: string): Promise<BlobRef> {
  const incoming = join(dir, INCOMING);
  await mkdir(incoming, { recursive: true });
  const draft = join(incoming, randomUUID());
  try {
    const handle = await open(draft, 'wx', 0o644);
    let ref: BlobRef;
    try {
      ref = await hashFile(file, (chunk) => handle.writeFile(chunk));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    const blob = pathOf(ref.sha256);
    await mkdir(dirname(blob), { recursive: true });
    // Also over one that is there: should that be damaged, this heals it.
    await rename(draft, blob);
    return ref;
  } finally {
    await rm(draft, { force: true });
  }
}

async function copyTo(blob: string, ref: BlobRef, target: string, executable: boolean): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await copyFile(blob, target, constants.COPYFILE_FICLONE);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw missing(blob, ref.sha256);
    throw error;
  }
  const copy = await hashFile(target);
  if (copy.sha256 !== ref.sha256) {
    await rm(target, { force: true });
    throw damaged(blob, ref.sha256, copy.sha256);
  }
  await chmod(target, executable ? 0o755 : 0o644);
}

async function openBlob(blob: string, sha256: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(blob, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw missing(blob, sha256);
    throw error;
  }
}

const missing = (blob: string, sha256: string): ArtifactError =>
  new ArtifactError(
    `the blob ${sha256} is missing: expected it at ${blob}. It was deleted, or this worker does not share that folder.`,
  );

const damaged = (blob: string, expected: string, found: string): ArtifactError =>
  new ArtifactError(`the blob at ${blob} is damaged: expected SHA-256 ${expected}, found ${found}.`);
