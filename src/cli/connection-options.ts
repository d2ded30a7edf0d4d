import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { connectClient } from '../client/pact-client.ts';
import type { PactClient } from '../client/pact-client.ts';
import { resolveConnection } from '../client/connection.ts';
import type { ConnectOptions } from '../client/connection.ts';
import { isAlive } from '../server/process-identity.ts';
import { readServerRecord } from '../server/server-record.ts';
import type { ServerRecord } from '../server/server-record.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { CommandTarget } from './render/next-commands.ts';
import type { Environment, Terminal } from './terminal.ts';
import { messageOf } from '../domain/error-message.ts';

/** Options of every command that talks to a server. */
export interface ConnectionFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly profile?: string;
}

export const withConnection = (command: Command): Command =>
  command
    .option(
      '--address <host:port>',
      'Temporal server (default: TEMPORAL_ADDRESS, temporal.toml, the server of this folder, localhost:7233)',
    )
    .option('--namespace <name>', 'namespace (default: TEMPORAL_NAMESPACE, temporal.toml, "default")')
    .option('--profile <name>', 'profile of temporal.toml');

/** The environment with the flags in it, for parts that read the environment only. */
export const environmentWith = (env: Environment, flags: ConnectionFlags): Environment => ({
  ...env,
  ...(flags.address === undefined ? {} : { TEMPORAL_ADDRESS: flags.address }),
  ...(flags.namespace === undefined ? {} : { TEMPORAL_NAMESPACE: flags.namespace }),
  ...(flags.profile === undefined ? {} : { TEMPORAL_PROFILE: flags.profile }),
});

/** Runs `work` with a connected client and closes it. */
export async function withClient<T>(
  terminal: Terminal,
  flags: ConnectionFlags,
  work: (client: PactClient, targetOf: (executionId: string) => CommandTarget) => Promise<T>,
): Promise<T> {
  const server = findFolderServer(terminal.cwd);
  const connect = { ...flags, env: terminal.env, fallbackAddress: server?.address };
  checkedConnection(connect);
  const client = await connectClient(connect);
  try {
    return await work(client, (executionId) => targetFor(terminal, client, executionId));
  } finally {
    await client.close();
  }
}

/** Where a client would connect. temporal.toml or TEMPORAL_* that cannot be read are the user's input: exit 2, not a defect. */
export function checkedConnection(options: ConnectOptions): ReturnType<typeof resolveConnection> {
  try {
    return resolveConnection(options);
  } catch (error) {
    const reason = messageOf(error);
    throw new CliError(
      EXIT.invalid,
      `The Temporal configuration cannot be used: ${reason}. Correct temporal.toml or TEMPORAL_*.`,
    );
  }
}

/** The target of commands to print: `isDefault` when a plain `pact …` from this folder finds the same server. */
export function targetFor(
  terminal: Terminal,
  at: { readonly address: string; readonly namespace: string },
  executionId: string,
): CommandTarget {
  const plain = resolveConnection({ env: terminal.env, fallbackAddress: findFolderServer(terminal.cwd)?.address });
  const isDefault = plain.connectionOptions.address === at.address && plain.namespace === at.namespace;
  return { executionId, address: at.address, namespace: at.namespace, isDefault };
}

/** The running server that a `pact up` or `pact run` keeps in this folder or one above it. */
export function findFolderServer(folder: string): ServerRecord | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const record = readServerRecord(at);
    if (record !== null && isAlive(record.server)) return record;
    if (dirname(at) === at) return null;
  }
}
