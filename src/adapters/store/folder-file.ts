import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ArtifactError, errorCode, OversizeError } from './artifact-error.ts';

/**
 * Content of a file below `folder`, wherever links lead on the way. `path` is relative. Nothing of the content and no hash is
 * ever in an error: who asks may not be allowed to read it.
 * Throws an ArtifactError when there is no such file below the folder, an OversizeError above `maxBytes`, or system errors.
 */
export async function readBelow(folder: string, path: string, maxBytes: number): Promise<Buffer> {
  const root = await realpath(folder);
  const file = await resolveFile(join(root, path), path);
  if (!file.startsWith(root === sep ? sep : root + sep)) {
    throw new ArtifactError(`"${path}" leads out of the folder of the worker's config.`);
  }
  // Without O_NONBLOCK a pipe would wait for a writer for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new ArtifactError(`"${path}" is no regular file.`);
    if (stat.size > maxBytes) throw new OversizeError(`"${path}" is too large; expected at most ${maxBytes} bytes.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function resolveFile(path: string, shown: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'ENAMETOOLONG') throw error;
    throw new ArtifactError(`there is no file "${shown}" below the folder of the worker's config.`, { cause: error });
  }
}
