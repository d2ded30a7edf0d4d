import type { Logger } from 'pino';
import { connectClient } from '../client/pact-client.ts';
import type { PactClient } from '../client/pact-client.ts';
import type { Config } from '../domain/config/config.ts';
import { openServer } from '../server/open-server.ts';
import type { OpenServer } from '../server/server-options.ts';
import { environmentWith } from './connection-options.ts';
import type { ConnectionFlags } from './connection-options.ts';
import type { Terminal } from './terminal.ts';
import { messageOf } from '../domain/error-message.ts';

/** A server and a worker to run plans on, some of it possibly within this process. */
export interface Engine {
  readonly client: PactClient;
  readonly server: OpenServer;
  /** True when the worker runs in this process and ends with it. */
  readonly ownsWorker: boolean;
  /** Resolves with a reason if the server or worker of this process ends by itself; else never. */
  readonly failed: Promise<string>;
  /** Ends, in order, the client, the worker and the server of this process. */
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly terminal: Terminal;
  readonly flags: ConnectionFlags;
  /** Folder of `.pact/` with the server's database. */
  readonly baseDir: string;
  /** Read only when a worker has to be started. */
  readonly config: () => Config;
  readonly taskQueue: string;
  /** `always` starts a worker even if another one polls the queue already. */
  readonly worker: 'always' | 'whenNone';
  readonly ports?: { readonly port?: number; readonly uiPort?: number; readonly httpPort?: number };
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** @throws ServerFailure, NoServerError, CliError for an invalid config */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { terminal, flags } = options;
  const say = (line: string): void => terminal.note(terminal.paint.dim(line));
  const env = environmentWith(terminal.env, flags);
  const server = await openServer({ baseDir: options.baseDir, env, say, signal: options.signal, ...options.ports });
  const undo: (() => Promise<void>)[] = [() => server.stop()];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const client = await connectClient({ env, address: server.address, namespace: server.namespace });
    const worker = await ensureWorker(options, server, client, say);
    // The client last: what it waits for is answered by the worker.
    undo.push(...(worker === null ? [] : [() => worker.shutdown()]), () => client.close());
    const workerFailed = worker === null ? never : worker.done.then(() => never, toWorkerFailure);
    return { client, server, ownsWorker: worker !== null, failed: Promise.race([server.ended, workerFailed]), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ensureWorker(options: EngineOptions, server: OpenServer, client: PactClient, say: (line: string) => void) {
  if (options.worker === 'whenNone') {
    const pollers = await client.workers(options.taskQueue);
    if (pollers.length > 0) {
      say(
        `A worker polls the task queue "${options.taskQueue}" already (${pollers.map((poller) => poller.identity).join(', ')}).`,
      );
      return null;
    }
    say(`No worker polls the task queue "${options.taskQueue}": starting one in this process.`);
  }
  const config = options.config();
  // Only commands that run a worker pay for loading it.
  const { startWorker } = await import('../worker.ts');
  const { connectionOptions, namespace } = server;
  return startWorker({ config, connectionOptions, namespace, say, log: options.log });
}

const never = new Promise<never>(() => {});

const toWorkerFailure = (error: unknown): string => `The worker of this process ended: ${messageOf(error)}`;
