import type { Budget } from '../budget.ts';
import type { Checkpoint, Task } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import type { SprintBudgets, SprintDefinition } from './definition.ts';

/** How a sprint's definition becomes another: only what differs, plain JSON. Tasks and agents never change their places. */
export interface SprintAmendment {
  /** Of the plan, from 1. */
  readonly revision: number;
  /** Whole, the changed ones by their ids; new ones come last in this order. One with `cancelled` is taken out. */
  readonly tasks?: readonly Task[];
  /** Ids of changed tasks that must not go on as they were: an attempt at work is taken away and made again. */
  readonly restart?: readonly string[];
  /** Whole, the changed ones by their ids; new ones come last. */
  readonly agents?: readonly AgentProfile[];
  /** Ids of all agents that get work from now on. */
  readonly team?: readonly string[];
  readonly checkpoints?: readonly Checkpoint[];
  readonly durationMs?: number | null;
  /** The sprint's own; null: it has none any more. */
  readonly budget?: Budget | null;
  /** Of the plan, and how they are kept. */
  readonly budgets?: SprintDefinition['budgets'];
  readonly resources?: SprintDefinition['resources'];
  readonly checks?: SprintDefinition['checks'];
  readonly watched?: SprintDefinition['watched'];
  /** New ones, to come last. */
  readonly triggers?: SprintDefinition['triggers'];
}

/** The definition as amended; what has not changed is the same object as before. */
export function amendDefinition(definition: SprintDefinition, amendment: SprintAmendment): SprintDefinition {
  const { budget: budgetBefore, ...sprint } = definition.sprint;
  const budget = amendment.budget === undefined ? budgetBefore : keepAccount(amendment.budget, budgetBefore);
  return {
    ...definition,
    ...(amendment.budgets === undefined ? {} : { budgets: keepPlanAccount(amendment.budgets, definition.budgets) }),
    sprint: {
      ...sprint,
      ...(budget ? { budget } : {}),
      agents: amendment.team ?? sprint.agents,
      durationMs: amendment.durationMs === undefined ? sprint.durationMs : amendment.durationMs,
      tasks: replaceById(sprint.tasks, amendment.tasks),
      checkpoints: amendment.checkpoints ?? sprint.checkpoints,
    },
    agents: replaceById(definition.agents, keepAgentAccounts(definition.agents, amendment.agents)),
    resources: amendment.resources ?? definition.resources,
    checks: amendment.checks ?? definition.checks,
    ...(amendment.watched ? { watched: amendment.watched } : {}),
    triggers: withLater(definition.triggers, amendment.triggers),
  };
}

/** A budget that is taken away leaves one without limits behind: its account goes on, so that one that is set later knows what was used. */
const keepAccount = (budget: Budget | null | undefined, before: Budget | undefined): Budget | undefined =>
  budget ?? (before === undefined ? undefined : {});

function keepPlanAccount(budgets: SprintBudgets, before: SprintBudgets | undefined): SprintBudgets {
  const plan = keepAccount(budgets.plan, before?.plan);
  return plan === budgets.plan ? budgets : { ...budgets, ...(plan ? { plan } : {}) };
}

function keepAgentAccounts(before: readonly AgentProfile[], changed: readonly AgentProfile[] = []): readonly AgentProfile[] {
  return changed.map((agent) => {
    const budget = keepAccount(agent.budget, before.find(({ id }) => id === agent.id)?.budget);
    return budget === agent.budget ? agent : { ...agent, ...(budget ? { budget } : {}) };
  });
}

/** What makes `to` of `from`, of which it has come by amendments; null when it is `from` itself. */
export function toAmendment(from: SprintDefinition, to: SprintDefinition): SprintAmendment | null {
  if (from === to) return null;
  return {
    revision: 0,
    tasks: to.sprint.tasks.filter((task, number) => task !== from.sprint.tasks[number]),
    agents: to.agents.filter((agent, number) => agent !== from.agents[number]),
    team: to.sprint.agents,
    ...(to.sprint.checkpoints === from.sprint.checkpoints ? {} : { checkpoints: to.sprint.checkpoints }),
    ...(to.sprint.durationMs === from.sprint.durationMs ? {} : { durationMs: to.sprint.durationMs }),
    ...(to.sprint.budget === from.sprint.budget ? {} : { budget: to.sprint.budget ?? null }),
    ...(to.budgets === from.budgets ? {} : { budgets: to.budgets }),
    ...(to.resources === from.resources ? {} : { resources: to.resources }),
    ...(to.watched === from.watched ? {} : { watched: to.watched }),
    ...(to.checks === from.checks ? {} : { checks: to.checks }),
    triggers: to.triggers.slice(from.triggers.length),
  };
}

function replaceById<T extends { readonly id: string }>(items: readonly T[], changed: readonly T[] = []): readonly T[] {
  if (changed.length === 0) return items;
  const left = new Map(changed.map((item) => [item.id, item]));
  const replaced = items.map((item) => {
    const other = left.get(item.id) ?? item;
    left.delete(item.id);
    return other;
  });
  return [...replaced, ...left.values()];
}

/** Triggers keep their numbers; those of an agent that has left and comes back are there already. */
function withLater(
  triggers: SprintDefinition['triggers'],
  later: SprintDefinition['triggers'] = [],
): SprintDefinition['triggers'] {
  const known = new Set(triggers.map((trigger) => JSON.stringify(trigger)));
  const added = later.filter((trigger) => !known.has(JSON.stringify(trigger)));
  return added.length === 0 ? triggers : [...triggers, ...added];
}
