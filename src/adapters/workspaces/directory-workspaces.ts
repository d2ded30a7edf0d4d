import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../store/artifact-error.ts';
import { toFolderName } from '../store/folder-name.ts';

export interface AttemptId {
  readonly executionId: string;
  readonly taskId: string;
  readonly attempt: number;
}

/** The folders of one attempt, absolute; no other attempt ever gets them. */
export interface Workspace {
  /** Holds the others. */
  readonly root: string;
  /** Working directory of the agent and of the checks, where the deliverables are collected. */
  readonly work: string;
  /** HOME, readable by this user alone. */
  readonly home: string;
  /** TMPDIR. */
  readonly tmp: string;
  /** Private copies of the deliverables of earlier tasks. */
  readonly inputs: string;
}

/**
 * A workspace lives as long as its attempt, and longer when the attempt failed: then it stays for inspection. The workspace of an
 * attempt that succeeded is removed, since its deliverables are collected; removing happens in the background.
 */
export interface Workspaces {
  /** Fresh, empty folders. Throws system errors. */
  create(id: AttemptId): Promise<Workspace>;
  /** What an attempt has left on this host: of one that succeeded nothing is left, and null. */
  find(id: AttemptId): Promise<Workspace | null>;
  /** Takes it away at once and deletes it in the background. Never throws: what cannot be deleted is tried at the next start. */
  remove(workspace: Workspace): Promise<void>;
  /** Resolves when nothing is left to delete. */
  settled(): Promise<void>;
}

export const workspacesFolderOf = (baseDir: string): string => join(baseDir, '.pact', 'workspaces');

/**
 * Workspaces as plain folders: `<baseDir>/.pact/workspaces/<execution>/<task>/<attempt>/{work,home,tmp,inputs}`.
 * `onProblem` hears of folders that could not be deleted.
 */
export function createDirectoryWorkspaces(options: {
  readonly baseDir: string;
  readonly onProblem?: (message: string) => void;
}): Workspaces {
  const top = workspacesFolderOf(options.baseDir);
  // A leading dot never occurs in the folder name of an execution.
  const trash = join(top, '.trash');
  const deletions = new Set<Promise<void>>();

  const deleteInBackground = (folder: string): void => {
    const deletion = deleteTree(folder)
      .catch((error: unknown) => options.onProblem?.(`Could not delete ${folder}: ${String(error)}`))
      .finally(() => deletions.delete(deletion));
    deletions.add(deletion);
  };
  const emptyTrash = async (): Promise<void> => {
    const names = await readdir(trash).catch(() => []);
    for (const name of names) deleteInBackground(join(trash, name));
  };
  let isTrashChecked = false;

  return {
    async create(id) {
      if (!isTrashChecked) {
        isTrashChecked = true;
        await emptyTrash();
      }
      const task = join(top, toFolderName(id.executionId), toFolderName(id.taskId));
      return await createFolders(task, id.attempt);
    },
    async find(id) {
      const root = join(top, toFolderName(id.executionId), toFolderName(id.taskId), String(id.attempt));
      const found = await stat(root).catch(() => null);
      return found === null ? null : toWorkspace(root);
    },
    async remove(workspace) {
      const doomed = join(trash, randomUUID());
      try {
        await mkdir(trash, { recursive: true });
        await rename(workspace.root, doomed);
      } catch (error) {
        options.onProblem?.(`Could not take away ${workspace.root}: ${String(error)}`);
        return;
      }
      deleteInBackground(doomed);
      await removeIfEmpty(dirname(workspace.root));
    },
    async settled() {
      while (deletions.size > 0) await Promise.all(deletions);
    },
  };
}

async function createFolders(task: string, attempt: number): Promise<Workspace> {
  const root = join(task, String(attempt));
  for (;;) {
    try {
      await mkdir(task, { recursive: true });
      await mkdir(root);
      break;
    } catch (error) {
      // ENOENT: another attempt's `remove` has just taken the empty folder above away, which either call may meet.
      if (errorCode(error) === 'EEXIST') await moveAside(root);
      else if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  const workspace = toWorkspace(root);
  const { work, home, tmp, inputs } = workspace;
  await Promise.all([mkdir(work), mkdir(home, { mode: 0o700 }), mkdir(tmp, { mode: 0o700 }), mkdir(inputs)]);
  return workspace;
}

const toWorkspace = (root: string): Workspace => ({
  root,
  work: join(root, 'work'),
  home: join(root, 'home'),
  tmp: join(root, 'tmp'),
  inputs: join(root, 'inputs'),
});

/** The same attempt may be delivered again after a worker died: what the first delivery left is kept as `<attempt>.lost-<n>`. */
async function moveAside(root: string): Promise<void> {
  for (let n = 1; ; n += 1) {
    try {
      // Fails over an existing folder that is not empty, and takes the place of an empty one, which loses nothing.
      await rename(root, `${root}.lost-${n}`);
      return;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }
}

/** Leaves one in which something is. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

/** Deletes a folder, also one in which an agent has made folders read-only. */
export async function deleteTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
