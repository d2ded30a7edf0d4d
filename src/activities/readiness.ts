import type { Channel } from '../adapters/channels/channel.ts';
import { mapConcurrently } from '../adapters/store/concurrency.ts';
import type { AgentConfig, CommandAgentConfig, Config } from '../domain/config/config.ts';
import type { ProbeTarget } from '../domain/emergencies/probe.ts';
import type { ReadinessItem } from '../domain/prepared.ts';
import type { Result } from '../domain/result.ts';
import { findProbe, runProbe, type ProbeDeps } from './probe-run.ts';
import { messageOf } from '../domain/error-message.ts';

const PROBE_TIMEOUT_MS = 30_000;
const TESTS_AT_A_TIME = 8;

export interface ReadinessDeps extends ProbeDeps {
  readonly config: Config;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Absolute path of the program that argv starts in this environment, or why there is none. */
  readonly checkProgram: (argv: readonly string[], env: Readonly<Record<string, string>>) => Promise<Result<string>>;
  /** The emergency stop, tried on a harmless process. */
  readonly drillStop: () => Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** Tests agents on this worker: program found and executable, probe answers. A line or two per agent, in their order. */
export async function testAgents(
  deps: ReadinessDeps,
  agentIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly ReadinessItem[]> {
  const items = await mapConcurrently(agentIds, TESTS_AT_A_TIME, async (id) => {
    const agent = deps.config.agents.find((candidate) => candidate.id === id);
    return agent === undefined ? [unknownAgent(id)] : await testAgent(deps, agent, signal);
  });
  return items.flat();
}

/** Tests that the programs of the checks are found and executable. */
export async function testChecks(deps: ReadinessDeps, checkIds: readonly string[]): Promise<readonly ReadinessItem[]> {
  return await mapConcurrently(checkIds, TESTS_AT_A_TIME, async (id) => {
    const name = `check ${id}: program`;
    const check = deps.config.checks.find((candidate) => candidate.id === id);
    if (check === undefined) return { name, ok: false, detail: `The config of this worker has no check "${id}".` };
    return toItem(name, await deps.checkProgram(check.run, { ...deps.baseEnvironment, ...check.env }));
  });
}

/** Runs the probe of each that has one, once. */
export async function testTargets(
  deps: ReadinessDeps,
  targets: readonly Pick<ProbeTarget, 'kind' | 'id'>[],
  signal: AbortSignal,
): Promise<readonly ReadinessItem[]> {
  const items = await mapConcurrently(targets, TESTS_AT_A_TIME, async (target): Promise<ReadinessItem[]> => {
    const probe = findProbe(deps.config, target);
    if (probe === null) return [];
    const { ok, evidence } = await runProbe(deps, probe, signal);
    return [{ name: `${target.kind} ${target.id}: probe`, ok, detail: evidence.detail }];
  });
  return items.flat();
}

/** Tests channels, by default those that the config wants to be told of events: each must be reachable, or one that stands in for it. */
export async function testChannels(
  deps: ReadinessDeps,
  signal: AbortSignal,
  ids: readonly string[] = deps.config.notify,
): Promise<readonly ReadinessItem[]> {
  return await mapConcurrently(ids, TESTS_AT_A_TIME, async (id) => {
    const name = `channel ${id}`;
    const chain = [id, ...(deps.channels.get(id)?.fallback ?? [])];
    const failures: string[] = [];
    for (const next of chain) {
      const { ok, detail } = await testChannel(deps, next, signal);
      if (ok) return { name, ok, detail: [...failures, next === id ? detail : `${next} stands in: ${detail}`].join('; ') };
      failures.push(next === id ? detail : `${next}: ${detail}`);
    }
    return { name, ok: false, detail: failures.join('; ') };
  });
}

async function testChannel(deps: ReadinessDeps, id: string, signal: AbortSignal): Promise<{ ok: boolean; detail: string }> {
  const channel = deps.channels.get(id);
  if (channel === undefined) return { ok: false, detail: `The config of this worker has no channel "${id}".` };
  return await orFailed(() => channel.reachable(signal));
}

export async function testStop(deps: ReadinessDeps): Promise<ReadinessItem> {
  return { name: 'emergency stop', ...(await orFailed(deps.drillStop)) };
}

async function testAgent(deps: ReadinessDeps, agent: AgentConfig, signal: AbortSignal): Promise<readonly ReadinessItem[]> {
  const { id, adapter } = agent;
  if (adapter.kind === 'human')
    return [{ name: `agent ${id}: person`, ok: true, detail: `${whoAnswers(id, adapter.people)} by the inbox` }];
  const found = await deps.checkProgram(adapter.run, { ...deps.baseEnvironment, ...adapter.env });
  const program = toItem(`agent ${id}: program`, found);
  return adapter.probe === null ? [program] : [program, await testProbe(deps, id, adapter.probe, adapter.env, signal)];
}

async function testProbe(
  deps: ReadinessDeps,
  id: string,
  probe: readonly string[],
  env: CommandAgentConfig['adapter']['env'],
  signal: AbortSignal,
): Promise<ReadinessItem> {
  const { ok, evidence } = await runProbe(deps, { run: probe, env, timeoutMs: PROBE_TIMEOUT_MS }, signal);
  return { name: `agent ${id}: probe`, ok, detail: evidence.detail };
}

function whoAnswers(id: string, people: readonly string[] | 'anyone' | null): string {
  if (people === 'anyone') return 'anyone answers';
  return people === null ? `${id} answers` : `${people.join(' or ')} answers`;
}

const unknownAgent = (id: string): ReadinessItem => ({
  name: `agent ${id}`,
  ok: false,
  detail: `The config of this worker has no agent "${id}". Workers of one queue share one config.`,
});

const toItem = (name: string, found: Result<string>): ReadinessItem => ({
  name,
  ok: found.ok,
  detail: found.ok ? found.value : found.error,
});

async function orFailed(
  test: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<{ ok: boolean; detail: string }> {
  try {
    return await test();
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}
