import type { AgentStatus } from '../agent-status.ts';
import type { AlertClock } from './alert-clocks.ts';
import type { Deliverable } from '../attempt.ts';
import type { Usage } from '../budget.ts';
import type { ConflictsState } from './conflicts.ts';
import type { BudgetState } from './budget-state.ts';
import type { ProcedureKind } from '../procedures/procedure.ts';
import type { Emergencies } from './emergency-state.ts';
import type { OpenProposal } from './open-proposals.ts';
import type { OpenEscalation } from './escalations.ts';
import type { Mail } from './mail.ts';
import type { OpenRollback } from './rollbacks.ts';
import type { AgentRecordRun, OpenReallocation, TaskMoves } from './moves.ts';
import type { Json, Priority, Task } from '../plan/plan.ts';
import type { TaskOrder } from './task-order.ts';
import type { AlertView, DecisionView, InboxItem, TaskPhase } from '../views.ts';

/**
 * State of a sprint: plain JSON, changed in place by `evolve`, independent of the clock (times come with the events, Unix ms).
 * Tasks, agents, resources and checkpoints are referred to by their number, the position in the definition.
 */
export interface SprintState {
  phase: SprintPhase;
  /** Who stopped or paused it and why, or why it failed. */
  reason: string | null;
  now: number;
  /** Whether the event `started` has come. */
  started: boolean;
  startedAt: number;
  endedAt: number | null;
  tasks: TaskRun[];
  agents: AgentRun[];
  resources: ResourceRun[];
  checkpoints: CheckpointRun[];
  /** Triggers that have fired, by number. */
  firedTriggers: boolean[];
  /** One heap of ready tasks per candidate class (tasks that the same agents can do). */
  ready: number[][];
  /** Tasks that wait for leases, by lease group. */
  leaseQueues: LeaseQueue[];
  /** A heap, earliest first; those that mean nothing any more are dropped when they come up or when they are too many. */
  timers: TimerEntry[];
  /** How many timers meant something when they were last counted. */
  timersKept: number;
  /** Attempts at work, human ones included. */
  running: number;
  ended: number;
  failed: number;
  attempts: { ended: number; failed: number };
  work: { endedMs: number; totalMs: number };
  drain: { of: number; done: number } | null;
  /** Set when a Temporal cancel came: what is not done by then is cancelled. */
  cancelling: boolean;
  ordering: Ordering;
  /** Escalations under way, by number. */
  escalations: Record<string, OpenEscalation>;
  /** The agents that the plan names for tasks that were reassigned (null: none), by task id; absent: there are none. */
  reassigned?: Record<string, string | null>;
  /** Decisions that are to become revisions of the plan, by task id; absent: none. */
  proposals?: Record<string, OpenProposal>;
  /** How often silence has had the sprint rolled back, by key of the cause; absent: never. */
  silentRollbacks?: Record<string, number>;
  /** While rolling back. */
  rollback: OpenRollback | null;
  /** Reallocations under way, by number; absent where there was none yet. */
  reallocations?: Record<string, OpenReallocation>;
  /** When the queues were last looked at for overloaded agents; absent where the plan does not ask for that. */
  queuesSeenAt?: number;
  /** What has failed around the work, and is failing; absent where nothing has. */
  emergencies?: Emergencies;
  /** How many of each kind of child workflow were started. */
  procedures: Record<ProcedureKind, number>;
  /** Messages between agents; null: there have been none. */
  mail: Mail | null;
  inbox: Record<string, OpenItem>;
  alerts: AlertView[];
  /** Alerts that go before the chain if nobody takes notice, by id; absent where the plan does not ask for that. */
  alertClocks?: Record<string, AlertClock>;
  /** Conflicts and what came of them; absent where there were none. */
  conflicts?: ConflictsState;
  /** It is played in a simulation, where nobody is told or asked of anything. */
  isRehearsal?: true;
  /** When attempts at work are looked at next for late ones (Unix ms); absent when none is. */
  slipWatchAt?: number;
  /** The last decisions, newest last; all of them are in the ledger. */
  decisions: DecisionView[];
  /** Tasks (numbers) that wait for the decision on a revision of the plan; absent where none is awaited. The sprint does not end before. */
  hold?: { revision: number; tasks: number[] };
  /** What tasks at work (by id) will be from their next attempt on; absent where no amendment has changed one. */
  pending?: Record<string, Task>;
  report: { sentAt: number; dueAt: number | null };
  /** null: nothing in the sprint has a budget. */
  budgets: BudgetState | null;
}

export type SprintPhase = 'running' | 'paused' | 'stopping' | 'stopped' | 'rollingBack' | 'completed' | 'failed' | 'cancelled';

export interface TaskRun {
  state: TaskPhase;
  priority: Priority;
  /** Dependencies that are not done yet. */
  waitsFor: number;
  /** Number of the last attempt; 0 before the first. The fencing number of everything that an attempt does. */
  attempt: number;
  failures: number;
  losses: number;
  /** How often its failure was escalated. */
  escalations: number;
  /** It waits for what an escalation decides. */
  isEscalated: boolean;
  /** A measure in force keeps it from starting; absent: none does. */
  isHeld?: true;
  /** Who has the current or had the last attempt. */
  agent: number | null;
  /** Whose attempt failed last. */
  failedBy: number | null;
  startedAt: number | null;
  endedAt: number | null;
  /** When a retry is due; null when none is pending. */
  retryAt: number | null;
  /** When the running attempt is expected to end: start plus estimate, then what it reports. */
  expectedAt: number | null;
  slipped: boolean;
  /** Why it waits, is blocked, failed or was skipped. */
  reason: string | null;
  status: AgentStatus | null;
  summary: string | null;
  deliverables: Deliverable[];
  /** Why earlier attempts failed and what people said; at most 10, newest last. */
  feedback: string[];
  answers: Answer[];
  /** What its agents say they have used, in all attempts and in the current or last one; absent when they say nothing. */
  usage?: Usage & { readonly attempt: Usage };
  /** Why the attempt at work is being taken away, so that what it still delivers is refused; absent otherwise. */
  withdrawn?: string;
  /** It is taken away only to make room: a result that comes nevertheless counts. */
  isPutBack?: true;
  /** When the attempt at work has been blocked for too long (Unix ms); absent otherwise. */
  blockedUntil?: number;
  moves?: TaskMoves;
}

/** Answer to a question of a running agent, fetched by its worker with the query `mailbox`. */
export interface Answer {
  readonly questionId: string;
  readonly decision: string;
  readonly text: string | null;
  readonly data: Json;
}

export interface AgentRun {
  active: boolean;
  available: boolean;
  /** When an unavailable agent is expected back; null: until it is said. */
  availableAt: number | null;
  capacity: number;
  busy: number;
  /** Checkpoints that hold it back from new work. */
  held: number;
  assigned: number;
  last: AgentStatus | null;
  /** What it says it has used; absent when it says nothing. */
  usage?: Usage;
  /** Its budget is used up, and people are asked for more. */
  isOverBudget?: true;
  record?: AgentRecordRun;
  /** Attempts in a row that have failed for what is wrong with the agent; absent: none. */
  faults?: number;
}

export interface ResourceRun {
  /** Grows with every grant. */
  token: number;
  exclusive: boolean;
  count: number;
  /** So many leases at a time at most while something is wrong with it: 0, or 1 for a trial. Absent otherwise. */
  limit?: number;
  /** By task number; in no order. */
  held: { task: number; mode: 'exclusive' | 'shared'; token: number }[];
  /** Heaps of tasks that wait for it, one per candidate class and mode (see `parking.ts`). */
  parked: { readonly group: number; readonly mode: 'exclusive' | 'shared'; heap: number[] }[];
}

/** Blocked tasks of one lease group: the parked one that stands for all, and a heap of those behind it. */
export interface LeaseQueue {
  head: number | null;
  behind: number[];
}

export interface CheckpointRun {
  state: 'ahead' | 'gathering' | 'passed';
  waitsFor: number;
  /** When it was passed (Unix ms): what had ended by then stays when the sprint is rolled back to it. */
  passedAt: number | null;
}

/** Which order ready tasks are in, and what is known of how right the estimates are. */
export interface Ordering {
  order: TaskOrder;
  /** Searches for a better order so far: the number of the last one. */
  asked: number;
  /** When the search that is under way was asked for; null: none is. */
  askedAt: number | null;
  /** By how much the tasks done since the last search were off their estimates, early or late. */
  departedMs: number;
  /** Sums over all tasks done: what a linear regression of actual times on estimates needs. */
  measured: {
    tasks: number;
    estimatedMs: number;
    actualMs: number;
    estimatedSquare: number;
    actualSquare: number;
    product: number;
  };
  /** How much longer the rest takes than its lower bound, by the last simulation: 1 or more. */
  forecastFactor: number;
  /** The last change of the order and what was simulated then: of the rest with it and without it. Measured when the sprint completes. */
  changed: { at: number; simulatedMs: number; withoutMs: number } | null;
}

export interface TimerEntry {
  at: number;
  kind:
    | 'retry'
    | 'item'
    | 'availability'
    | 'activation'
    | 'duration'
    | 'request'
    | 'budget'
    | 'blocked'
    | 'alert'
    | 'slip'
    | 'emergency'
    | 'conflicts';
  /** Number of a task, an agent or an account, or id of an item or request. */
  ref: number | string;
}

export interface OpenItem extends InboxItem {
  readonly deadlineMs: number;
}

/** Attempts at work at a time in one sprint: their heartbeats count towards the workflow's mutable state. */
export const MAX_IN_FLIGHT = 1_000;

export const FINAL_PHASES = ['completed', 'failed', 'cancelled'] as const satisfies readonly SprintPhase[];
export const isFinal = (phase: SprintPhase): boolean => (FINAL_PHASES as readonly string[]).includes(phase);

export const isTaskEnded = (state: TaskPhase): boolean => state !== 'waiting' && state !== 'running' && state !== 'blocked';
export const isAtWork = (state: TaskPhase): boolean => state === 'running' || state === 'blocked';
