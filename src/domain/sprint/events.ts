import type { AttemptFailure, CheckEvidence, Deliverable, PerformTaskInput } from '../attempt.ts';
import type { OutsideMessage, Receipt, SentMessage } from '../agent-message.ts';
import type { Usage } from '../budget.ts';
import type { ProbeChange } from '../emergencies/probe.ts';
import type { StatusReport } from '../agent-status.ts';
import type { RefusedMessage } from '../failure.ts';
import type { JsonObject } from '../plan/plan.ts';
import type { ProcedureEvent, StartProcedure, TellProcedure } from '../procedures/procedure.ts';
import type { Elsewhere } from './definition.ts';
import type { ProposedAmendment } from './proposals.ts';
import type { TaskOrder } from './task-order.ts';
import type { AgentAvailability, Control, EmergencyStop, ReassignTask, Respond, Rollback, SetPriority } from '../messages.ts';
import type { SprintAmendment } from './amended-definition.ts';

/** What a search for an order has found, by simulating what is left of the sprint; times in ms from when it was asked for. */
export interface FoundOrder {
  readonly order: TaskOrder;
  readonly meanMs: number;
  /** With the order that was in force. */
  readonly currentMs: number;
  /** Orders tried. */
  readonly tried: number;
  /** `meanMs` ÷ the lower bound of what was left; 1 or more. */
  readonly forecastFactor: number;
}

/** What happened, in the past tense; `at` is Unix ms and never goes back. */
export type SprintEvent = { readonly at: number } & (
  | { readonly type: 'started' }
  | { readonly type: 'timePassed' }
  | {
      readonly type: 'taskFinished';
      readonly taskId: string;
      readonly attempt: number;
      readonly summary: string | null;
      readonly deliverables: readonly Deliverable[];
      /** Of the engine, in the order of the task. */
      readonly checks?: readonly CheckEvidence[];
      readonly usage?: Usage;
    }
  | { readonly type: 'attemptFailed'; readonly taskId: string; readonly attempt: number; readonly failure: AttemptFailure }
  | { readonly type: 'statusReported'; readonly reports: readonly StatusReport[] }
  | { readonly type: 'messagesSent'; readonly messages: readonly SentMessage[]; readonly receipts: readonly Receipt[] }
  | { readonly type: 'messageReceived'; readonly message: OutsideMessage }
  | ({ readonly type: 'paused' } & Control)
  | ({ readonly type: 'resumed' } & Control)
  | ({ readonly type: 'emergencyStopped' } & EmergencyStop)
  | { readonly type: 'cancelRequested' }
  | ({ readonly type: 'agentAvailabilityChanged' } & AgentAvailability)
  | ({ readonly type: 'priorityChanged' } & SetPriority)
  | ({ readonly type: 'orderChosen'; readonly search: number } & FoundOrder)
  | { readonly type: 'orderSearchFailed'; readonly search: number; readonly reason: string }
  | ({ readonly type: 'responded' } & Respond)
  | ({ readonly type: 'rollbackRequested' } & Rollback)
  | { readonly type: 'alertAcknowledged'; readonly by: string; readonly id: string }
  | ProcedureEvent
  | { readonly type: 'probesChanged'; readonly changes: readonly ProbeChange[] }
  /** Of budgets shared with other sprints, by account id. */
  | { readonly type: 'spentElsewhere'; readonly accounts: Readonly<Record<string, Elsewhere>> }
  | ({ readonly type: 'taskReassigned' } & ReassignTask)
  /** `proposal`: it is what the sprint itself has proposed. */
  | { readonly type: 'amended'; readonly amendment: SprintAmendment; readonly proposal?: number }
  | { readonly type: 'tasksHeld'; readonly revision: number; readonly taskIds: readonly string[]; readonly proposal?: number }
  | { readonly type: 'tasksReleased'; readonly revision: number; readonly why?: string }
  /** `why`: it cannot be; null: the plan is like that already. */
  | { readonly type: 'proposalSettled'; readonly proposal: number; readonly why: string | null }
  | ({ readonly type: 'messageRefused' } & RefusedMessage)
);

/** How an attempt ended. */
export type AttemptEvent = Extract<SprintEvent, { type: 'taskFinished' | 'attemptFailed' }>;

export interface PerformEffect {
  readonly type: 'perform';
  readonly input: PerformTaskInput;
  readonly queue: string;
  readonly budgetMs: number | null;
  /** A worker must take it within this time; absent: it waits for one. */
  readonly pickUpMs?: number;
  readonly summary: string;
}

/** What the shell is to do; each effect that takes time ends in an event. */
export type SprintEffect =
  | PerformEffect
  | { readonly type: 'cancelAttempt'; readonly taskId: string; readonly attempt: number }
  /** `urgent`: write it before anything else happens. */
  | { readonly type: 'journal'; readonly at: number; readonly event: string; readonly text: string; readonly data: JsonObject }
  /** A better order of tasks is to be looked for; its number comes back with the answer. */
  | { readonly type: 'searchOrder'; readonly search: number }
  /** The execution is to amend the plan. */
  | { readonly type: 'proposeAmendment'; readonly proposal: ProposedAmendment }
  | StartProcedure
  | TellProcedure
  /** What it uses is to be watched, by its definition of now. */
  | { readonly type: 'watchProbes' }
  /** The parent is to hear how the sprint stands. */
  | { readonly type: 'report' };
