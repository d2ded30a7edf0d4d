import type { AuthorizationPolicy, BudgetPolicy } from './config/config.ts';
import type { Probed } from './emergencies/probe.ts';
import type { Plan, Resource } from './plan/plan.ts';
import type { AgentProfile } from './roster.ts';

/** One line of the readiness test that comes before authorization. */
export interface ReadinessItem {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Two sprints that could run together but must not, because they share something that cannot be divided. */
export interface SprintOrder {
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** The plan resolved against the worker's roster: what the authorization names by its hash. */
export interface ResolvedPlan {
  readonly plan: Plan;
  /** Agents that the plan's sprints use, by id in order. */
  readonly agents: readonly AgentProfile[];
  /** Digest of each check that the plan uses, by id. */
  readonly checks: readonly { readonly id: string; readonly digest: string }[];
  /** Declared order plus what sharing forces; each sprint starts when all before it have completed. */
  readonly order: readonly SprintOrder[];
  /** Capacity of each agent within each sprint (parallel sprints divide it): sprint id → agent id → capacity. */
  readonly capacities: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Capacity of each leased resource by id. */
  readonly resources: Readonly<Record<string, number>>;
  /** What the plan uses that is watched by probes or by what attempts say; absent: nothing. */
  readonly watched?: Probed;
  readonly authorization: AuthorizationPolicy;
  readonly policies: {
    readonly heartbeatTimeoutMs: number;
    readonly killGraceMs: number;
    readonly notify: readonly string[];
    /** Absent where the plan's agents and the plan have no budgets that it could be about. */
    readonly budget?: BudgetPolicy;
  };
}

/** Result of the activity `prepare`. */
export interface Prepared {
  readonly resolved: ResolvedPlan;
  /** SHA-256 (hex) over the RFC 8785 JSON of `resolved`. */
  readonly planHash: string;
  readonly readiness: readonly ReadinessItem[];
  /** What a person reviews before authorizing, in Markdown. */
  readonly review: string;
  /** Command agents that other workers serve, by their task queue: to be tested there. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
  /** What the worker knows beyond what the plan uses: amendments may take it. Absent in runs of earlier versions. */
  readonly spare?: SpareRoster;
  /** True when the server has the search attributes, so that workflows may set them. */
  readonly searchAttributes: boolean;
  /** Events of a run's history after which it continues as new; null: the limits that the server sets. Only for tests. */
  readonly continueAfterEvents: number | null;
}

export interface SpareRoster {
  readonly agents: readonly AgentProfile[];
  readonly checks: ResolvedPlan['checks'];
  /** As the config declares them. */
  readonly resources: readonly Resource[];
  /** Ids of all of them. */
  readonly channels: readonly string[];
  /** All that the config has; absent: nothing. */
  readonly watched?: Probed;
  /** How budgets are kept, where the plan has none yet. */
  readonly budget?: BudgetPolicy;
}
