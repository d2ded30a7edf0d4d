import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';

export interface ClosableConnection {
  readonly connection: Connection;
  /** Waits for retries that are due: at most the longest delay between two. */
  close(): Promise<void>;
}

/**
 * A connection that is safe to close while calls are under way: a retry of the SDK's that is due after the channel was closed would throw
 * where nobody can catch it. Once closing, nothing is retried any more, and what is due is waited for.
 * @param longestDelayMs Between two tries; default: the SDK's, some seconds.
 * @throws What `Connection.connect` throws
 */
export async function openConnection(
  options: ConnectionOptions = {},
  longestDelayMs = Number.POSITIVE_INFINITY,
): Promise<ClosableConnection> {
  const standard = defaultGrpcRetryOptions();
  let isClosing = false;
  let lastDueAt = 0;
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !isClosing && standard.retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const delayMs = Math.min(longestDelayMs, standard.delayFunction(attempt, status));
      lastDueAt = Math.max(lastDueAt, Date.now() + delayMs);
      return delayMs;
    },
  });
  const connection = await Connection.connect({ ...options, interceptors: [interceptor] });
  return {
    connection,
    close: async () => {
      isClosing = true;
      const waitMs = lastDueAt - Date.now() + 50;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await connection.close();
    },
  };
}
