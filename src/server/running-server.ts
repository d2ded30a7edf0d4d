import { join } from 'node:path';
import { withLock } from './file-lock.ts';
import { endProcess, isAlive, waitUntilGone } from './process-identity.ts';
import { reachServer } from './reachable-server.ts';
import { ServerFailure } from './server-failure.ts';
import type { ServerContext } from './server-options.ts';
import { readServerRecord, removeServerRecord, type ServerRecord } from './server-record.ts';

/** Runs `work` as the only process that starts or ends the server of this folder: two servers never share a database. */
export function withFolderLock<T>(context: ServerContext, work: () => Promise<T>): Promise<T> {
  const path = join(context.baseDir, '.pact', 'server.lock');
  const onWait = ({ pid }: { pid: number }): void =>
    context.say(`Process ${pid} is starting or ending this folder's Temporal server; waiting for it.`);
  return withLock({ path, waitMs: context.limits.lockMs, signal: context.signal, onWait }, work);
}

/**
 * The server of this folder that already runs and may be used too; null when there is none. One whose starter is gone is
 * about to end: its end is waited for, or brought about. Throws FolderBusy when one lives but does not answer. Call it under
 * the folder lock.
 */
export async function findRunningServer(context: ServerContext): Promise<ServerRecord | null> {
  const record = readServerRecord(context.baseDir);
  if (record === null) return null;
  if (isAlive(record.server)) {
    if (record.startedBy === null || isAlive(record.startedBy)) return checkAnswers(record, context);
    await endOrphan(record, context);
  }
  removeServerRecord(context.baseDir);
  return null;
}

/** Ends the recorded server of a folder, detached or not; false when none runs. */
export async function stopRunningServer(context: ServerContext): Promise<boolean> {
  return withFolderLock(context, async () => {
    const record = readServerRecord(context.baseDir);
    const isRunning = record !== null && isAlive(record.server);
    if (isRunning) await endRecorded(record, context);
    removeServerRecord(context.baseDir);
    return isRunning;
  });
}

async function checkAnswers(record: ServerRecord, context: ServerContext): Promise<ServerRecord> {
  const reached = await reachServer({ address: record.address }, context.limits.answerMs);
  if (reached.ok) return record;
  const { pid } = record.server;
  const what = `The Temporal server of this folder (process ${pid}, ${record.address}) lives but does not answer`;
  throw new ServerFailure('FolderBusy', `${what}: ${reached.error}. End it with "kill ${pid}", then try again.`);
}

async function endOrphan(record: ServerRecord, context: ServerContext): Promise<void> {
  context.say(`The last Temporal server of this folder (process ${record.server.pid}) is still ending; waiting for it.`);
  if (await waitUntilGone(record.server, context.limits.graceMs + 2_000)) return;
  await endRecorded(record, context);
}

async function endRecorded(record: ServerRecord, context: ServerContext): Promise<void> {
  const { graceMs } = context.limits;
  // The keeper passes the TERM on and tidies up; where it is gone the server is ended directly.
  if (isAlive(record.keeper) && (await endProcess(record.keeper, graceMs + 5_000)) && !isAlive(record.server)) return;
  if (await endProcess(record.server, graceMs)) return;
  const { pid } = record.server;
  throw new ServerFailure('FolderBusy', `The Temporal server of this folder (process ${pid}) could not be ended.`);
}
