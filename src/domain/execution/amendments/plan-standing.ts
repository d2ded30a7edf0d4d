import type { PlanStanding } from '../../plan/amendment/plan-draft.ts';
import { ownValue } from '../../own-value.ts';
import type { Sprint } from '../../plan/plan.ts';
import type { Prepared } from '../../prepared.ts';
import { toAccountStanding } from '../budgets.ts';
import { standingOf } from '../standings.ts';
import type { ExecutionState, SprintStanding } from '../state.ts';

/** How far the execution is, as its sprints have told: what an amendment must fit. */
export function toPlanStanding(state: ExecutionState): PlanStanding {
  const { plan, agents } = (state.prepared as Prepared).resolved;
  const triggered = new Set(plan.triggers.map(({ agent }) => agent));
  const inactive = new Set(
    state.sprints.flatMap(({ id, state: now, progress }) => {
      if (now === 'started') return progress?.coordination.inactiveAgents ?? [];
      return now === 'waiting' ? (plan.sprints.find((sprint) => sprint.id === id) as Sprint).agents : [];
    }),
  );
  return {
    taskState: (id) => ownValue(state.tasks, id)?.state ?? 'waiting',
    isSprintOver: (id) => ['ended', 'skipped'].includes((standingOf(state, id) as SprintStanding).state),
    isInactive: (agent) => triggered.has(agent) && inactive.has(agent),
    agentBudgets: new Map(agents.map(({ id, budget }) => [id, budget])),
    accountOf: (id) => toAccountStanding(state, id),
  };
}
