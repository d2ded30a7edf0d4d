import type { OutsideMessage } from '../agent-message.ts';
import type {
  AgentAvailability,
  Authorize,
  Control,
  EmergencyStop,
  ReassignTask,
  Respond,
  Rollback,
  SetPriority,
} from '../messages.ts';
import type { JsonObject } from '../plan/plan.ts';
import type { Prepared } from '../prepared.ts';
import type { ProcedureEvent, StartProcedure, TellProcedure } from '../procedures/procedure.ts';
import type { RefusedMessage } from '../failure.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { ChannelResult, Notice } from '../notices/notice.ts';
import type { AuthorizationView, DecisionView } from '../views.ts';
import type { SprintLetter } from '../sprint/amendment-letter.ts';
import type { Revision } from './amendments/revision.ts';
import type { QueuedProposal } from './amendments/proposals.ts';
import type { OutsideReport } from './forwarding.ts';
import type { SprintOutcome, TaskNews } from './state.ts';

export type ExecutionEvent = { readonly at: number } & (
  | { readonly type: 'prepared'; readonly prepared: Prepared }
  | { readonly type: 'timePassed' }
  | { readonly type: 'documented' }
  | ({ readonly type: 'sprintProgressed' } & ProgressReport)
  | { readonly type: 'sprintEnded'; readonly outcome: SprintOutcome }
  | { readonly type: 'sprintLost'; readonly sprintId: string; readonly reason: string }
  | { readonly type: 'reported'; readonly report: AuthorizationView['report'] }
  | ({ readonly type: 'authorizationDecided' } & Authorize)
  | ({ readonly type: 'messageRefused' } & RefusedMessage)
  | ({ readonly type: 'paused' } & Control)
  | ({ readonly type: 'resumed' } & Control)
  | ({ readonly type: 'emergencyStopped' } & EmergencyStop)
  | { readonly type: 'cancelRequested' }
  | ({ readonly type: 'agentAvailabilityChanged' } & AgentAvailability)
  | ({ readonly type: 'priorityChanged' } & SetPriority)
  | { readonly type: 'amended'; readonly isDryRun: boolean; readonly revision: Revision }
  | { readonly type: 'amendmentProposed'; readonly proposal: QueuedProposal }
  | ({ readonly type: 'taskReassigned' } & ReassignTask)
  | { readonly type: 'statusesForwarded'; readonly reports: readonly OutsideReport[] }
  | { readonly type: 'messageForwarded'; readonly message: OutsideMessage; readonly sprintIds: readonly string[] }
  | ({ readonly type: 'responded' } & Respond)
  | ({ readonly type: 'rollbackRequested' } & Rollback)
  | ProcedureEvent
  | { readonly type: 'channelsTold'; readonly results: readonly ChannelResult[] }
);

/** Signal of a sprint to its execution, at most 256 KiB. */
export interface ProgressReport {
  readonly progress: SprintProgress;
  /** Tasks that have changed since they were last told, as many as fit. */
  readonly changed: readonly TaskNews[];
  /** Decisions since the last report: the newest of them, as many as fit. */
  readonly decisions: readonly DecisionView[];
}

/** A command that came before the sprint did: it holds from the sprint's first moment. */
export interface EarlierMessage {
  readonly name: 'agentAvailability' | 'setPriority' | 'reassignTask';
  readonly payload: unknown;
}

export type ExecutionEffect =
  | { readonly type: 'startSprint'; readonly sprintId: string; readonly earlier: readonly EarlierMessage[] }
  | { readonly type: 'forward'; readonly name: string; readonly payload: unknown; readonly sprintIds: readonly string[] }
  | { readonly type: 'amendSprint'; readonly sprintId: string; readonly letter: SprintLetter }
  /** Without `sprintIds` all of them. */
  | { readonly type: 'cancelSprints'; readonly sprintIds?: readonly string[] }
  | StartProcedure
  | TellProcedure
  /** Write everything to the ledger, then say `documented`. */
  | { readonly type: 'document' }
  | { readonly type: 'journal'; readonly at: number; readonly event: string; readonly text: string; readonly data: JsonObject }
  /** Tell people, then say `channelsTold`: one call at a time. */
  | {
      readonly type: 'notify';
      readonly channels: readonly string[];
      readonly notices: readonly Notice[];
      /** Older ones that nobody will be told of one by one. */
      readonly dropped: number;
    };
