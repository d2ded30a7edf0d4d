import { parsePlan } from '../../../src/domain/plan/plan-reader.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import type { RosterFacts } from '../../../src/domain/plan/roster-facts.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import type { Problem } from '../../../src/domain/source/problem.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

export const roster: RosterFacts = {
  agents: [
    { id: 'ann', kind: 'human', skills: ['review', 'product'], capacity: 100 },
    { id: 'builder', kind: 'command', skills: ['build', 'typescript'], capacity: 2 },
    { id: 'tester', kind: 'command', skills: ['test'], capacity: 1 },
  ],
  checks: ['unit-tests', 'lint'],
  channels: ['ops'],
  resources: [{ id: 'bench-machine', capacity: 2 }],
};

/** A written plan of one sprint with the given fields over the least that is valid. */
export const written = (sprint: object = {}, plan: object = {}): Record<string, unknown> => ({
  pact: 1,
  project: { name: 'Parser' },
  sprints: [{ id: 'core', tasks: [{ id: 'lexer', agent: 'builder' }], ...sprint }],
  ...plan,
});

export const withTasks = (...tasks: object[]): Record<string, unknown> => written({ tasks });

export const problemsOf = (data: unknown, facts: RosterFacts | null = roster): Problem[] => {
  const result = parsePlan(dataSource(data), facts);
  return result.ok ? [] : result.error;
};

export function planOf(data: unknown, facts: RosterFacts | null = roster): Plan {
  const result = parsePlan(dataSource(data), facts);
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
}

export const profile = (id: string, changes: Partial<AgentProfile> = {}): AgentProfile => ({
  id,
  kind: 'command',
  title: null,
  skills: [],
  capacity: 1,
  queue: 'pact-agents',
  digest: 'd'.repeat(64),
  stallAfterMs: 600_000,
  human: null,
  ...changes,
});
