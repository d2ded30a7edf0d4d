import { statSync } from 'node:fs';
import { ArtifactError } from './artifact-error.ts';
import type { TreeEntry } from './workspace-tree.ts';

const MOST_FILES = 2_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** What an attempt hands over is work in progress, not whatever it has downloaded. Throws an ArtifactError for more than that. */
export function requireModest(entries: readonly TreeEntry[]): void {
  if (entries.length > MOST_FILES)
    throw new ArtifactError(`the working directory has ${entries.length} files; at most ${MOST_FILES} are handed over.`);
  let bytes = 0;
  for (const { source } of entries) bytes += source === null ? 0 : statSync(source).size;
  if (bytes > MOST_BYTES)
    throw new ArtifactError(`the working directory has ${bytes} bytes; at most ${MOST_BYTES} are handed over.`);
}
