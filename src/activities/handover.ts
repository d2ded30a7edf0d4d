import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentHandover, AgentOutcome } from '../adapters/agents/agent-runner.ts';
import type { ArtifactStore, AttemptLog } from '../adapters/store/artifact-store.ts';
import type { Workspace, Workspaces } from '../adapters/workspaces/directory-workspaces.ts';
import type { Artifact, Deliverable, PerformTaskInput } from '../domain/attempt.ts';
import { messageOf } from '../domain/error-message.ts';
import type { Handover, HandoverBundle } from '../domain/reallocation/handover.ts';
import { toEightFields } from './heartbeat.ts';

const TAIL_BYTES = 4_096;
const MAX_BUNDLE_BYTES = 1024 * 1024;

export interface HandoverDeps {
  readonly store: Pick<ArtifactStore, 'attemptLog' | 'collectWorkspace' | 'keepBlob' | 'materialise' | 'readBlob'>;
  readonly workspaces: Pick<Workspaces, 'find'>;
}

interface EndedAttempt {
  readonly input: PerformTaskInput;
  readonly workspace: Workspace;
  readonly log: AttemptLog;
}

/** Keeps what an attempt that has no result has, for the next one. Never throws: without it the next one begins anew. */
export async function leaveHandover(
  deps: HandoverDeps,
  { input, workspace, log }: EndedAttempt,
  outcome: AgentOutcome,
): Promise<Artifact | undefined> {
  try {
    const { executionId, attempt, task } = input;
    const from = { executionId, taskId: task.id, attempt, workspace: workspace.work };
    const { notes, questions } = outcome.left;
    const bundle: HandoverBundle = {
      at: new Date().toISOString(),
      status: toEightFields(outcome.lastStatus, input),
      notes,
      questions,
      log: await readTail(log.file),
      ...(await collect(deps, from)),
    };
    return await deps.store.keepBlob(Buffer.from(JSON.stringify(bundle), 'utf8'));
  } catch {
    return undefined;
  }
}

async function collect(
  { store }: HandoverDeps,
  from: Parameters<ArtifactStore['collectWorkspace']>[0],
): Promise<Pick<HandoverBundle, 'files' | 'filesOmitted'>> {
  try {
    const { uri, sha256, size } = await store.collectWorkspace(from);
    return { files: { uri, sha256, size }, filesOmitted: null };
  } catch (error) {
    return { files: null, filesOmitted: messageOf(error) };
  }
}

/**
 * What an earlier attempt has left, for the request of this one, its files in a folder beside the working directory. Of an attempt that was
 * lost with its worker there is what it left on this host, if it ran here. What cannot be had is left out, and said.
 */
export async function takeHandover(
  deps: HandoverDeps,
  input: PerformTaskInput,
  workspace: Workspace,
): Promise<AgentHandover | null> {
  const { handover } = input;
  if (handover === undefined) return null;
  const { from, reason, status } = handover;
  const bundle = await findBundle(deps, input, handover).catch((error: unknown) => lostBundle(messageOf(error)));
  const { files, filesOmitted, ...rest } = bundle;
  const taken = await materialise(deps, files, join(workspace.root, 'handover'));
  const omitted = taken.omitted ?? filesOmitted;
  return {
    from,
    reason,
    ...rest,
    status: rest.status ?? status,
    notes: omitted === null ? rest.notes : [...rest.notes, `its files are not handed over: ${omitted}`],
    files: taken.folder,
  };
}

async function findBundle(
  deps: HandoverDeps,
  input: PerformTaskInput,
  { from, bundle, notes }: Handover,
): Promise<HandoverBundle> {
  if (notes !== undefined) return { ...lostBundle(''), notes, filesOmitted: null };
  if (bundle !== null)
    return JSON.parse((await deps.store.readBlob(bundle.sha256, MAX_BUNDLE_BYTES)).toString('utf8')) as HandoverBundle;
  const id = { executionId: input.executionId, taskId: input.task.id, attempt: from.attempt };
  const left = await deps.workspaces.find(id);
  if (left === null) return lostBundle('the attempt was lost with its worker');
  const { file } = await deps.store.attemptLog(id.executionId, id.taskId, id.attempt);
  return { ...lostBundle(''), log: await readTail(file), ...(await collect(deps, { ...id, workspace: left.work })) };
}

const lostBundle = (why: string): HandoverBundle => ({
  at: new Date().toISOString(),
  status: null,
  notes: [],
  questions: [],
  log: '',
  files: null,
  filesOmitted: why,
});

async function materialise(
  { store }: HandoverDeps,
  files: Artifact | null,
  folder: string,
): Promise<{ folder: string | null; omitted: string | null }> {
  if (files === null) return { folder: null, omitted: null };
  try {
    const deliverable: Deliverable = { id: 'workspace', path: '.', ...files };
    await store.materialise(deliverable, folder);
    return { folder, omitted: null };
  } catch (error) {
    return { folder: null, omitted: messageOf(error) };
  }
}

/** The last 4 KiB of a log; nothing of one that is not there. */
async function readTail(file: string): Promise<string> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return '';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}
