import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel } from '../adapters/channels/channel.ts';
import { mapConcurrently } from '../adapters/store/concurrency.ts';
import type { AgentConfig, CommandAgentConfig, Config } from '../domain/config/config.ts';
import type { ReadinessItem } from '../domain/prepared.ts';
import type { Result } from '../domain/result.ts';
import { runToEvidence, type BaseEnvironment, type RunCommand } from './command-runner.ts';
import { messageOf } from '../domain/error-message.ts';

const PROBE_TIMEOUT_MS = 30_000;
const TESTS_AT_A_TIME = 8;

export interface ReadinessDeps {
  readonly config: Config;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly runCommand: RunCommand;
  /** Absolute path of the program that argv starts in this environment, or why there is none. */
  readonly checkProgram: (argv: readonly string[], env: Readonly<Record<string, string>>) => Promise<Result<string>>;
  /** The emergency stop, tried on a harmless process. */
  readonly drillStop: () => Promise<{ readonly ok: boolean; readonly detail: string }>;
  readonly baseEnvironment: BaseEnvironment;
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

/** Tests the channels that the config wants to be told of events: each must be reachable, or one that stands in for it. */
export async function testChannels(deps: ReadinessDeps, signal: AbortSignal): Promise<readonly ReadinessItem[]> {
  return await mapConcurrently(deps.config.notify, TESTS_AT_A_TIME, async (id) => {
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
  const name = `agent ${id}: probe`;
  const folder = await mkdtemp(join(tmpdir(), 'pact-probe-'));
  try {
    const result = await runToEvidence(deps.runCommand, {
      argv: probe,
      cwd: deps.config.baseDir,
      env: { ...deps.baseEnvironment, HOME: folder, TMPDIR: folder, ...env },
      timeoutMs: PROBE_TIMEOUT_MS,
      signal,
    });
    if (result.failure === null) return { name, ok: true, detail: `exit 0 after ${Math.round(result.durationMs)} ms` };
    const said = result.tail.trim().slice(-500);
    return {
      name,
      ok: false,
      detail: `${probe.join(' ')}: ${result.failure}; expected exit code 0${said === '' ? '' : `. It said: ${said}`}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
