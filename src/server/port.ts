import { createServer, connect } from 'node:net';
import { reachServer } from './reachable-server.ts';
import { ServerFailure } from './server-failure.ts';
import type { Environment, OpenServerOptions } from './server-options.ts';

export const loopback = '127.0.0.1';

/** Ports of one dev server; `ui` is null when headless. */
export interface ServerPorts {
  readonly grpc: number;
  readonly ui: number | null;
  readonly http: number;
}

interface PortUse {
  readonly port: number;
  readonly what: string;
  readonly option: string;
  readonly variable: string;
}

/** Option, else variable, else default. An ephemeral server takes no part in the variables: what is not asked for is free. */
export async function choosePorts(options: OpenServerOptions, env: Environment): Promise<ServerPorts> {
  const standing = (variable: string, otherwise: number): number =>
    options.ephemeral === true ? 0 : (readPort(env, variable) ?? otherwise);
  const grpc = await choosePort(options.port ?? standing('PACT_TEMPORAL_PORT', 7233));
  const http = await choosePort(options.httpPort ?? standing('PACT_TEMPORAL_HTTP_PORT', grpc + 10));
  if (options.headless === true) return { grpc, ui: null, http };
  return { grpc, ui: await choosePort(options.uiPort ?? standing('PACT_TEMPORAL_UI_PORT', grpc + 1000)), http };
}

/** Throws PortTaken, naming the port, who answers there and how to choose another, unless all are free. */
export async function checkPortsFree(ports: ServerPorts): Promise<void> {
  for (const use of portUses(ports)) {
    if (!(await isPortTaken(use.port))) continue;
    const isTemporal = use.port === ports.grpc && (await answersAsTemporal(use.port));
    throw isTemporal ? otherServer(use) : otherProgram(use);
  }
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === null) throw new Error(`No free port on ${loopback}.`);
  return port;
}

/** Taken is what cannot be listened on or what answers: macOS lets one listen beside a wildcard listener. */
export async function isPortTaken(port: number): Promise<boolean> {
  return (await listenOnce(port)) === null || (await accepts(port));
}

/** 0 stands for any free port. */
const choosePort = async (port: number): Promise<number> => (port === 0 ? freePort() : port);

function readPort(env: Environment, variable: string): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ServerFailure('BadConfiguration', `${variable} is ${JSON.stringify(text)}; expected a port from 0 to 65535.`);
}

function portUses({ grpc, ui, http }: ServerPorts): readonly PortUse[] {
  const uses = [
    { port: grpc, what: 'gRPC', option: '--port', variable: 'PACT_TEMPORAL_PORT' },
    { port: http, what: 'HTTP API', option: '--http-port', variable: 'PACT_TEMPORAL_HTTP_PORT' },
  ];
  if (ui === null) return uses;
  return [...uses, { port: ui, what: 'Web UI', option: '--ui-port', variable: 'PACT_TEMPORAL_UI_PORT' }];
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: loopback, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: loopback, timeout: 1_000 });
    const answer = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
}

async function answersAsTemporal(port: number): Promise<boolean> {
  return (await reachServer({ address: `${loopback}:${port}` }, 3_000)).ok;
}

function otherServer({ port, option, variable }: PortUse): ServerFailure {
  const own = `choose another port for this folder's own server with ${option} or ${variable}`;
  const use = `set TEMPORAL_ADDRESS=${loopback}:${port} to use that server`;
  const what = `Port ${port} is taken: a Temporal server that does not belong to this folder already answers there.`;
  return new ServerFailure('PortTaken', `${what} Either ${use}, or ${own}.`);
}

function otherProgram({ port, what, option, variable }: PortUse): ServerFailure {
  const advice = `End that program, or choose another port with ${option} or ${variable}.`;
  return new ServerFailure('PortTaken', `Port ${port}, wanted for Temporal's ${what}, is taken by another program. ${advice}`);
}
