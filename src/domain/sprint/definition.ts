import { answerersOf } from '../answerers.ts';
import type { Deliverable } from '../attempt.ts';
import type { Contingency } from '../emergencies/contingency.ts';
import type { QualityPolicy, SupervisionPolicy } from '../emergencies/policy.ts';
import type { Probed } from '../emergencies/probe.ts';
import type { EscalationPolicy } from '../escalation/policy.ts';
import type { MediationPolicy } from '../mediation/policy.ts';
import type { ReallocationPolicy } from '../reallocation/policy.ts';
import { DEFAULT_TOP_UP_WITHIN_MS, DEFAULT_WARN_AT, type Amounts, type Budget } from '../budget.ts';
import type { BudgetPolicy } from '../config/config.ts';
import { hasBudgets } from '../plan/plan-budgets.ts';
import type { Plan, Sprint, Trigger } from '../plan/plan.ts';
import { toContingencies, toWatched } from '../plan/watched.ts';
import { ownValue } from '../own-value.ts';
import type { ResolvedPlan } from '../prepared.ts';
import type { AgentProfile } from '../roster.ts';

/** What a sprint is to do: fixed at its start; an amendment puts another in its place (see `amended-definition.ts`). */
export interface SprintDefinition {
  readonly executionId: string;
  /** Workflow id of this sprint: source of its ledger entries, address of its agents' reports. */
  readonly ownerId: string;
  readonly sprint: Sprint;
  /** The sprint's agents with the capacity that it may use; one that an amendment has taken out of `sprint.agents` gets no new work. */
  readonly agents: readonly AgentProfile[];
  readonly resources: Readonly<Record<string, number>>;
  readonly triggers: readonly Trigger[];
  /** What its tasks use that is watched; absent: nothing. */
  readonly watched?: Probed;
  /** Those that may concern this sprint; absent: none. */
  readonly contingencies?: readonly Contingency[];
  /** The plan's; sprint and tasks may have their own. */
  readonly escalation?: EscalationPolicy;
  /** What a Temporal cancel does with what is done; absent: it stays. */
  readonly onCancel?: Plan['onCancel'];
  /** The sprint's, or the plan's. */
  readonly reallocation?: ReallocationPolicy;
  readonly mediation?: MediationPolicy;
  readonly quality?: QualityPolicy;
  readonly supervision?: SupervisionPolicy;
  /** Who may answer questions of agents. */
  readonly people: readonly string[] | 'anyone';
  /** The checks that the plan uses, as authorized. */
  readonly checks: ResolvedPlan['checks'];
  /** Tasks of earlier sprints that are done, with what they delivered. */
  readonly delivered: readonly Delivered[];
  /** Checkpoints of earlier sprints that have been passed. */
  readonly passedCheckpoints: readonly string[];
  /** Absent where nothing in this sprint has a budget. */
  readonly budgets?: SprintBudgets;
  /** The sprint has ended before and was rolled back; absent the first time. */
  readonly earlier?: Earlier;
}

/** What a sprint that begins again must know of the rounds that were rolled back. */
export interface Earlier {
  readonly rounds: number;
  /** Number of the last attempt of each task that had any, by id: numbers go on, so that those attempts stay fenced. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Why it was rolled back, in words. */
  readonly why: string;
}

/** What a sprint must know of budgets beyond those of its own tasks and agents. */
export interface SprintBudgets extends BudgetPolicy {
  readonly plan?: Budget;
  /** What other sprints have used of the plan's and the agents' budgets, and what people have added there, by account id. */
  readonly elsewhere: Readonly<Record<string, Elsewhere>>;
}

export interface Elsewhere {
  readonly spent: Amounts;
  readonly toppedUp: Amounts;
}

export interface Delivered {
  readonly task: string;
  readonly deliverables: readonly Deliverable[];
}

/** Cuts one sprint out of the resolved plan. Throws RangeError for a sprint that the plan does not have. */
export function toSprintDefinition(
  resolved: ResolvedPlan,
  from: {
    executionId: string;
    ownerId: string;
    sprintId: string;
    delivered: readonly Delivered[];
    elsewhere?: SprintBudgets['elsewhere'];
    earlier?: Earlier | null;
  },
): SprintDefinition {
  const sprint = resolved.plan.sprints.find(({ id }) => id === from.sprintId);
  if (!sprint) throw new RangeError(`the plan has no sprint "${from.sprintId}"`);
  const capacities = ownValue(resolved.capacities, sprint.id) ?? {};
  const agents = resolved.agents
    .filter(({ id }) => sprint.agents.includes(id))
    .map((agent) => ({ ...agent, capacity: ownValue(capacities, agent.id) ?? agent.capacity }));
  const done = new Set(from.delivered.map(({ task }) => task));
  const checkpoints = resolved.plan.sprints.flatMap((earlier) => earlier.checkpoints);
  const reallocation = sprint.reallocation ?? resolved.plan.reallocation;
  const quality = sprint.quality ?? resolved.plan.quality;
  const supervision = sprint.supervision ?? resolved.plan.supervision;
  return {
    executionId: from.executionId,
    ownerId: from.ownerId,
    sprint,
    agents,
    resources: resolved.resources,
    ...toWatched(resolved.plan, [sprint], resolved.watched),
    ...toContingencies(resolved.plan, sprint),
    triggers: resolved.plan.triggers.filter(({ agent }) => sprint.agents.includes(agent)),
    ...(resolved.plan.escalation ? { escalation: resolved.plan.escalation } : {}),
    ...(resolved.plan.onCancel ? { onCancel: resolved.plan.onCancel } : {}),
    ...(reallocation ? { reallocation } : {}),
    ...(resolved.plan.mediation ? { mediation: resolved.plan.mediation } : {}),
    ...(quality ? { quality } : {}),
    ...(supervision ? { supervision } : {}),
    people: answerersOf(resolved.authorization),
    checks: resolved.checks,
    delivered: from.delivered,
    passedCheckpoints: checkpoints.flatMap(({ id, after }) => (after.every((task) => done.has(task)) ? [id] : [])),
    ...toSprintBudgets(resolved, sprint, agents, from.elsewhere ?? {}),
    ...(from.earlier ? { earlier: from.earlier } : {}),
  };
}

function toSprintBudgets(
  { plan, policies }: ResolvedPlan,
  sprint: Sprint,
  agents: readonly AgentProfile[],
  elsewhere: SprintBudgets['elsewhere'],
): { budgets?: SprintBudgets } {
  if (!hasBudgets({ ...plan, sprints: [sprint] }, agents)) return {};
  const { warnAt, withinMs } = policies.budget ?? { warnAt: DEFAULT_WARN_AT, withinMs: DEFAULT_TOP_UP_WITHIN_MS };
  return { budgets: { warnAt, withinMs, elsewhere, ...(plan.budget === undefined ? {} : { plan: plan.budget }) } };
}
