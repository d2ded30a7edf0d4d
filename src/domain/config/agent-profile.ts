import type { RosterFacts } from '../plan/roster-facts.ts';
import type { AgentProfile } from '../roster.ts';
import type { AgentConfig, Config, HumanAgentConfig } from './config.ts';

/**
 * What the engine may know of an agent: never its command or environment.
 * @param digest SHA-256 (hex) over the agent's config and the content of its program files.
 */
export function toAgentProfile(agent: AgentConfig, config: Config, digest: string): AgentProfile {
  const { id, title, skills, capacity, adapter, budget } = agent;
  return {
    id,
    kind: adapter.kind,
    title,
    skills,
    capacity,
    queue: agent.queue ?? config.taskQueues.agents,
    digest,
    ...(adapter.kind === 'command' && adapter.input === 'stream' ? { input: 'stream' as const } : {}),
    stallAfterMs: agent.stallAfterMs ?? config.stallAfterMs,
    ...(agent.answers ? { answers: agent.answers } : {}),
    ...(agent.cost === undefined ? {} : { cost: agent.cost }),
    human: adapter.kind === 'human' ? toHuman(id, adapter) : null,
    ...(budget === undefined ? {} : { budget }),
  };
}

const toHuman = (
  id: string,
  { people, withinMs, otherwise, wrapUpWithinMs }: HumanAgentConfig['adapter'],
): AgentProfile['human'] => ({
  people: people ?? [id],
  withinMs,
  otherwise,
  ...(wrapUpWithinMs === undefined ? {} : { wrapUpWithinMs }),
});

/** What plans are checked against, of a config. */
export const toRosterFacts = (config: Config): RosterFacts => ({
  agents: config.agents.map(({ id, adapter, skills, capacity, answers = [], budget }) => ({
    id,
    kind: adapter.kind,
    skills,
    capacity,
    answers,
    ...(budget === undefined ? {} : { budget }),
  })),
  checks: config.checks.map(({ id }) => id),
  channels: config.channels.map(({ id }) => id),
  resources: config.resources.map(({ id, capacity }) => ({ id, capacity })),
  probed: {
    resources: config.resources.flatMap(({ id, probe }) => (probe ? [id] : [])),
    dependencies: config.dependencies.map(({ id }) => id),
  },
});
