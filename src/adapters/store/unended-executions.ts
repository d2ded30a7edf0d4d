import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './artifact-error.ts';

/** An execution by its folder (see `toFolderName`), and when its ledger was last written (Unix ms). */
export interface UnendedExecution {
  readonly folder: string;
  readonly writtenAt: number;
}

/**
 * Executions that have written their ledger since `since` (Unix ms) and have no report yet: as far as the store in `dir` can tell, they are at
 * work. Throws system errors.
 */
export async function findUnended(dir: string, since: number): Promise<readonly UnendedExecution[]> {
  const folders = await readdir(dir).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    folders.map(async (folder) => {
      const writtenAt = await lastWrite(join(dir, folder, 'ledger.jsonl'));
      const hasEnded = (await lastWrite(join(dir, folder, 'report.json'))) !== null;
      return writtenAt === null || writtenAt < since || hasEnded ? [] : [{ folder, writtenAt }];
    }),
  );
  return found.flat();
}

/** null: there is no such file. */
async function lastWrite(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}
