import type { DeliveredMessage } from './agent-message.ts';
import type { Usage } from './budget.ts';
import type { AgentStatus } from './agent-status.ts';
import type { Handover } from './reallocation/handover.ts';
import type { FailureType } from './failure.ts';
import type { DeliverableSpec, JsonObject, Priority } from './plan/plan.ts';
import type { Lease } from './roster.ts';

/** A file or folder by content. Of a folder, `sha256` is over the RFC 8785 JSON of its sorted `[{path, sha256, size}]`. */
export interface Artifact {
  /** `file:` URI of the collected copy. */
  readonly uri: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export interface Deliverable extends Artifact {
  readonly id: string;
  /** As declared, relative to the workspace. */
  readonly path: string;
}

/** Input of the activity `performTask`: one attempt of one task by one agent. */
export interface PerformTaskInput {
  readonly executionId: string;
  /** Workflow id of the sprint, where reports go. */
  readonly ownerId: string;
  readonly sprint: string;
  readonly agent: string;
  /** Digest of the agent as authorized. */
  readonly digest: string;
  readonly attempt: number;
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly description: string | null;
    readonly input: JsonObject;
    readonly deliverables: readonly DeliverableSpec[];
    readonly estimateMs: number;
    readonly priority: Priority;
    /** With the digest of each as authorized. */
    readonly checks: readonly AuthorizedCheck[];
  };
  /** Absolute, ISO 8601; null when the task has no time budget. */
  readonly deadline: string | null;
  readonly stallAfterMs: number;
  readonly leases: readonly Lease[];
  readonly inputs: readonly { readonly task: string; readonly deliverable: Deliverable }[];
  /** Why earlier attempts failed and what people answered, newest last, bounded. */
  readonly feedback: readonly string[];
  /** Who does what now, bounded. */
  readonly digestOfOthers: string;
  /** What has come for the task or its agent before it began, oldest first; absent when nothing has. */
  readonly messages?: readonly DeliveredMessage[];
  /** When the next checkpoint of this agent is expected, for reports that do not say. */
  readonly nextCoordinationPoint: string | null;
  /** What it may use before it must be paused; null: no limit. Absent where no budget concerns it; otherwise its worker keeps asking. */
  readonly allowance?: { readonly tokens: number | null; readonly cost: number | null };
  /** Work may be moved: what the attempt has when it ends without a result is kept for the next one. */
  readonly keepsHandover?: true;
  /** What an earlier attempt has left. */
  readonly handover?: Handover;
  /** The sprint wants to hear at once that a worker has taken it. */
  readonly announce?: true;
  /** A streaming agent that says nothing for so long is told of; absent: not. */
  readonly silentForMs?: number;
}

export interface AuthorizedCheck {
  readonly id: string;
  /** SHA-256 (hex) over the check's config and the content of its program files. */
  readonly digest: string;
}

/** What a check said: evidence, never an agent's word. */
export interface CheckEvidence {
  readonly check: string;
  readonly ok: boolean;
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** Last lines of its output, at most 2 KiB. */
  readonly tail: string;
}

/** Result of `performTask`; a failure is thrown instead, with `AttemptFailure` as its only detail. */
export interface PerformTaskResult {
  readonly summary: string | null;
  readonly notes: string | null;
  readonly deliverables: readonly Deliverable[];
  readonly checks: readonly CheckEvidence[];
  readonly usage: Usage | null;
  readonly lastStatus: AgentStatus | null;
  /** Working time of the agent's process. */
  readonly durationMs: number;
  /** Path of the log, relative to the execution's artifact folder. */
  readonly log: string;
}

/** Why an attempt ended without a result. */
export type FailureCause =
  | 'agent' // the agent said so, or exited with an error
  | 'check' // a check of the engine failed
  | 'stalled' // no output and no progress for `stallAfter`
  | 'timeBudget' // its time was up
  | 'budget' // a budget was used up and nobody added to it
  | 'refused' // the worker refused it: another agent than the authorized one, or a stale attempt
  | 'lost' // worker or server died; does not use up an attempt
  | 'stopped' // cancelled by a stop or a cancel
  | 'person'; // a person rejected it or did not answer

export interface AttemptFailure {
  readonly cause: FailureCause;
  readonly type: FailureType;
  readonly message: string;
  readonly retryable: boolean;
  readonly exitCode: number | null;
  /** Last lines of the agent's output, at most 4 KiB. */
  readonly tail: string;
  readonly checks: readonly CheckEvidence[];
  readonly log: string | null;
  /** As far as the agent has said. */
  readonly usage?: Usage;
  /** What is wrong with the agent rather than with its work. */
  readonly fault?: AgentFault;
  /** The external dependency that the agent says is down; null: it does not say which. */
  readonly dependencyDown?: string | null;
  /** What it has left for the next attempt. */
  readonly bundle?: Artifact;
  /** It ended as if the task were done, and what it should have left is not there. */
  readonly isClaimRefuted?: true;
  /** No worker has taken it in time. */
  readonly notTaken?: true;
  /** It gave a result after it had been told to stop. */
  readonly hasLateResult?: true;
}

/** `quota`, `credentials`, `unavailable`: as the agent itself says by the type of its error. */
export const AGENT_FAULTS = ['quota', 'credentials', 'unavailable', 'cannotStart', 'died', 'unreachable'] as const;
export type AgentFault = (typeof AGENT_FAULTS)[number];
/** Type of the error by which an agent says that an external dependency of its task does not work. */
export const DEPENDENCY_DOWN = 'DependencyDown';
/** Types of errors by which an agent says that it cannot go on, whatever the task. */
export const REPORTED_FAULTS = ['quota', 'credentials', 'unavailable'] as const satisfies readonly AgentFault[];
