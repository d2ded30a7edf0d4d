import type { AgentAnswer, AgentQuestion } from '../../domain/agent-question.ts';
import type { AgentMessage, DeliveredMessage } from '../../domain/agent-message.ts';
import type { AgentStatus } from '../../domain/agent-status.ts';
import type { Usage } from '../../domain/budget.ts';
import type { AttemptFailure } from '../../domain/attempt.ts';
import type { CommandAgentConfig } from '../../domain/config/config.ts';
import type { JsonObject } from '../../domain/plan/plan.ts';
import type { Handover, HandoverBundle, HandoverSigns } from '../../domain/reallocation/handover.ts';
import type { Lease } from '../../domain/roster.ts';
import type { AgentAllowance, AgentLimits } from './agent-budget.ts';

/** The request line that a command agent reads from stdin; the contract of the protocol, version 1. */
export interface AgentRequest {
  readonly pact: 'request';
  readonly version: 1;
  readonly execution: string;
  readonly sprint: string;
  readonly agent_id: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  /** ISO 8601, or null without a time budget. */
  readonly deadline: string | null;
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly description: string | null;
    readonly input: JsonObject;
    readonly deliverables: readonly { readonly id: string; readonly path: string }[];
    readonly estimateMs: number;
    readonly priority: string;
  };
  /** Absolute path of the attempt's own folder, which is also the working directory. */
  readonly workspace: string;
  readonly inputs: readonly {
    readonly task: string;
    readonly deliverable: string;
    readonly path: string;
    readonly sha256: string;
  }[];
  readonly leases: readonly Lease[];
  /** What an earlier attempt has left; null: nothing. */
  readonly handover: AgentHandover | null;
  readonly feedback: readonly string[];
  readonly digest: string;
  /** Absent in an attempt: the agent is to decide, not to work, and answers with a line `answer`. */
  readonly question?: Pick<AgentQuestion, 'id' | 'kind' | 'text' | 'options' | 'data'>;
  /** What has come for the task or its agent before; absent when nothing has. */
  readonly messages?: readonly DeliveredMessage[];
  /** What the attempt may use before it is paused (tokens, cost), null for no limit; absent where no budget concerns it. */
  readonly budget?: AgentLimits;
}

/** Of an earlier attempt: who, why it ended, how far it was, and what it has left. */
export interface AgentHandover extends Omit<HandoverBundle, 'files' | 'filesOmitted'> {
  readonly from: Handover['from'];
  readonly reason: string;
  /** Absolute path of a private copy of its working directory; null: there is none. */
  readonly files: string | null;
}

export interface AgentRun {
  readonly request: AgentRequest;
  readonly adapter: CommandAgentConfig['adapter'];
  /** `<execution>/<task>/<attempt>`, set as PACT_ATTEMPT: the reaper knows the attempt's processes by it. */
  readonly marker: string;
  /** Private folders of the attempt for HOME and TMPDIR; they exist. */
  readonly home: string;
  readonly tmp: string;
  /** Absolute path; stdout and stderr go there, capped. */
  readonly logFile: string;
  readonly stallAfterMs: number;
  /** Silence that is told of, ms; absent: none is. */
  readonly silentForMs?: number;
  /** Unix ms; null: no limit. */
  readonly deadlineAt: number | null;
  /** What it may use before it is paused; null: no budget concerns it. */
  readonly budget: AgentLimits | null;
  readonly killGraceMs: number;
  /** Aborting ends the process group: TERM, then KILL after the grace. */
  readonly signal: AbortSignal;
  readonly onStatus: (report: RunnerReport) => void;
  /** A message to other agents, null: one that does not fit. Answers why it is not sent, for the log, or null. */
  readonly onMessage: (message: AgentMessage | null) => string | null;
}

/**
 * What the runner tells while the agent runs. `urgent`: the sprint must know now (blocked or no longer so, error, outputs ready,
 * a question, a forecast that slipped). `question` is the one asked last and still open.
 */
export interface RunnerReport {
  readonly status: AgentStatus;
  readonly urgent: boolean;
  readonly question: { readonly id: string; readonly text: string; readonly options: readonly string[] } | null;
  readonly usage: Usage | null;
  /** In an attempt whose silence is told of. */
  readonly silent?: boolean;
  /** In an attempt that was given a handover. */
  readonly handover?: HandoverSigns;
}

export type AgentOutcome =
  | {
      readonly ok: true;
      readonly summary: string | null;
      readonly notes: string | null;
      /** Outputs that the agent named in its result; empty: the declared deliverables. */
      readonly outputs: readonly { readonly deliverable: string; readonly path: string }[];
      readonly usage: Usage | null;
      /** To the question of the request; null in an attempt. */
      readonly answer: AgentAnswer | null;
      readonly lastStatus: AgentStatus;
      readonly durationMs: number;
      readonly left: Leavings;
    }
  | {
      readonly ok: false;
      readonly failure: Omit<AttemptFailure, 'checks' | 'log'>;
      readonly lastStatus: AgentStatus;
      readonly durationMs: number;
      readonly left: Leavings;
    };

/** What an agent has said for whoever comes after it. */
export type Leavings = Pick<HandoverBundle, 'notes' | 'questions'>;

export interface RunningAgent {
  /** Never rejects. Resolves when every process of the attempt is dead. */
  readonly outcome: Promise<AgentOutcome>;
  /** One JSON line to the agent's stdin; false when its input is closed. */
  send(line: JsonObject): boolean;
  /** What it may use from now on: pauses all of its processes, or lets them go on. */
  allow(allowance: AgentAllowance): void;
}

export interface AgentRunner {
  start(run: AgentRun): RunningAgent;
}
