import { canonicalHash } from '../domain/canonical-hash.ts';
import { toAgentProfile } from '../domain/config/agent-profile.ts';
import type { AgentConfig, Config } from '../domain/config/config.ts';
import type { ProbeConfig } from '../domain/emergencies/probe-config.ts';
import type { ProbeTarget } from '../domain/emergencies/probe.ts';
import type { AgentProfile } from '../domain/roster.ts';
import { findProbe, toTargets } from './probe-run.ts';
import { cacheDigests, type ProgramDigest } from './digest-cache.ts';

/** The agents and checks of a worker, each with the digest by which an authorization names it. */
export interface Roster {
  /** All agents, in the config's order. */
  profiles(): Promise<readonly AgentProfile[]>;
  /** An agent with its digest as of now, or null. */
  find(agentId: string): Promise<{ readonly config: AgentConfig; readonly digest: string } | null>;
  /** Digest of each check, in the config's order. */
  checks(): Promise<readonly { readonly id: string; readonly digest: string }[]>;
  /** What the worker can watch: resources with a probe and all dependencies, each with the digest of its probe. */
  targets(): Promise<readonly ProbeTarget[]>;
  /** Digest of a probe as of now. */
  probeDigest(probe: ProbeConfig): Promise<string>;
}

export interface RosterDeps {
  readonly config: Config;
  /** Digest (hex) of a command: its argv and the content of those elements that are files. */
  readonly programDigest: ProgramDigest;
}

/** Digests are of now: a program file that changes while the worker runs changes the digest. */
export function createRoster({ config, programDigest: readDigest }: RosterDeps): Roster {
  const programDigest = cacheDigests(readDigest, config.baseDir);
  const digestOf = async (agent: AgentConfig): Promise<string> => {
    const { adapter } = agent;
    if (adapter.kind === 'human') return canonicalHash(agent);
    // The digest of a command stands for its argv, so that the same folder at another place has the same digest.
    const run = await programDigest(adapter.run);
    const probe = adapter.probe === null ? null : await programDigest(adapter.probe);
    return canonicalHash({ ...agent, adapter: { ...adapter, run, probe } });
  };
  const probeDigest = async (probe: ProbeConfig): Promise<string> =>
    canonicalHash({ ...probe, run: await programDigest(probe.run) });
  return {
    profiles: () => Promise.all(config.agents.map(async (agent) => toAgentProfile(agent, config, await digestOf(agent)))),
    async find(agentId) {
      const agent = config.agents.find(({ id }) => id === agentId);
      return agent === undefined ? null : { config: agent, digest: await digestOf(agent) };
    },
    checks: () =>
      Promise.all(
        config.checks.map(async (check) => ({
          id: check.id,
          digest: canonicalHash({ ...check, run: await programDigest(check.run) }),
        })),
      ),
    targets: () =>
      Promise.all(
        toTargets(config).map(async (target) => {
          const probe = findProbe(config, target);
          return { ...target, digest: probe === null ? null : await probeDigest(probe) };
        }),
      ),
    probeDigest,
  };
}
