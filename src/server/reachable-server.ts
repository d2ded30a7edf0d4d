import { Connection, type ConnectionOptions } from '@temporalio/client';
import { err, ok, type Result } from '../domain/result.ts';
import { toReason } from './server-failure.ts';

/** Connects and asks who is there. A closed port, another protocol and silence are reasons, not exceptions. */
export async function reachServer(options: ConnectionOptions, limitMs: number): Promise<Result<string>> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ ...options, connectTimeout: limitMs });
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return ok(serverVersion ?? 'unknown');
  } catch (error) {
    return err(toReason(error));
  } finally {
    await connection?.close();
  }
}

/** Opens a connection for the time of `work`. */
export async function withConnection<T>(
  options: ConnectionOptions,
  limitMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ ...options, connectTimeout: limitMs });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
