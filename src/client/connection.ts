import { connect } from 'node:net';
import { Client, type Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionOptions } from '@temporalio/client';
import { openConnection, type ClosableConnection } from './closable-connection.ts';
import { NoServerError } from './errors.ts';
import { toClientError } from './grpc-failure.ts';
import type { CallPlace } from './grpc-failure.ts';
import { messageOf } from '../domain/error-message.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const REFUSED_WITHIN_MS = 500;
const PROBE_TIMEOUT_MS = 2_000;
/** A query or update that nobody has answered by then counts as "no worker". */
const CALL_TIMEOUT_MS = 10_000;
const LONGEST_RETRY_DELAY_MS = 1_000;
/** Some events of a history, of up to 2 MiB each; the default of gRPC is 4 MiB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
export const DEFAULT_ADDRESS = 'localhost:7233';

export interface ConnectOptions {
  /** `host:port`; overrides TEMPORAL_ADDRESS and temporal.toml. */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  /** Profile of temporal.toml; default TEMPORAL_PROFILE or `default`. */
  readonly profile?: string | undefined;
  /** Address when neither the options nor the environment nor temporal.toml names one. */
  readonly fallbackAddress?: string | undefined;
  /** Environment to read `TEMPORAL_*` from; default that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** An open connection and how to call through it. */
export interface ServerLink {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  /**
   * Runs a call with a deadline (default 10 s) and maps its errors.
   * @throws NoServerError, NoWorkerError, UnknownExecutionError, RefusedError
   */
  call<T>(executionId: string | null, request: () => Promise<T>, timeoutMs?: number): Promise<T>;
  /** Aborts when the link is being closed: a long poll that went on would keep the process alive until its end. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

/**
 * Connects like Temporal's own tools: options, then `TEMPORAL_*`, then `temporal.toml`, then the fallback, then localhost:7233.
 * @throws NoServerError when nobody answers within 5 s
 */
export async function openLink(options: ConnectOptions = {}): Promise<ServerLink> {
  const { connectionOptions, namespace } = resolveConnection(options);
  const place: CallPlace = { address: connectionOptions.address, namespace, executionId: null };
  let opened: ClosableConnection;
  try {
    await checkNotRefused(place.address);
    const channelArgs = { 'grpc.max_receive_message_length': MAX_ANSWER_BYTES };
    opened = await openConnection(
      { ...connectionOptions, channelArgs, connectTimeout: CONNECT_TIMEOUT_MS },
      LONGEST_RETRY_DELAY_MS,
    );
  } catch (error) {
    throw toConnectError(error, place);
  }
  const { connection } = opened;
  const client = new Client({ connection, namespace });
  const closing = new AbortController();
  return {
    client,
    connection,
    address: place.address,
    namespace,
    call: (executionId, request, timeoutMs = CALL_TIMEOUT_MS) =>
      callWithDeadline(connection, { ...place, executionId }, request, timeoutMs),
    closing: closing.signal,
    close: async () => {
      closing.abort();
      await opened.close();
    },
  };
}

/** Address, credentials and namespace without connecting. @throws Error when temporal.toml or the address is malformed */
export function resolveConnection(options: ConnectOptions): {
  connectionOptions: ConnectionOptions & { address: string };
  namespace: string;
} {
  const configured = loadClientConnectConfig({
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.env === undefined ? {} : { overrideEnvVars: definedOnly(options.env) }),
  });
  // The SDK's type is that of the worker's native connection; address, tls, apiKey and metadata are the same in both.
  const { address, tls, apiKey, metadata } = configured.connectionOptions as ConnectionOptions;
  return {
    connectionOptions: {
      address: checkAddress(options.address ?? address ?? options.fallbackAddress ?? DEFAULT_ADDRESS),
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    namespace: options.namespace ?? configured.namespace ?? 'default',
  };
}

function checkAddress(address: string): string {
  if (/^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(address)) return address;
  throw new Error(`expected an address such as ${DEFAULT_ADDRESS}, got "${address}"`);
}

async function callWithDeadline<T>(
  connection: Connection,
  place: CallPlace,
  request: () => Promise<T>,
  timeoutMs: number,
): Promise<T> {
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, request);
  } catch (error) {
    // A deadline passes both when no worker answers and when the server has gone: ask the server which it is.
    if (isDeadline(error)) await probe(connection, place);
    throw toClientError(error, place);
  }
}

async function probe(connection: Connection, place: CallPlace): Promise<void> {
  try {
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () => connection.workflowService.getSystemInfo({}));
  } catch (error) {
    throw toConnectError(error, place);
  }
}

/**
 * gRPC keeps trying a port that nobody listens on, and keeps the process alive meanwhile; a plain connection tells at once. Rejects
 * when it is refused; whatever else comes of it, or comes later, is for gRPC to find out.
 */
function checkNotRefused(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 7233 });
    socket.setTimeout(REFUSED_WITHIN_MS, () => socket.destroy());
    socket.once('connect', () => socket.destroy());
    socket.once('close', () => resolve());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(new Error('connection refused'));
    });
  });
}

function toConnectError(error: unknown, place: CallPlace): Error {
  const mapped = toClientError(error, place);
  if (mapped instanceof NoServerError) return mapped;
  return new NoServerError(
    `No Temporal server answers at ${place.address} (${reasonOf(error)}). ` +
      'Start one with: pact up, or name yours with --address, TEMPORAL_ADDRESS or temporal.toml.',
  );
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return isDeadline(error) ? 'no answer in time' : (text.split('\n')[0] ?? text);
}

function isDeadline(error: unknown): boolean {
  return (
    error instanceof Error && /deadline|timed? ?out|call cancelled/i.test(`${error.name} ${error.message} ${causeText(error)}`)
  );
}

const causeText = (error: Error): string => (error.cause instanceof Error ? error.cause.message : '');

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
