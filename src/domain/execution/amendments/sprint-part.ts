import type { Prepared, ResolvedPlan } from '../../prepared.ts';
import type { SprintAmendment } from '../../sprint/amended-definition.ts';
import { toSprintDefinition, type SprintBudgets } from '../../sprint/definition.ts';
import { elsewhereOf } from '../budgets.ts';
import type { ExecutionState } from '../state.ts';

/** What a sprint under way is to change to become that of the amended plan; null when it is the same. */
export function toSprintAmendment(
  state: ExecutionState,
  next: ResolvedPlan,
  sprintId: string,
  { revision, restart }: { readonly revision: number; readonly restart: readonly string[] },
): SprintAmendment | null {
  const { resolved } = state.prepared as Prepared;
  const elsewhere = elsewhereOf(state, sprintId, next);
  const from = { executionId: state.executionId, ownerId: '', sprintId, delivered: [], elsewhere };
  const [old, now] = [toSprintDefinition(resolved, from), toSprintDefinition(next, from)];
  const tasks = now.sprint.tasks.filter((task, place) => task !== old.sprint.tasks[place]);
  const ids = new Set(tasks.map(({ id }) => id));
  const agents = now.agents.filter((agent) => !old.agents.some((known) => isSame(known, agent)));
  const triggers = now.triggers.filter((trigger) => !old.triggers.some((known) => isSame(known, trigger)));
  const changed: Omit<SprintAmendment, 'revision'> = {
    ...(tasks.length > 0 ? { tasks } : {}),
    ...(restart.some((id) => ids.has(id)) ? { restart: restart.filter((id) => ids.has(id)) } : {}),
    ...(agents.length > 0 ? { agents } : {}),
    ...(isSame(old.sprint.agents, now.sprint.agents) ? {} : { team: now.sprint.agents }),
    ...(isSame(old.sprint.checkpoints, now.sprint.checkpoints) ? {} : { checkpoints: now.sprint.checkpoints }),
    ...(old.sprint.durationMs === now.sprint.durationMs ? {} : { durationMs: now.sprint.durationMs }),
    ...(isSame(old.sprint.budget ?? null, now.sprint.budget ?? null) ? {} : { budget: now.sprint.budget ?? null }),
    ...(isSame(old.budgets ?? null, now.budgets ?? null)
      ? {}
      : { budgets: now.budgets ?? withoutPlan(old.budgets as SprintBudgets) }),
    ...(isSame(old.resources, now.resources) ? {} : { resources: now.resources }),
    ...(isSame(old.checks, now.checks) ? {} : { checks: now.checks }),
    ...(isSame(old.watched ?? null, now.watched ?? null) ? {} : { watched: now.watched }),
    ...(triggers.length > 0 ? { triggers } : {}),
  };
  return Object.keys(changed).length === 0 ? null : { revision, ...changed };
}

/** Nothing has a budget any more: how they are kept stays, so that what was used is known if there is one again. */
function withoutPlan(budgets: SprintBudgets): SprintBudgets {
  const { plan: _, ...kept } = budgets;
  return kept;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
