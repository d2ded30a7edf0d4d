import type { Usage } from '../budget.ts';
import type { AuthorizationPolicy } from '../config/config.ts';
import type { Refusal } from '../failure.ts';
import type { Prepared } from '../prepared.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { AlertView, AuthorizationView, BudgetView, DecisionView, InboxItem, Phase, TaskPhase } from '../views.ts';
import type { Deliverable } from '../attempt.ts';
import type { AgentAvailability, ReassignTask, SetPriority } from '../messages.ts';
import type { AmendmentsState } from './amendments/revision.ts';
import type { ChannelBreakdowns } from './breakdown-state.ts';
import type { QueuedProposal } from './amendments/proposals.ts';
import type { EarlierRounds } from './earlier-rounds.ts';
import type { OwnEscalations } from './escalation-state.ts';
import type { ExecutionRollback } from './sprint-rollbacks.ts';
import { createOutbox, type Outbox } from '../notices/outbox.ts';
import type { Priority } from '../plan/plan.ts';

/** State of an execution: plain JSON, changed in place by `evolveExecution`; times are Unix ms. */
export interface ExecutionState {
  readonly executionId: string;
  phase: Phase;
  reason: string | null;
  now: number;
  startedAt: number;
  endedAt: number | null;
  /** Null until `prepare` has ended. */
  prepared: Prepared | null;
  authorization: AuthorizationState;
  sprints: SprintStanding[];
  /** What sprints have told of their tasks, by task id. */
  tasks: Record<string, TaskNews>;
  /** Availability of agents as last told, for sprints that start later. */
  availability: Record<string, AgentAvailability>;
  /** Priorities of tasks as last set, for sprints that start later. */
  priorities: Record<string, SetPriority>;
  /** Whom tasks were reassigned to, by task id; absent before the first. */
  reassignments?: Record<string, ReassignTask>;
  /** Absent before the first amendment. */
  amendments?: AmendmentsState;
  /** Decisions of escalations that are to become amendments, oldest first; absent: none. */
  proposals?: QueuedProposal[];
  /** While sprints that have ended are rolled back; absent otherwise. */
  rollback?: ExecutionRollback;
  /** How many children `rollback` were started; absent before the first. */
  rollbacks?: number;
  /** Phase to go back to from stopped. */
  stoppedFrom: 'awaitingAuthorization' | 'running' | null;
  cancelling: boolean;
  inbox: Record<string, OwnItem>;
  alerts: AlertView[];
  /** Absent before anything of the execution itself could go before the chain. */
  escalations?: OwnEscalations;
  /** Absent before the first channel has failed. */
  breakdowns?: ChannelBreakdowns;
  /** What people are still to be told. */
  outbox: Outbox;
  decisions: DecisionView[];
  report: AuthorizationView['report'];
}

export interface OwnItem extends InboxItem {
  readonly deadlineMs: number;
}

export interface AuthorizationState {
  policy: AuthorizationPolicy | null;
  approvals: AuthorizationView['approvals'][number][];
  rejection: AuthorizationView['rejection'];
  refusals: (Refusal & { at: string; by: string | null })[];
  expiresAtMs: number | null;
  /** The quorum is there. */
  granted: boolean;
  /** The authorization has been written to the ledger: only then does anything start. */
  documented: boolean;
}

export interface SprintStanding {
  readonly id: string;
  state: 'waiting' | 'started' | 'ended' | 'skipped';
  progress: SprintProgress | null;
  /** The sprint that ended first has 1, and so on; absent before it has. */
  endedAs?: number;
  /** A rollback of it ended half way: it has failed, once people have seen that. */
  isHalfUndone?: true;
  /** Absent unless it was rolled back after its end. */
  earlier?: EarlierRounds;
  /** Expected length by its estimates, for the forecast of what has not started. */
  lengthMs: number;
  /** Sum of its estimates: its weight in the progress of the whole. */
  workMs: number;
}

/** A task as its sprint tells it; the rest is in the plan. Times are Unix ms. */
export interface TaskNews {
  readonly id: string;
  readonly state: TaskPhase;
  readonly priority: Priority;
  readonly agent_id: string | null;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly reason: string | null;
  readonly deliverables: readonly Deliverable[];
  readonly usage?: Usage;
  readonly budgets?: readonly BudgetView[];
}

/** What a sprint answers when it ends, with all of its tasks. */
export interface SprintOutcome {
  readonly sprintId: string;
  readonly progress: SprintProgress;
  readonly tasks: readonly TaskNews[];
  /** Whom tasks were reassigned to in it, by its execution or by an escalation, by task id; absent: none was. */
  readonly reassigned?: Readonly<Record<string, string>>;
}

export function createExecution(executionId: string, now: number): ExecutionState {
  return {
    executionId,
    phase: 'preparing',
    reason: null,
    now,
    startedAt: now,
    endedAt: null,
    prepared: null,
    authorization: {
      policy: null,
      approvals: [],
      rejection: null,
      refusals: [],
      expiresAtMs: null,
      granted: false,
      documented: false,
    },
    sprints: [],
    tasks: {},
    availability: {},
    priorities: {},
    stoppedFrom: null,
    cancelling: false,
    inbox: {},
    alerts: [],
    outbox: createOutbox(),
    decisions: [],
    report: null,
  };
}

export const isExecutionFinal = (phase: Phase): boolean =>
  phase === 'completed' || phase === 'failed' || phase === 'rejected' || phase === 'cancelled';
