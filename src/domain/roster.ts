import type { QuestionKind } from './agent-question.ts';
import type { Budget } from './budget.ts';
import type { ResourceNeed } from './plan/plan.ts';

/** What the engine knows of an agent: never its command or its environment. */
export interface AgentProfile {
  readonly id: string;
  readonly kind: 'command' | 'human';
  readonly title: string | null;
  readonly skills: readonly string[];
  readonly capacity: number;
  readonly queue: string;
  /** SHA-256 (hex) over the agent's config and the content of its program files; an attempt by another digest is refused. */
  readonly digest: string;
  /** Present of agents that read their input as long as they run: they are sent messages. */
  readonly input?: 'stream';
  readonly stallAfterMs: number;
  /** Questions of the engine that it answers; absent: none. */
  readonly answers?: readonly QuestionKind[];
  /** Of an hour of its work, in whatever unit all agents of the config have in common; absent: not declared. */
  readonly cost?: number;
  /** Human agents only: who may answer, how long they have, and what silence means. */
  readonly human: {
    readonly people: readonly string[] | 'anyone';
    readonly withinMs: number;
    readonly otherwise: 'fail' | 'skip';
    /** Time to hand in what there is when the task is to give way; absent: 10 minutes. */
    readonly wrapUpWithinMs?: number;
  } | null;
  /** In force in each execution; no plan can raise it, an amendment of one under way can. Absent: no limit. */
  readonly budget?: Budget;
}

/** A lease that a running attempt holds. The token grows with every grant of the resource: a larger one has superseded it. */
export interface Lease {
  readonly resource: string;
  readonly mode: ResourceNeed['mode'];
  readonly token: number;
}
