import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { obtainBinary, type ObtainedBinary } from './binary-roads.ts';
import { checkConfigured, readServerConfiguration, type ServerConfiguration } from './configured-server.ts';
import { startDevServer, type DevServer } from './dev-server.ts';
import { ensureNamespace } from './namespace.ts';
import { checkPortsFree, choosePorts, type ServerPorts } from './port.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { withConnection } from './reachable-server.ts';
import { rememberBinary } from './remembered.ts';
import { findRunningServer, withFolderLock } from './running-server.ts';
import { registerSearchAttributes, searchAttributeAdvice, type SearchAttributeState } from './search-attributes.ts';
import { ServerFailure, toReason } from './server-failure.ts';
import { defaultLimits, type OpenServer, type OpenServerOptions, type ServerContext } from './server-options.ts';
import { removeServerRecord, writeServerRecord, type ServerRecord } from './server-record.ts';

/**
 * Finds or starts a Temporal server, by the first road that works: the configured address; this folder's server that already
 * runs; a `temporal` binary found, downloaded or built, run as dev server with its database under `.pact/`. The namespace
 * exists and the search attributes are registered when it resolves (or `searchAttributes` says why they could not be).
 * Rejects with ServerFailure only.
 */
export async function openServer(options: OpenServerOptions): Promise<OpenServer> {
  const context: ServerContext = {
    baseDir: resolve(options.baseDir),
    env: options.env ?? process.env,
    limits: { ...defaultLimits, ...options.limits },
    say: options.say,
    signal: options.signal,
  };
  const configuration = readServerConfiguration(context.env);
  if (configuration.address !== null) return openConfigured(configuration, configuration.address, context);
  if (options.ephemeral === true) return openEphemeral(options, configuration.namespace, context);
  return withFolderLock(context, () => openFolderServer(options, configuration.namespace, context));
}

async function openConfigured(configuration: ServerConfiguration, address: string, context: ServerContext): Promise<OpenServer> {
  const version = await checkConfigured(configuration, context);
  const { connectionOptions, namespace, source } = configuration;
  return {
    address,
    namespace,
    connectionOptions,
    uiUrl: null,
    httpUrl: null,
    pid: null,
    binary: null,
    road: 'configured',
    description: `Temporal server ${version} at ${address} (${source}), namespace ${namespace}`,
    started: false,
    searchAttributes: await prepareNamespace(connectionOptions, namespace, context),
    ended: never,
    stop: async () => {},
  };
}

/** Reuses the server that has this folder's database open, or starts one. Runs under the folder lock. */
async function openFolderServer(options: OpenServerOptions, namespace: string, context: ServerContext): Promise<OpenServer> {
  const running = await findRunningServer(context);
  if (running !== null) return reuse(running, namespace, context);
  const ports = await choosePorts(options, context.env);
  await checkPortsFree(ports);
  const binary = await obtainBinary(context, options.binary);
  const folder = join(context.baseDir, '.pact');
  mkdirSync(folder, { recursive: true });
  const database = join(folder, 'temporal.db');
  const order = { folder, database, logPath: join(folder, 'temporal.log'), namespace, ports, binary: binary.path };
  const start = () => startDevServer({ ...order, diesWithParent: options.detached !== true, scratch: null }, context);
  const server = await startPersistently(start);
  writeServerRecord(context.baseDir, toRecord(server, binary, database, namespace, options.detached === true));
  rememberBinary(context.baseDir, { path: binary.path, version: binary.version });
  const end = (): Promise<void> =>
    withFolderLock({ ...context, signal: undefined }, async () => {
      await server.program.stop();
      removeServerRecord(context.baseDir);
    });
  return present(server, binary, namespace, '.pact/temporal.db', context, end);
}

async function openEphemeral(options: OpenServerOptions, namespace: string, context: ServerContext): Promise<OpenServer> {
  const binary = await obtainBinary(context, options.binary);
  const server = await startPersistently(async () => {
    const ports = await choosePorts(options, context.env);
    await checkPortsFree(ports);
    return startInScratch(binary, ports, namespace, context);
  });
  return present(server, binary, namespace, 'a temporary database', context, () => server.program.stop());
}

/** A port that was free when it was chosen may be taken by the time the server listens, its inner ones as well. */
async function startPersistently(start: () => Promise<DevServer>): Promise<DevServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      const isPortLost = error instanceof ServerFailure && /address already in use/.test(error.message);
      if (!isPortLost || attempt === 3) throw error;
    }
  }
}

function startInScratch(
  binary: ObtainedBinary,
  ports: ServerPorts,
  namespace: string,
  context: ServerContext,
): Promise<DevServer> {
  const scratch = mkdtempSync(join(tmpdir(), 'pact-server-'));
  const files = { folder: scratch, database: join(scratch, 'temporal.db'), logPath: join(scratch, 'temporal.log') };
  return startDevServer({ ...files, namespace, ports, binary: binary.path, diesWithParent: true, scratch }, context);
}

async function reuse(record: ServerRecord, namespace: string, context: ServerContext): Promise<OpenServer> {
  const { address, uiUrl, httpUrl } = record;
  const until = record.startedBy === null ? 'until it is stopped' : `as long as process ${record.startedBy.pid} lives`;
  const description = `Temporal dev server of this folder at ${address}, already running (process ${record.server.pid})`;
  context.say(`${description}; it runs ${until}.`);
  return {
    address,
    uiUrl,
    httpUrl,
    namespace,
    description,
    pid: record.server.pid,
    binary: record.binary.path,
    connectionOptions: { address },
    road: 'found',
    started: false,
    searchAttributes: await prepareNamespace({ address }, namespace, context),
    ended: never,
    stop: async () => {},
  };
}

async function present(
  server: DevServer,
  binary: ObtainedBinary,
  namespace: string,
  database: string,
  context: ServerContext,
  end: () => Promise<void>,
): Promise<OpenServer> {
  const { address, uiUrl, httpUrl, program } = server;
  const searchAttributes = await prepareNamespace({ address }, namespace, context).catch(async (error: unknown) => {
    await program.stop();
    throw error;
  });
  const description = `Temporal dev server ${binary.version} at ${address} with ${database}`;
  context.say(`${description} (${binary.path}, ${binary.source})${uiUrl === null ? '' : `; UI at ${uiUrl}`}`);
  let stopping: Promise<void> | undefined;
  const ended = server.ended.then((how) => (stopping === undefined ? `The Temporal server ended with ${how}` : never));
  return {
    address,
    uiUrl,
    httpUrl,
    namespace,
    description,
    searchAttributes,
    ended,
    pid: program.pid,
    binary: binary.path,
    road: binary.road,
    started: true,
    connectionOptions: { address },
    stop: () => (stopping ??= end()),
  };
}

function toRecord(
  { program, address, uiUrl, httpUrl }: DevServer,
  { path, version }: ObtainedBinary,
  database: string,
  namespace: string,
  isDetached: boolean,
): ServerRecord {
  const identify = (pid: number): ProcessIdentity => identifyProcess(pid) ?? { pid, start: null };
  const processes = { server: identify(program.pid), keeper: identify(program.keeperPid) };
  const startedBy = isDetached ? null : identify(process.pid);
  return { address, namespace, uiUrl, httpUrl, database, binary: { path, version }, ...processes, startedBy };
}

async function prepareNamespace(
  connectionOptions: OpenServer['connectionOptions'],
  namespace: string,
  context: ServerContext,
): Promise<SearchAttributeState> {
  return withConnection(connectionOptions, context.limits.answerMs, async (connection) => {
    if (await ensureNamespace(connection, namespace)) context.say(`Registered the namespace "${namespace}".`);
    const state = await registerSearchAttributes(connection, namespace);
    if (!state.ok) {
      context.say(`The search attributes ${state.missing.join(', ')} are not registered: ${state.reason}.`);
      context.say(`Someone permitted to can add them: ${searchAttributeAdvice(namespace)}`);
    } else if (state.added.length > 0) context.say(`Registered the search attributes ${state.added.join(', ')}.`);
    return state;
  }).catch((error: unknown) => {
    if (error instanceof ServerFailure) throw error;
    throw new ServerFailure('Unreachable', `The Temporal server stopped answering: ${toReason(error)}.`, error);
  });
}

const never = new Promise<never>(() => {});
