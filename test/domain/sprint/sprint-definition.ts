import type { Budget } from '../../../src/domain/budget.ts';
import type { Checkpoint, Task, Trigger } from '../../../src/domain/plan/plan.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';

export const START = Date.parse('2026-12-01T09:00:00Z');

/** A task with everything but its id left at its default; `dependsOn` by ids. */
export function task(id: string, given: Omit<Partial<Task>, 'dependsOn'> & { dependsOn?: readonly string[] } = {}): Task {
  const { dependsOn = [], ...rest } = given;
  return {
    id,
    title: id,
    description: null,
    agent: null,
    skills: [],
    deliverables: [],
    estimateMs: 60_000,
    priority: 'normal',
    paths: [],
    resources: [],
    input: {},
    checks: [],
    budget: { timeMs: null, attempts: 3 },
    stallAfterMs: null,
    ...rest,
    dependsOn: dependsOn.map((before) => ({ task: before, until: 'finished' })),
  };
}

export function agent(id: string, given: Partial<AgentProfile> = {}): AgentProfile {
  const isHuman = given.kind === 'human';
  return {
    id,
    kind: 'command',
    title: null,
    skills: [],
    capacity: 1,
    queue: 'pact-agents',
    digest: `digest of ${id}`,
    stallAfterMs: 600_000,
    human: isHuman ? { people: [id], withinMs: 3_600_000, otherwise: 'fail' } : null,
    ...given,
  };
}

export interface GivenSprint {
  readonly tasks: readonly Task[];
  readonly agents: readonly AgentProfile[];
  readonly checkpoints?: readonly Checkpoint[];
  readonly triggers?: readonly Trigger[];
  readonly durationMs?: number | null;
  readonly resources?: SprintDefinition['resources'];
  readonly escalation?: SprintDefinition['escalation'];
  readonly onCancel?: SprintDefinition['onCancel'];
  readonly reallocation?: SprintDefinition['reallocation'];
  readonly mediation?: SprintDefinition['mediation'];
  readonly watched?: SprintDefinition['watched'];
  readonly contingencies?: SprintDefinition['contingencies'];
  readonly quality?: SprintDefinition['quality'];
  readonly supervision?: SprintDefinition['supervision'];
  readonly people?: SprintDefinition['people'];
  readonly checks?: SprintDefinition['checks'];
  readonly delivered?: SprintDefinition['delivered'];
  readonly passedCheckpoints?: SprintDefinition['passedCheckpoints'];
  readonly budget?: Budget;
  readonly budgets?: SprintDefinition['budgets'];
}

export function toDefinition(given: GivenSprint): SprintDefinition {
  return {
    executionId: 'release',
    ownerId: 'release/sprint/core',
    sprint: {
      id: 'core',
      title: 'core',
      dependsOn: [],
      durationMs: given.durationMs ?? null,
      agents: given.agents.map(({ id }) => id),
      tasks: given.tasks,
      checkpoints: given.checkpoints ?? [],
      ...(given.budget === undefined ? {} : { budget: given.budget }),
    },
    agents: given.agents,
    resources: given.resources ?? {},
    triggers: given.triggers ?? [],
    ...(given.escalation ? { escalation: given.escalation } : {}),
    ...(given.onCancel ? { onCancel: given.onCancel } : {}),
    ...(given.reallocation ? { reallocation: given.reallocation } : {}),
    ...(given.mediation ? { mediation: given.mediation } : {}),
    ...(given.watched ? { watched: given.watched } : {}),
    ...(given.contingencies ? { contingencies: given.contingencies } : {}),
    ...(given.quality ? { quality: given.quality } : {}),
    ...(given.supervision ? { supervision: given.supervision } : {}),
    people: given.people ?? 'anyone',
    checks: given.checks ?? [],
    delivered: given.delivered ?? [],
    passedCheckpoints: given.passedCheckpoints ?? [],
    ...(given.budgets === undefined ? {} : { budgets: given.budgets }),
  };
}
