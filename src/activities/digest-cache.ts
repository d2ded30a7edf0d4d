import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

export type ProgramDigest = (argv: readonly string[]) => Promise<string>;

const MOST_DIGESTS = 1_000;

/**
 * `programDigest` without reading the same files again: a digest holds while every element of argv is the same file in the same
 * state (inode, size, times of content and inode), so that an attempt costs a few `stat` and not the hashing of an interpreter.
 * `baseDir` is what relative elements are relative to.
 */
export function cacheDigests(programDigest: ProgramDigest, baseDir: string): ProgramDigest {
  const digests = new Map<string, Promise<string>>();
  return async (argv) => {
    const key = JSON.stringify(
      await Promise.all(argv.map(async (element) => [element, await stateOf(resolve(baseDir, element))])),
    );
    const known = digests.get(key);
    if (known !== undefined) return await known;
    const digest = programDigest(argv);
    if (digests.size >= MOST_DIGESTS) digests.clear();
    digests.set(key, digest);
    digest.catch(() => digests.delete(key));
    return await digest;
  };
}

async function stateOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return null;
  }
}
