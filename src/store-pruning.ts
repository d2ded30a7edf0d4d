import { join } from 'node:path';
import { createPageStore } from './activities/blob-pages.ts';
import { ArtifactError } from './adapters/store/artifact-error.ts';
import { blobsFolderOf, createArtifactStore } from './adapters/store/artifact-store.ts';
import { hashesInBlob, sweepBlobs } from './adapters/store/blob-sweep.ts';
import type { SweepResult } from './adapters/store/file-count.ts';
import { toFolderName } from './adapters/store/folder-name.ts';
import { findUnended } from './adapters/store/unended-executions.ts';
import { workspacesFolderOf } from './adapters/workspaces/directory-workspaces.ts';
import { sweepWorkspaces } from './adapters/workspaces/workspace-sweep.ts';
import type { ServerLink } from './client/connection.ts';
import { listKnownRuns, readPayloads, UnreadablePayloadError, type KnownRun } from './client/kept-history.ts';
import { referencesIn } from './domain/blob-references.ts';
import type { Config } from './domain/config/config.ts';
import { messageOf } from './domain/error-message.ts';
import { toIso } from './domain/iso-time.ts';
import { retrieve, type Stored, type Zipped } from './domain/packed.ts';

export interface Pruning {
  /** That the server still knows. */
  readonly executions: { readonly total: number; readonly running: number };
  /** Runs of workflows whose histories were read. */
  readonly runs: number;
  readonly blobs: Swept;
  /** Of failed attempts, kept for inspection. */
  readonly workspaces: Swept;
}

export interface Swept extends SweepResult {
  /** Absolute. */
  readonly folder: string;
}

/** It cannot be told what somebody refers to: nothing has been deleted. */
export class UnknownReferencesError extends Error {
  override readonly name = 'UnknownReferencesError';
}

/** The server knows no execution: more likely another server or namespace than a store that nobody needs. Nothing has been deleted. */
export class NothingKnownError extends Error {
  override readonly name = 'NothingKnownError';
}

/**
 * Deletes the blobs of the config's artifact store that no execution of its task queue refers to that the server still knows, and the
 * workspaces of the others. Mark and sweep: marked is whatever the histories of all workflows name, directly, in what travels packed, or in
 * a blob that is marked.
 * @param before Unix ms: what was written later stays in any case.
 * @throws NothingKnownError unless `mayKnowNone`; UnknownReferencesError, NoServerError; system errors
 */
export async function pruneStore(
  { artifacts, baseDir, taskQueues }: Config,
  link: ServerLink,
  options: {
    readonly before: number;
    readonly isDryRun: boolean;
    readonly mayKnowNone: boolean;
    readonly onRun?: (done: number, of: number) => void;
  },
): Promise<Pruning> {
  const folder = blobsFolderOf(artifacts.dir);
  const marks = createMarks(artifacts, folder);
  const read = new Map<string, KnownRun>();
  // Who has begun meanwhile may refer to what is old, too.
  for (let fresh = await listKnownRuns(link, taskQueues.workflows); fresh.length > 0;) {
    for (const [place, run] of fresh.entries()) {
      for await (const value of markable(link, run)) await marks.add(value, run);
      read.set(run.runId, run);
      options.onRun?.(place + 1, fresh.length);
    }
    fresh = (await listKnownRuns(link, taskQueues.workflows)).filter(({ runId }) => !read.has(runId));
  }
  if (read.size === 0 && !options.mayKnowNone && !options.isDryRun) throw new NothingKnownError();
  const known = new Set([...read.values()].map(({ workflowId }) => workflowId));
  await requireKnown(known, artifacts, options.before, link);
  const swept = await sweepBlobs(folder, { ...options, isReferenced: marks.has });
  const top = workspacesFolderOf(baseDir);
  const executions = [...read.values()].filter(({ type }) => type === 'execution');
  const ids = (runs: readonly KnownRun[]): number => new Set(runs.map(({ workflowId }) => workflowId)).size;
  return {
    executions: { total: ids(executions), running: ids(executions.filter(({ isOpen }) => isOpen)) },
    runs: read.size,
    blobs: { folder, ...swept },
    workspaces: { folder: top, ...(await sweepWorkspaces(top, { ...options, known })) },
  };
}

/** Another server or namespace than that of the workers knows nothing of what they have at work. */
async function requireKnown(
  known: ReadonlySet<string>,
  { dir }: Config['artifacts'],
  since: number,
  { address, namespace }: ServerLink,
): Promise<void> {
  const folders = new Set([...known].map(toFolderName));
  const strange = (await findUnended(dir, since)).find(({ folder }) => !folders.has(folder));
  if (strange === undefined) return;
  throw new UnknownReferencesError(
    `An execution has written ${join(dir, strange.folder)} on ${toIso(strange.writtenAt)} and has not ended, but the server at ${address} does ` +
      `not know it in namespace "${namespace}". Nothing has been deleted. Name the server and namespace of the workers with --address and ` +
      '--namespace; if it was terminated or deleted there, take its folder away.',
  );
}

async function* markable(link: ServerLink, run: KnownRun): AsyncGenerator<unknown> {
  try {
    yield* readPayloads(link, run);
  } catch (error) {
    if (!(error instanceof UnreadablePayloadError)) throw error;
    throw new UnknownReferencesError(
      `${error.message}, so that it cannot be told what it refers to. Nothing has been deleted. ` +
        'Blobs can be pruned only where no codec stands between the workers and the server.',
    );
  }
}

/** The hashes of blobs that something refers to. */
function createMarks(artifacts: Config['artifacts'], folder: string) {
  const pages = createPageStore(createArtifactStore(artifacts));
  const marked = new Set<string>();
  /** Pages that have been read: the same list of them stands in many payloads. */
  const unpacked = new Set<string>();

  async function open(packed: Zipped | Stored, run: KnownRun): Promise<unknown> {
    try {
      return await retrieve<object>(packed, pages.load);
    } catch (error) {
      // What no workflow could unpack was sent by somebody else, and refers to nothing.
      if (error instanceof RangeError || error instanceof TypeError) return null;
      if (!(error instanceof ArtifactError)) throw error;
      throw new UnknownReferencesError(
        `It cannot be told what "${run.workflowId}" refers to: ${messageOf(error)} Nothing has been deleted. Run this where the artifact ` +
          'store of its workers is, or wait until the server does not know it any more.',
      );
    }
  }

  async function add(value: unknown, run: KnownRun): Promise<void> {
    const { hashes, packed } = referencesIn(value);
    const fresh = [...hashes].filter((hash) => !marked.has(hash));
    for (let hash = fresh.pop(); hash !== undefined; hash = fresh.pop()) {
      marked.add(hash);
      fresh.push(...(await hashesInBlob(folder, hash)).filter((inner) => !marked.has(inner)));
    }
    for (const one of packed) {
      const key = one.packed === 'blobs' ? JSON.stringify(one.pages) : null;
      if (key !== null && unpacked.has(key)) continue;
      if (key !== null) unpacked.add(key);
      await add(await open(one, run), run);
    }
  }

  return { add, has: (sha256: string): boolean => marked.has(sha256) };
}
