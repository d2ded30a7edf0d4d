import type { Budget } from '../budget.ts';
import type { Resource } from './plan.ts';

/** What a plan is checked and resolved against: who there is, and what a plan may name. `AgentProfile` fits `RosterAgent`. */
export interface RosterFacts {
  readonly agents: readonly RosterAgent[];
  /** Ids of the checks of the config. */
  readonly checks: readonly string[];
  /** Ids of the channels of the config. */
  readonly channels: readonly string[];
  /** Resources that the config declares. */
  readonly resources: readonly Resource[];
  /** Ids of what the config watches: resources with a probe, and all dependencies; absent: nothing. */
  readonly probed?: { readonly resources: readonly string[]; readonly dependencies: readonly string[] };
}

export interface RosterAgent {
  readonly id: string;
  readonly kind: 'command' | 'human';
  readonly skills: readonly string[];
  /** Tasks at a time. */
  readonly capacity: number;
  /** Questions of the engine that it answers; absent: none. */
  readonly answers?: readonly string[];
  readonly budget?: Budget;
}

/** Who may do a task: the agent it names, or every agent of `team` with all of its skills. In the order of `team`. */
export function candidatesOf<T extends RosterAgent>(
  task: { agent: string | null; skills: readonly string[] },
  team: readonly T[],
): T[] {
  const isFit = (agent: T): boolean => task.skills.every((skill) => agent.skills.includes(skill));
  return team.filter((agent) => (task.agent === null || task.agent === agent.id) && isFit(agent));
}
