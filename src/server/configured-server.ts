import { loadClientConfigProfile, toClientOptions, type ClientConnectConfig } from '@temporalio/envconfig';
import { reachServer } from './reachable-server.ts';
import { ServerFailure, toReason } from './server-failure.ts';
import type { Environment, ServerContext } from './server-options.ts';

export interface ServerConfiguration {
  readonly connectionOptions: ClientConnectConfig['connectionOptions'];
  readonly namespace: string;
  /** Null when nobody configured an address: then a server is to be found or started. */
  readonly address: string | null;
  /** Where the address comes from, for messages. */
  readonly source: string;
}

/** Reads `TEMPORAL_*` and `temporal.toml` as Temporal's own tools do. Throws BadConfiguration for what cannot be read. */
export function readServerConfiguration(env: Environment): ServerConfiguration {
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars });
    const { connectionOptions } = toClientOptions(profile);
    const profileName = env['TEMPORAL_PROFILE'] || 'default';
    const source = env['TEMPORAL_ADDRESS'] ? 'TEMPORAL_ADDRESS' : `profile "${profileName}" of temporal.toml`;
    return { connectionOptions, namespace: profile.namespace || 'default', address: profile.address || null, source };
  } catch (error) {
    const advice = "Correct the file (TEMPORAL_CONFIG_FILE, or temporal.toml in the user's config folder) or TEMPORAL_*.";
    throw new ServerFailure(
      'BadConfiguration',
      `The Temporal configuration cannot be used: ${toReason(error)}. ${advice}`,
      error,
    );
  }
}

/** Throws Unreachable unless the configured server answers: another one is never used in its stead. Returns its version. */
export async function checkConfigured(configuration: ServerConfiguration, context: ServerContext): Promise<string> {
  const { address, source, connectionOptions } = configuration;
  context.say(`Using the Temporal server at ${address}, configured by ${source}.`);
  const reached = await reachServer(connectionOptions, context.limits.answerMs);
  if (reached.ok) return reached.value;
  const advice = `Start it, correct ${source}, or remove the setting to let a local dev server be started.`;
  const what = `The Temporal server at ${address}, configured by ${source}, does not answer: ${reached.error}.`;
  throw new ServerFailure('Unreachable', `${what} ${advice}`);
}
