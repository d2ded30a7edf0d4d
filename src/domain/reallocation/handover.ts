import type { AgentStatus } from '../agent-status.ts';
import type { Artifact } from '../attempt.ts';

/** What an attempt that ended without a result has left to the next one: a document in the artifact store. */
export interface HandoverBundle {
  /** ISO 8601. */
  readonly at: string;
  readonly status: AgentStatus | null;
  /** What it noted for whoever comes after it, oldest first. */
  readonly notes: readonly string[];
  /** Asked and not answered. */
  readonly questions: readonly { readonly id: string; readonly text: string }[];
  /** Its last output, at most 4 KiB. */
  readonly log: string;
  /** Its working directory as it was left; null: see `filesOmitted`. */
  readonly files: Artifact | null;
  readonly filesOmitted: string | null;
}

/** What travels with the next attempt. */
export interface Handover {
  readonly from: { readonly agent_id: string; readonly attempt: number };
  /** Why the attempt ended. */
  readonly reason: string;
  /** The last that its sprint knew. */
  readonly status: AgentStatus | null;
  /** Where its bundle is; null: it could not leave one, as when its worker died, or a person had it. */
  readonly bundle: Artifact | null;
  /** What a person has left, in words; absent of an agent. */
  readonly notes?: readonly string[];
}

/** Whether an attempt that was given a handover has shown that it goes on from there. */
export interface HandoverSigns {
  /** It has said so, or reported a status. */
  readonly acknowledged: boolean;
  /** It has done more than that: progress, outputs, or output of any kind. */
  readonly moving: boolean;
}
