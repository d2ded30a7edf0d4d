import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { DeliverableSpec } from '../../domain/plan/plan.ts';
import { ArtifactError, errorCode } from './artifact-error.ts';

/** More files than this in one deliverable is a mistake (a dependency folder, a cache), not a result. */
const MOST_FILES = 50_000;

/** Where a deliverable lies, links resolved. `path` is relative to the workspace with `/` between the parts. */
export interface LocatedDeliverable {
  readonly spec: DeliverableSpec;
  readonly path: string;
  readonly source: string;
  readonly kind: 'file' | 'folder';
  /** The workspace with links resolved: nothing outside it is ever read. */
  readonly workspace: string;
}

/** One entry of a folder. An empty folder has a `path` that ends in `/` and no content. */
export interface TreeEntry {
  readonly path: string;
  readonly source: string | null;
  readonly executable: boolean;
}

/**
 * Finds a deliverable in a workspace. It may be declared or named by the agent, relative or as an absolute path in the workspace.
 * Throws an ArtifactError when it does not exist, is neither file nor folder, or lies outside once links are resolved.
 */
export async function locateDeliverable(workspace: string, spec: DeliverableSpec): Promise<LocatedDeliverable> {
  const root = await realpath(workspace);
  const given = isAbsolute(spec.path) && isInside(workspace, spec.path) ? relative(workspace, spec.path) : spec.path;
  const plain = resolve(root, given);
  const what = `Deliverable "${spec.id}" (${spec.path})`;
  if (!isInside(root, plain)) throw new ArtifactError(`${what} lies outside the workspace; expected a path inside it.`);
  const source = await realpath(plain).catch((error: unknown) => {
    throw notThere(what, error);
  });
  if (!isInside(root, source))
    throw new ArtifactError(`${what} is a link that leads out of the workspace, to ${source}; write a copy.`);
  const found = await stat(source);
  if (!found.isFile() && !found.isDirectory()) {
    throw new ArtifactError(`${what} is neither a regular file nor a folder (a socket, pipe or device); expected one of these.`);
  }
  const path = relative(root, plain).split(sep).join('/');
  return { spec, path: path === '' ? '.' : path, source, kind: found.isFile() ? 'file' : 'folder', workspace: root };
}

/**
 * Every file of a located folder, by path in code unit order; links are followed within the workspace.
 * Throws an ArtifactError for a link that leads out of the workspace or in a circle, for sockets, pipes and devices, and for
 * more than 50,000 files.
 */
export async function listTree(located: LocatedDeliverable): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  await walk(located, located.source, '', [located.source], entries);
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function walk(
  located: LocatedDeliverable,
  folder: string,
  prefix: string,
  above: readonly string[],
  entries: TreeEntry[],
): Promise<void> {
  const names = await readdir(folder);
  if (names.length === 0 && prefix !== '') entries.push({ path: prefix, source: null, executable: false });
  for (const name of names) {
    const path = `${prefix}${name}`;
    const what = `"${path}" in deliverable "${located.spec.id}" (${located.spec.path})`;
    const source = await realpath(join(folder, name)).catch((error: unknown) => {
      throw notThere(what, error);
    });
    if (!isInside(located.workspace, source))
      throw new ArtifactError(`${what} is a link that leads out of the workspace, to ${source}.`);
    const found = await stat(source);
    if (found.isDirectory()) {
      if (above.includes(source))
        throw new ArtifactError(`${what} is a link to a folder that contains it; expected no circle of links.`);
      await walk(located, source, `${path}/`, [...above, source], entries);
    } else if (found.isFile()) {
      entries.push({ path, source, executable: (found.mode & 0o100) !== 0 });
    } else {
      throw new ArtifactError(`${what} is neither a regular file nor a folder (a socket, pipe or device).`);
    }
    if (entries.length > MOST_FILES) {
      throw new ArtifactError(
        `Deliverable "${located.spec.id}" (${located.spec.path}) has more than ${MOST_FILES} files; pack them into one.`,
      );
    }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function notThere(what: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ArtifactError(`${what} does not exist in the workspace; the agent must write it before it ends.`);
  }
  if (code === 'ELOOP') return new ArtifactError(`${what} is a circle of links; expected a regular file or a folder.`);
  return error;
}
