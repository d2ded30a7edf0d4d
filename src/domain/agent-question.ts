import type { Json, JsonObject } from './plan/plan.ts';

/** Kinds of questions that a command agent may declare that it answers. */
export const QUESTION_KINDS = ['offer', 'escalation', 'mediation'] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** A question of the engine to an agent, apart from any attempt. */
export interface AgentQuestion {
  readonly executionId: string;
  readonly sprint: string | null;
  /** Unique within the execution, the same when it is asked again. */
  readonly id: string;
  readonly kind: QuestionKind;
  readonly title: string;
  readonly text: string;
  /** Decisions that count. */
  readonly options: readonly string[];
  readonly data: JsonObject;
  readonly withinMs: number;
}

/** What the agent decided. */
export interface AgentAnswer {
  readonly decision: string;
  readonly note: string | null;
  readonly data: Json;
}
