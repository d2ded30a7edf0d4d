import { NoServerError } from '../client/errors.ts';
import type { PactClient } from '../client/pact-client.ts';
import type { Config } from '../domain/config/config.ts';
import { recallBinary } from '../server/remembered.ts';
import { searchAttributeAdvice, searchAttributeTypes } from '../server/search-attributes.ts';
import { CliError } from './cli-error.ts';
import { withClient } from './connection-options.ts';
import type { ConnectionFlags } from './connection-options.ts';
import { readConfig } from './plan-input.ts';
import type { HealthCheck } from './render/check-lines.ts';
import type { Terminal } from './terminal.ts';
import { messageOf } from '../domain/error-message.ts';

const OLDEST_NODE = [20, 19] as const;

export function checkRuntime(version: string): HealthCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const remedy = isNew ? null : `Install Node ${OLDEST_NODE.join('.')} or newer.`;
  return { name: 'Node', ok: isNew, detail: `version ${version}`, remedy };
}

/** Server, its search attributes and the worker of the queue; what cannot be told without the one before is `null`. */
export async function checkServer(
  terminal: Terminal,
  flags: ConnectionFlags,
  taskQueue: string,
): Promise<readonly HealthCheck[]> {
  try {
    return await withClient(terminal, flags, async (client) => [
      {
        name: 'server',
        ok: true,
        detail: `${client.address}, namespace "${client.namespace}", version ${await versionOf(client)}`,
        remedy: null,
      },
      await checkSearchAttributes(client),
      await checkWorker(client, taskQueue),
    ]);
  } catch (error) {
    if (!(error instanceof NoServerError) && !(error instanceof CliError)) throw error;
    const binary = recallBinary(terminal.cwd);
    const road = binary === null ? 'pact up finds or starts one' : `pact up starts ${binary}`;
    const unknown = { ok: null, detail: 'not known without a server', remedy: null };
    return [
      { name: 'server', ok: false, detail: error.message, remedy: road },
      { name: 'search attributes', ...unknown },
      { name: 'worker', ...unknown },
    ];
  }
}

async function versionOf(client: PactClient): Promise<string> {
  const info = await client.link.call(null, () => client.link.connection.workflowService.getSystemInfo({}));
  return info.serverVersion ?? 'unknown';
}

async function checkSearchAttributes(client: PactClient): Promise<HealthCheck> {
  const { connection, namespace } = client.link;
  const name = 'search attributes';
  try {
    const known = await client.link.call(null, () => connection.operatorService.listSearchAttributes({ namespace }));
    const missing = Object.keys(searchAttributeTypes).filter((each) => known.customAttributes?.[each] === undefined);
    if (missing.length === 0) return { name, ok: true, detail: Object.keys(searchAttributeTypes).join(', '), remedy: null };
    return { name, ok: false, detail: `missing: ${missing.join(', ')}`, remedy: searchAttributeAdvice(namespace) };
  } catch (error) {
    const detail = `cannot be listed: ${messageOf(error)}`;
    return { name, ok: null, detail, remedy: `Ask whoever runs the server, or: ${searchAttributeAdvice(namespace)}` };
  }
}

async function checkWorker(client: PactClient, taskQueue: string): Promise<HealthCheck> {
  const pollers = await client.workers(taskQueue);
  if (pollers.length > 0) {
    return {
      name: 'worker',
      ok: true,
      detail: `${pollers.map((each) => each.identity).join(', ')} on task queue "${taskQueue}"`,
      remedy: null,
    };
  }
  return {
    name: 'worker',
    ok: false,
    detail: `none polls the task queue "${taskQueue}"`,
    remedy: 'Start one with: pact worker (or pact up)',
  };
}

export function checkConfig(
  terminal: Terminal,
  named: string | undefined,
): { readonly check: HealthCheck; readonly config: Config | null } {
  try {
    const config = readConfig(named, [terminal.cwd]);
    if (config === null) {
      const remedy = 'Write one with: pact init, or name yours with --config';
      return { config, check: { name: 'config', ok: false, detail: `none in ${terminal.cwd}`, remedy } };
    }
    const detail = `${config.agents.length} agents, ${config.checks.length} checks, in ${config.baseDir}`;
    return { config, check: { name: 'config', ok: true, detail, remedy: null } };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return {
      config: null,
      check: { name: 'config', ok: false, detail: error.message, remedy: 'Correct it; "pact validate PLAN" looks again.' },
    };
  }
}

/** What a worker would test before an authorization: programs, probes, channels, the emergency stop. */
export async function checkReadinessOf(config: Config, terminal: Terminal): Promise<readonly HealthCheck[]> {
  const { checkReadiness } = await import('../readiness.ts');
  const items = await checkReadiness(config, terminal.env, AbortSignal.timeout(60_000));
  return items.map(({ name, ok, detail }) => ({
    name,
    ok,
    detail,
    remedy: ok ? null : 'Correct the config or install what is missing.',
  }));
}
