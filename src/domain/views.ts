import type { AgentStatus } from './agent-status.ts';
import type { BudgetKind, Usage } from './budget.ts';
import type { Deliverable } from './attempt.ts';
import type { AlertKind } from './escalation/policy.ts';
import type { DecisionTerms } from './escalation/decision-data.ts';
import type { Json, Priority } from './plan/plan.ts';
import type { CauseKind } from './escalation/escalation.ts';
import type { ReadinessItem } from './prepared.ts';
import type { RevisionView } from './execution/amendments/revision.ts';
import type { Refusal } from './failure.ts';

/** Answers of the queries: plain JSON that other programs rely on. All times are ISO 8601 in UTC. */

export type Phase =
  | 'preparing'
  | 'awaitingAuthorization'
  | 'running'
  | 'paused'
  | 'stopping'
  | 'stopped'
  | 'rollingBack'
  | 'completed'
  | 'failed'
  | 'rejected'
  | 'cancelled';

export type TaskPhase = 'waiting' | 'running' | 'blocked' | 'done' | 'failed' | 'cancelled' | 'skipped';

export interface TaskCounts {
  readonly total: number;
  readonly waiting: number;
  readonly running: number;
  readonly blocked: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
}

/** Query `status`. Before `prepare` ends everything but the phase is null or empty. */
export interface StatusView {
  readonly executionId: string;
  readonly project: string | null;
  readonly phase: Phase;
  /** Why it is in this phase, when that is not plain: who stopped it, why it was rejected. */
  readonly reason: string | null;
  readonly planHash: string | null;
  /** 0–100, by estimated work. */
  readonly progressPercentage: number;
  /** When the whole is expected to be done; null before work starts and after it ended. */
  readonly forecastCompletion: string | null;
  readonly sprints: readonly SprintSummaryView[];
  readonly tasks: TaskCounts;
  /** At most 200, those at work first; the query `agents` has all of them in pages. */
  readonly agents: readonly AgentStatus[];
  readonly alerts: readonly AlertView[];
  readonly inbox: readonly InboxItem[];
  readonly coordination: CoordinationView;
  /** Of plan, sprints and agents, one entry for each kind that is limited; absent without budgets. */
  readonly budgets?: readonly BudgetView[];
  /** By what agents say; absent while they say nothing. */
  readonly usage?: Usage;
}

export interface BudgetView {
  /** `plan/plan`, `sprint/<id>`, `agent/<id>` or `task/<id>`. */
  readonly budget: string;
  readonly kind: BudgetKind;
  /** Time in ms; attempts given out, of a task those that failed. */
  readonly spent: number;
  /** With what people have added. */
  readonly limit: number;
  readonly toppedUp: number;
  /** Nothing goes on there until people have added to it. */
  readonly isUsedUp: boolean;
}

export interface AgentUsage extends Usage {
  readonly agent_id: string;
}

export interface SprintSummaryView {
  readonly id: string;
  /** Workflow id of the sprint; null until it has started. */
  readonly workflowId: string | null;
  readonly phase: 'waiting' | Phase;
  readonly progressPercentage: number;
  readonly forecastCompletion: string | null;
  readonly tasks: TaskCounts;
}

export interface CoordinationView {
  readonly checkpoints: readonly {
    readonly id: string;
    readonly sprint: string;
    readonly state: 'ahead' | 'gathering' | 'passed';
  }[];
  readonly leases: readonly { readonly resource: string; readonly task: string; readonly mode: string; readonly token: number }[];
  /** Agents that wait for one of their triggers. */
  readonly inactiveAgents: readonly string[];
  /** Drain of the last stop: `drained n of m`. */
  readonly drained: { readonly done: number; readonly of: number } | null;
  /** Messages between agents; absent when there have been none. */
  readonly messages?: MessagesView;
  /** What has failed around the work, the newest that are over included; absent when nothing has. */
  readonly emergencies?: readonly EmergencyView[];
}

export interface EmergencyView {
  readonly kind: CauseKind;
  /** What it is about: id of a resource, a dependency, an agent, a sprint, a task queue or a channel. */
  readonly id: string;
  /** null: of the execution itself, whose channel does not work. */
  readonly sprint: string | null;
  readonly since: string;
  /** null: it is under way. */
  readonly endedAt: string | null;
  readonly text: string;
  /** What was done about it. */
  readonly measures: readonly string[];
  /** Of a dependency that is down: nothing that needs it starts, or one at a time to find out. */
  readonly circuit?: 'open' | 'halfOpen';
}

export interface MessagesView {
  /** That agents and outside programs sent, those dropped included. */
  readonly sent: number;
  /** Of the bodies that reached the sprint. */
  readonly bytes: number;
  /** To attempts: a message to three counts three times. */
  readonly delivered: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly openRequests: number;
  readonly unanswered: number;
  /** From the sender's output to the receiver's input, of the newest deliveries to running agents; null before the first. */
  readonly medianDeliveryMs: number | null;
}

export interface AlertView {
  readonly id: string;
  readonly kind: AlertKind;
  readonly text: string;
  readonly since: string;
  /** How often its cause has come; absent: once. */
  readonly count?: number;
  /** Channels that are told of it instead of those of `notify`. */
  readonly via?: readonly string[];
  /** Who has taken notice first; absent: nobody. */
  readonly acknowledged?: { readonly by: string; readonly at: string };
}

/** Something that waits on a person: why, since when, and what happens if nobody answers. */
export interface InboxItem {
  /**
   * `<task>#<attempt>` of a human task, `<task>#<attempt>/<question>` of a question, `authorization`, `stopped`, `paused`, `agent/<id>`,
   * `budget/<level>/<id>` of a budget that is used up, `rollback/<n>/<task>#<attempt>` of a step that could not be undone,
   * `escalation/<n>/<level>`, with `<task>/` before it where one task is concerned, `<task>/offer/<n>/<agent>`.
   * What a sprint asks for itself is `<sprint>/paused`, `<sprint>/stopped`, `<sprint>/agent/<id>` in the inbox of its execution.
   */
  readonly itemId: string;
  readonly kind:
    | 'authorization'
    | 'humanTask'
    | 'question'
    | 'stopped'
    | 'paused'
    | 'agentUnavailable'
    | 'escalation'
    | 'offer'
    | 'topUp'
    | 'rollback';
  readonly title: string;
  readonly question: string;
  /** Decisions that `respond` takes. For `authorization` and `stopped` it names the message to send instead. */
  readonly options: readonly string[];
  /** Who may answer. */
  readonly people: readonly string[] | 'anyone';
  readonly since: string;
  readonly deadline: string;
  /** What happens at the deadline. */
  readonly otherwise: string;
  readonly sprint: string | null;
  readonly task: string | null;
  /** Channels that are told of it instead of those of `notify`. */
  readonly via?: readonly string[];
  /** Of kind `topUp` only: what `data` of the decision `topUp` may add, as `{tokens?, cost?, time?, attempts?}`. */
  readonly topUp?: readonly BudgetKind[];
  /** Of an escalated task: the decisions that need `data`, each with what it may name (see `DecisionTerms`). */
  readonly takes?: DecisionTerms;
  /** Of an escalation: what is done while it waits, in words; absent: nothing. */
  readonly measures?: readonly string[];
}

/** Query `authorization`. */
export interface AuthorizationView {
  readonly phase: Phase;
  readonly planHash: string | null;
  readonly required: number;
  readonly approvers: readonly string[] | 'anyone';
  readonly approvals: readonly {
    readonly by: string;
    readonly at: string;
    readonly signed: boolean;
    readonly note: string | null;
  }[];
  readonly rejection: { readonly by: string | null; readonly at: string; readonly reason: string } | null;
  /** The last 50; all of them are in the ledger. */
  readonly refusals: readonly (Refusal & { readonly at: string; readonly by: string | null })[];
  readonly expiresAt: string | null;
  /** Markdown of the resolved plan; null before `prepare` ends. */
  readonly review: string | null;
  readonly readiness: readonly ReadinessItem[];
  readonly checklist: {
    readonly planReviewed: boolean;
    readonly explicitPermission: boolean;
    readonly documented: boolean;
    readonly emergencyStopActive: boolean;
  };
  /** Report of the execution once it is there. */
  readonly report: { readonly uri: string; readonly sha256: string } | null;
  /**
   * Amendments of the plan, newest last; absent before the first. While one awaits its authorization, `planHash`, `review` and `approvals`
   * are of that one, and `inForce` is the hash of the plan that is carried out.
   */
  readonly revisions?: readonly RevisionView[];
  readonly inForce?: string | null;
}

/** Queries `tasks`, `agents`, `decisions` take `{offset?, limit?}` (limit ≤ 200, default 100) and answer a page of at most 512 KiB. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly nextOffset: number | null;
}

/** Of a sprint; the execution answers with the tasks of the plan and what its sprints have told it. */
export interface TaskView {
  readonly id: string;
  readonly sprint: string;
  readonly title: string;
  readonly state: TaskPhase;
  readonly priority: Priority;
  readonly agent_id: string | null;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly plannedMs: number | null;
  readonly actualMs: number | null;
  /** Why it waits, is blocked, failed or was skipped. */
  readonly reason: string | null;
  readonly deliverables: readonly Deliverable[];
  /** Of all attempts, by what their agents say; absent when they say nothing. */
  readonly usage?: Usage;
  /** Absent where the task has none of its own. */
  readonly budgets?: readonly BudgetView[];
  /** How many there are, where more than listed; all of them are in `report.json`. */
  readonly deliverablesTotal?: number;
}

export interface DecisionView {
  readonly at: string;
  readonly event: string;
  readonly text: string;
  readonly data: Json;
}

/** What a message answers when it came as an update. A refusal is an ApplicationFailure with the refusal's type instead. */
export interface Accepted {
  readonly accepted: true;
  readonly phase: Phase;
  readonly note: string | null;
}

/** Result of the workflows `execution` and `sprint`. */
export interface ExecutionResult {
  readonly executionId: string;
  readonly phase: Phase;
  readonly planHash: string | null;
  readonly report: { readonly uri: string; readonly sha256: string } | null;
  readonly summary: string;
}
