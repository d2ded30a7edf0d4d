import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readTail, startKept, type KeptProgram } from './kept-program.ts';
import { loopback, type ServerPorts } from './port.ts';
import { withConnection } from './reachable-server.ts';
import { searchAttributeTypes } from './search-attributes.ts';
import { ServerFailure, toReason } from './server-failure.ts';
import type { Environment, ServerContext } from './server-options.ts';

export interface DevServerOrder {
  readonly binary: string;
  /** SQLite file; kept between runs. */
  readonly database: string;
  readonly logPath: string;
  /** Working directory. */
  readonly folder: string;
  readonly namespace: string;
  readonly ports: ServerPorts;
  readonly diesWithParent: boolean;
  /** Folder that goes with the server. */
  readonly scratch: string | null;
}

export interface DevServer {
  readonly program: KeptProgram;
  readonly address: string;
  readonly uiUrl: string | null;
  readonly httpUrl: string;
  /** Resolves when the server has ended, for whatever reason, with the end of its log. */
  readonly ended: Promise<string>;
}

/** Arguments of `temporal` for a server that is fast and durable. */
export function devServerArguments({ database, namespace, ports }: DevServerOrder): string[] {
  const groups = [
    ['server', 'start-dev', '--ip', loopback, '--namespace', namespace],
    ['--port', String(ports.grpc), '--http-port', String(ports.http)],
    ports.ui === null ? ['--headless'] : ['--ui-port', String(ports.ui)],
    ['--db-filename', database],
    // WAL doubles the throughput; synchronous=2 (FULL) still syncs every commit.
    ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=2'],
    // A worker gets the first activities with the answer of its workflow task: 33–55 ms a hop instead of 100 ms.
    ['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
    ...Object.entries(searchAttributeTypes).map(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
  return groups.flat();
}

/** Starts the server and waits until it serves the namespace. Throws ServerDied or NotServing with the end of its log. */
export async function startDevServer(order: DevServerOrder, context: ServerContext): Promise<DevServer> {
  const { graceMs } = context.limits;
  const { folder: cwd, logPath, diesWithParent, scratch, ports } = order;
  const command = [order.binary, ...devServerArguments(order)] as [string, ...string[]];
  const keepOrder = { command, cwd, logPath, graceMs, diesWithParent, scratch };
  const program = await startKept(keepOrder, withoutTemporalSettings(context.env)).catch((error: unknown) => {
    throw new ServerFailure('ServerDied', `${order.binary} could not be started: ${toReason(error)}.`, error);
  });
  const ended = program.exited.then((status) => {
    const tail = readTail(logPath);
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
    return `status ${status}${tail === '' ? ', without a word' : `; the end of its log:\n${tail}`}`;
  });
  const server = {
    program,
    address: `${loopback}:${ports.grpc}`,
    uiUrl: ports.ui === null ? null : `http://${loopback}:${ports.ui}`,
    httpUrl: `http://${loopback}:${ports.http}`,
    ended,
  };
  await waitUntilServing(server, order, context);
  return server;
}

/** The server shall not be bent by settings that are meant for clients (profile, address, codec, …). */
function withoutTemporalSettings(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function waitUntilServing(server: DevServer, order: DevServerOrder, context: ServerContext): Promise<void> {
  const { startMs, progressMs } = context.limits;
  const startedAt = performance.now();
  let saidAt = startedAt;
  let lastReason = 'no answer yet';
  const death = server.ended.then((how) => ({ how }));
  for (;;) {
    const serving = checkServing(server.address, order.namespace).catch((error: unknown) => toReason(error));
    const now = await Promise.race([serving, death]);
    if (now === true) return;
    if (typeof now !== 'string') throw died(order, now.how);
    lastReason = now;
    if (context.signal?.aborted) await giveUp(server, 'Interrupted', 'The start of the Temporal server was interrupted');
    if (performance.now() - startedAt > startMs) {
      const what = `The Temporal server does not serve within ${startMs / 1000} s (${lastReason})`;
      await giveUp(server, 'NotServing', what);
    }
    if (performance.now() - saidAt > progressMs) {
      saidAt = performance.now();
      context.say(`  the server is starting, ${Math.round((saidAt - startedAt) / 1000)} s`);
    }
    await delay(50);
  }
}

async function checkServing(address: string, namespace: string): Promise<true> {
  return withConnection({ address }, 1_000, async ({ workflowService }) => {
    await workflowService.describeNamespace({ namespace });
    return true as const;
  });
}

async function giveUp(server: DevServer, kind: 'Interrupted' | 'NotServing', what: string): Promise<never> {
  await server.program.stop();
  throw new ServerFailure(kind, `${what}; it ended with ${await server.ended}`);
}

function died(order: DevServerOrder, how: string): ServerFailure {
  return new ServerFailure('ServerDied', `The Temporal server ${order.binary} ended before it served, with ${how}`);
}
