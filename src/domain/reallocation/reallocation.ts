import type { AgentAnswer } from '../agent-question.ts';
import type { JsonObject, Json } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import type { Assessment, CandidateFacts } from './assessment.ts';
import type { HandoverSigns } from './handover.ts';
import type { ReallocationPolicy, ReallocationTrigger } from './policy.ts';

/** Input of the child workflow `reallocation`. */
export interface ReallocationInput {
  readonly executionId: string;
  readonly sprint: string;
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly priority: string;
    /** That an agent must have. */
    readonly skills: readonly string[];
    /** What is left of its estimate, at least 1. */
    readonly remainingMs: number;
  };
  readonly trigger: ReallocationTrigger;
  /** What happened, in words. */
  readonly text: string;
  readonly evidence: JsonObject;
  readonly from: { readonly agent_id: string; readonly attempt: number };
  /** The attempt is over; otherwise it goes on until it is known who takes the work. */
  readonly isOver: boolean;
  readonly candidates: readonly CandidateFacts[];
  readonly policy: ReallocationPolicy;
}

/** What it tells its sprint. */
export type ReallocationSaid =
  | { readonly type: 'assessed'; readonly assessments: readonly Assessment[] }
  /** People are asked by the inbox; until Unix ms. */
  | { readonly type: 'offered'; readonly agents: readonly string[]; readonly deadline: number }
  /** That agent is to have the work; whoever has it now is to hand it over. */
  | { readonly type: 'awarded'; readonly agent_id: string; readonly why: string };

/** What its sprint tells it. */
export type ReallocationNews =
  /** The answer of a person to an offer. */
  | ({ readonly type: 'bid'; readonly agent_id: string; readonly by: string } & AgentAnswer)
  /** The attempt that was under way has ended; whether it left a bundle. */
  | { readonly type: 'released'; readonly how: string; readonly hasBundle: boolean }
  | { readonly type: 'started'; readonly agent_id: string; readonly attempt: number }
  | ({ readonly type: 'shown' } & HandoverSigns)
  | { readonly type: 'attemptEnded'; readonly attempt: number; readonly reason: string }
  /** The agent cannot have it any more. */
  | { readonly type: 'refused'; readonly agent_id: string; readonly reason: string }
  | { readonly type: 'finished'; readonly agent_id: string }
  | { readonly type: 'withdrawn'; readonly reason: string };

export const STEPS = ['detection', 'assessment', 'negotiation', 'handover', 'validation'] as const;
export type ReallocationStep = (typeof STEPS)[number];

/** One step; handover and validation come once per agent that was tried. Times are Unix ms. */
export interface StepRun {
  readonly step: ReallocationStep;
  readonly startedAt: number;
  endedAt: number | null;
  /** What came of it. */
  result: string | null;
}

export interface Bid {
  readonly agent_id: string;
  readonly answer: 'accepted' | 'countered' | 'declined' | 'silent';
  /** Its own estimate where it has given one; ms. */
  readonly estimateMs: number | null;
  readonly note: string | null;
  /** Unix ms. */
  readonly at: number;
}

export interface ReallocationOutcome {
  /** `moved`: another agent has it and moves. `failed`: nobody took it over. `withdrawn`: there is nothing to move any more. */
  readonly result: 'moved' | 'failed' | 'withdrawn';
  /** Who has it; null: nobody new. */
  readonly agent_id: string | null;
  readonly attempt: number | null;
  readonly reason: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** State of a reallocation: plain JSON, changed in place. Times are Unix ms. */
export interface ReallocationState {
  readonly input: ReallocationInput;
  readonly startedAt: number;
  readonly steps: StepRun[];
  assessments: readonly Assessment[];
  /** Who was asked and has not answered. */
  pending: string[];
  bids: Bid[];
  /** Agents that the work was awarded to, in order. */
  tried: string[];
  /** The attempt that is to show that it goes on. */
  attempt: number | null;
  /** Nobody is at work on it, so whoever it is awarded to can begin. */
  isReleased: boolean;
  signs: HandoverSigns;
  deadline: number | null;
  readonly timeline: { readonly at: number; readonly text: string }[];
  outcome: ReallocationOutcome | null;
}

export type ReallocationEvent = { readonly at: number } & (
  | { readonly type: 'started' }
  | { readonly type: 'timePassed' }
  | { readonly type: 'heard'; readonly news: ReallocationNews }
  /** What a command agent has answered to its offer; null: nothing that counts. */
  | { readonly type: 'agentAnswered'; readonly agent_id: string; readonly answer: AgentAnswer | null }
);

export type ReallocationEffect =
  | { readonly type: 'say'; readonly said: ReallocationSaid }
  | { readonly type: 'offer'; readonly agent: AgentProfile; readonly withinMs: number };

/** Answers to an offer. */
export const OFFER_OPTIONS = ['accept', 'counter', 'decline'] as const;

/** `counter` comes with an estimate of its own, `{estimateMs}`; so may `accept`. */
export function toBid(agent_id: string, answer: AgentAnswer | null, at: number): Bid {
  const note = answer?.note ?? null;
  const estimateMs = estimateIn(answer?.data ?? null);
  if (answer === null) return { agent_id, answer: 'silent', estimateMs, note, at };
  if (answer.decision === 'accept') return { agent_id, answer: 'accepted', estimateMs, note, at };
  const isCounter = answer.decision === 'counter' && estimateMs !== null;
  return { agent_id, answer: isCounter ? 'countered' : 'declined', estimateMs, note, at };
}

function estimateIn(data: Json): number | null {
  const given = typeof data === 'object' && data !== null && 'estimateMs' in data ? data['estimateMs'] : null;
  return typeof given === 'number' && Number.isFinite(given) && given > 0 ? given : null;
}
