import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { openServer } from '../dist/index.js';

/** A Temporal server with the product's own settings and a temporary database, unless TEMPORAL_ADDRESS names another. */
export async function openBenchServer(say) {
  const baseDir = mkdtempSync(join(tmpdir(), 'pact-bench-'));
  const server = await openServer({ baseDir, ephemeral: true, headless: true, say });
  // A history of 8,000 events comes in messages above the client's 4 MiB.
  const channelArgs = { 'grpc.max_receive_message_length': 64 * 1024 * 1024 };
  const connection = await Connection.connect({ ...server.connectionOptions, channelArgs });
  const { address, namespace, description, connectionOptions, pid } = server;
  return {
    address,
    namespace,
    description,
    connectionOptions,
    /** Process id of the server; null when it runs elsewhere. */
    pid,
    client: new Client({ connection, namespace }),
    async stop() {
      await connection.close();
      await server.stop();
      rmSync(baseDir, { recursive: true, force: true });
    },
  };
}
