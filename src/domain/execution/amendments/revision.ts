import type { Usage } from '../../budget.ts';
import type { PlanDifference } from './plan-difference.ts';
import type { ReadinessItem, ResolvedPlan } from '../../prepared.ts';
import type { SprintAmendment } from '../../sprint/amended-definition.ts';
import type { Json } from '../../plan/plan.ts';
import type { AuthorizationView } from '../../views.ts';
import type { PlanFigures } from './thresholds.ts';

/** A checked amendment: the plan as it would be, and what that means. Plain JSON. */
export interface Revision {
  readonly revision: number;
  readonly by: string;
  readonly reason: string | null;
  readonly changes: readonly Json[];
  readonly resolved: ResolvedPlan;
  readonly planHash: string;
  readonly previousHash: string;
  readonly differences: readonly PlanDifference[];
  readonly effect: AmendmentEffect;
  /** Why it needs an authorization of its own; empty: it does not. */
  readonly voids: readonly string[];
  /** What each sprint under way is to do about it. */
  readonly sprints: readonly { readonly sprintId: string; readonly amendment: SprintAmendment }[];
  /** Of what it brings in, all of it ready; absent: nothing. */
  readonly readiness?: readonly ReadinessItem[];
  /** Of a decision that an escalation ended with: who waits for it. */
  readonly proposal?: { readonly sprintId: string; readonly n: number };
  /** Sprints that it changes, under way or not. */
  readonly touchedSprints: readonly string[];
}

export interface AmendmentEffect {
  readonly forecastBefore: string | null;
  readonly forecastAfter: string | null;
  /** Sum of all estimates (ms). */
  readonly workMsBefore: number;
  readonly workMsAfter: number;
  /** What the plan may use by its budgets; absent where neither revision limits anything. */
  readonly budgetBefore?: Partial<Usage>;
  readonly budgetAfter?: Partial<Usage>;
}

/** A revision as it is listed: newest last. */
export interface RevisionView {
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  readonly reason: string | null;
  readonly state: 'inForce' | 'awaitingAuthorization' | 'rejected';
  readonly planHash: string;
  readonly previousHash: string;
  readonly differences: readonly string[];
  /** Why it needed an authorization of its own. */
  readonly voided: readonly string[];
  /** Of a revision that was rejected: by whom, or that nobody answered. */
  readonly rejection?: string;
}

/** What amendments have done to an execution; absent before the first. */
export interface AmendmentsState {
  /** Number of the last revision. */
  count: number;
  /** The newest, bounded; all of them are in the ledger. */
  revisions: RevisionView[];
  /** Of the plan that was authorized last. */
  authorized: PlanFigures;
  pending: PendingRevision | null;
}

/** A revision that waits for its authorization; what it does not touch goes on. */
export interface PendingRevision {
  readonly revision: Revision;
  readonly since: string;
  readonly expiresAtMs: number;
  readonly review: string;
  approvals: AuthorizationView['approvals'][number][];
  /** The quorum is there; it comes into force when that is in the ledger. */
  granted: boolean;
}
