import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../store/artifact-error.ts';
import { countFile, nothingSwept, type FileCount, type SweepResult } from '../store/file-count.ts';
import { toFolderName } from '../store/folder-name.ts';
import { deleteTree, removeIfEmpty } from './directory-workspaces.ts';

/**
 * Deletes what failed attempts have left for inspection (see `createDirectoryWorkspaces`) of executions that are not known any more, of
 * attempts that were last at work before `before` (Unix ms). Throws system errors.
 * @param top Folder of the workspaces, absolute.
 */
export async function sweepWorkspaces(
  top: string,
  how: { readonly known: ReadonlySet<string>; readonly before: number; readonly isDryRun: boolean },
): Promise<SweepResult> {
  const result = nothingSwept();
  const knownFolders = new Set([...how.known].map(toFolderName));
  for (const execution of await foldersIn(top)) {
    for (const task of await foldersIn(join(top, execution))) {
      for (const attempt of await foldersIn(join(top, execution, task))) {
        const root = join(top, execution, task, attempt);
        const isOld = (await lastChangeMs(root)) < how.before;
        const fate = knownFolders.has(execution) ? 'referenced' : isOld ? 'deleted' : 'young';
        await countTree(root, result[fate]);
        if (fate === 'deleted' && !how.isDryRun) await deleteTree(root);
      }
      if (!how.isDryRun) await removeIfEmpty(join(top, execution, task));
    }
    if (!how.isDryRun) await removeIfEmpty(join(top, execution));
  }
  return result;
}

/** Names, in no order; none of a folder that is not there. What begins with a dot is of no execution. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function lastChangeMs(root: string): Promise<number> {
  const parts = [root, join(root, 'work'), join(root, 'tmp')].map((part) => lstat(part).catch(() => null));
  return Math.max(...(await Promise.all(parts)).map((found) => found?.mtimeMs ?? 0));
}

/** Links count as what they are. What cannot be looked into counts for nothing. */
async function countTree(folder: string, counted: FileCount): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await countTree(path, counted);
    else countFile(counted, (await lstat(path).catch(() => null))?.size ?? 0);
  }
}
