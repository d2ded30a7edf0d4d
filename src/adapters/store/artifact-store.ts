import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Artifact, Deliverable } from '../../domain/attempt.ts';
import type { LedgerEntry } from '../../domain/ledger.ts';
import type { DeliverableSpec } from '../../domain/plan/plan.ts';
import type { BlobReference } from '../../domain/packed.ts';
import { quote } from '../../domain/source/problem.ts';
import { ArtifactError } from './artifact-error.ts';
import { createBlobs } from './blobs.ts';
import { collectDeliverable, materialiseDeliverable } from './deliverables.ts';
import { writeFileAtomically } from './durable-file.ts';
import { toFolderName } from './folder-name.ts';
import { createLedgerWriter } from './ledger-file.ts';
import { openRolledBack, type RolledBack } from './rolled-back.ts';
import { requireModest } from './workspace-size.ts';
import { listTree, locateDeliverable } from './workspace-tree.ts';

export type DocumentName = 'report.md' | 'report.json' | 'status.md' | `reviews/${string}.${'md' | 'json'}`;

export interface AttemptLog {
  /** Absolute. Its folder exists. */
  readonly file: string;
  /** `logs/<task>.<attempt>.log`, relative to the execution's folder. */
  readonly name: string;
}

/**
 * What executions leave behind, on the worker's disk. Per execution a folder with `report.md`, `report.json`, `status.md`,
 * `ledger.jsonl`, `logs/<task>.<attempt>.log` and `deliverables/<task>/<path>`; beside all of them, content by hash in
 * `../blobs`.
 */
export interface ArtifactStore {
  /** Absolute path of an execution's folder. */
  folderOf(executionId: string): string;
  /** Throws an ArtifactError unless the deliverable is a file or folder inside the workspace. Cheap: reads no content. */
  checkDeliverable(workspace: string, spec: DeliverableSpec): Promise<void>;
  /** Takes a deliverable from a workspace; a retry replaces what an earlier attempt published. Throws like the check. */
  collectDeliverable(from: CollectRequest): Promise<Deliverable>;
  /** A private, verified copy at the absolute path `into`, which must not exist. Throws an ArtifactError. */
  materialise(deliverable: Deliverable, into: string): Promise<void>;
  /**
   * Takes the whole working directory of an attempt that ended without a result, which is then at `handovers/<task>.<attempt>`. Throws an
   * ArtifactError above 64 MiB or 2,000 files.
   */
  collectWorkspace(from: Omit<CollectRequest, 'spec'> & { readonly attempt: number }): Promise<Deliverable>;
  /** Each entry is in the ledger once, however often it is appended. */
  appendLedger(executionId: string, entries: readonly LedgerEntry[]): Promise<void>;
  /** Replaces a document as a whole. */
  writeDocument(executionId: string, name: DocumentName, text: string): Promise<Artifact>;
  attemptLog(executionId: string, taskId: string, attempt: number): Promise<AttemptLog>;
  /** What the rollback of this name sets aside. */
  openRolledBack(executionId: string, name: string): RolledBack;
  keepBlob(bytes: Uint8Array): Promise<BlobReference>;
  /** Verified content. Throws an ArtifactError when it is missing or damaged, an OversizeError above `maxBytes`. */
  readBlob(sha256: string, maxBytes: number): Promise<Buffer>;
}

const SHA256 = /^[0-9a-f]{64}$/;

export interface CollectRequest {
  readonly executionId: string;
  readonly taskId: string;
  readonly workspace: string;
  readonly spec: DeliverableSpec;
}

/** Where the blobs are of the artifact store in `dir`. */
export const blobsFolderOf = (dir: string): string => join(dirname(dir), 'blobs');

/** `dir` is the config's `artifacts.dir`, absolute. Folders are made when they are needed. */
export function createArtifactStore({ dir }: { readonly dir: string }): ArtifactStore {
  const blobs = createBlobs(blobsFolderOf(dir));
  const ledgers = createLedgerWriter();
  const folderOf = (executionId: string): string => join(dir, toFolderName(executionId));
  return {
    folderOf,
    async checkDeliverable(workspace, spec) {
      await locateDeliverable(workspace, spec);
    },
    async collectDeliverable({ executionId, taskId, workspace, spec }) {
      const located = await locateDeliverable(workspace, spec);
      const folder = join(folderOf(executionId), 'deliverables', toFolderName(taskId));
      await mkdir(dirname(folder), { recursive: true });
      return await collectDeliverable(blobs, folder, located);
    },
    async collectWorkspace({ executionId, taskId, attempt, workspace }) {
      const located = await locateDeliverable(workspace, { id: 'workspace', path: '.' });
      requireModest(await listTree(located));
      const folder = join(folderOf(executionId), 'handovers', `${toFolderName(taskId)}.${attempt}`);
      await mkdir(dirname(folder), { recursive: true });
      return await collectDeliverable(blobs, folder, located);
    },
    materialise: (deliverable, into) => materialiseDeliverable(blobs, deliverable, into),
    appendLedger: (executionId, entries) => ledgers.append(join(folderOf(executionId), 'ledger.jsonl'), entries),
    async writeDocument(executionId, name, text) {
      const file = join(folderOf(executionId), name);
      const bytes = Buffer.from(text, 'utf8');
      await writeFileAtomically(file, bytes);
      return { uri: pathToFileURL(file).href, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
    },
    async attemptLog(executionId, taskId, attempt) {
      const name = `logs/${toFolderName(taskId)}.${attempt}.log`;
      const file = join(folderOf(executionId), name);
      await mkdir(dirname(file), { recursive: true });
      return { file, name };
    },
    openRolledBack: (executionId, name) => openRolledBack(blobs, folderOf(executionId), name),
    async keepBlob(bytes) {
      const ref = await blobs.addBytes(bytes);
      return { ...ref, uri: `blob:${ref.sha256}` };
    },
    async readBlob(sha256, maxBytes) {
      // It becomes a path, and it comes from outside.
      if (!SHA256.test(sha256))
        throw new ArtifactError(`expected the SHA-256 of a blob in lower-case hex, got ${quote(sha256)}.`);
      return await blobs.read(sha256, maxBytes);
    },
  };
}
