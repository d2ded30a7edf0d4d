import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerFailure, toReason } from './server-failure.ts';

/** gRPC status codes. */
const notFound = 5;
const alreadyExists = 6;
const retention = msToTs('7 days');

/**
 * Makes sure that the namespace exists: registers it, with 7 days of retention, where it is missing. Returns whether it was
 * registered here. Throws NoNamespace when it is missing and may not be registered.
 */
export async function ensureNamespace(connection: Connection, namespace: string, limitMs = 20_000): Promise<boolean> {
  if (await isThere(connection, namespace)) return false;
  try {
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  } catch (error) {
    if (!hasCode(error, alreadyExists)) throw cannotRegister(namespace, error);
  }
  // A new namespace reaches the front end's cache after some seconds.
  const deadline = performance.now() + limitMs;
  while (!(await isThere(connection, namespace))) {
    if (performance.now() > deadline) throw cannotRegister(namespace, 'it did not appear in time');
    await delay(200);
  }
  return true;
}

async function isThere(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    if (hasCode(error, notFound)) return false;
    throw new ServerFailure('NoNamespace', `Cannot look up the namespace "${namespace}": ${toReason(error)}.`, error);
  }
}

const hasCode = (error: unknown, code: number): boolean => isGrpcServiceError(error) && error.code === code;

function cannotRegister(namespace: string, error: unknown): ServerFailure {
  const advice = 'Create it, or name another one in TEMPORAL_NAMESPACE.';
  const what = `The namespace "${namespace}" does not exist and could not be registered: ${toReason(error)}.`;
  return new ServerFailure('NoNamespace', `${what} ${advice}`, error);
}
