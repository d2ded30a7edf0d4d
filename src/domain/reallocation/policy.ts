/** Why work is moved from one agent to another. */
export const TRIGGERS = [
  'unavailable', // the agent is away, cannot be started, or is out of quota or credentials; or its worker is gone
  'stalled', // neither output nor progress for `stallAfter`
  'complex', // expected to take more than `factor` times its estimate
  'blocked', // blocked for `blockedFor`, without a question that a person is asked
  'overloaded', // others wait for the agent while another one could do this
  'urgent', // an urgent task is ready, and nobody who could do it is free
] as const;
export type ReallocationTrigger = (typeof TRIGGERS)[number];

/** Whether and how a sprint moves work that does not get on to another agent. */
export interface ReallocationPolicy {
  readonly on: readonly ReallocationTrigger[];
  /** Times its estimate: what is expected to take longer counts as more complex than estimated. */
  readonly factor: number;
  readonly blockedForMs: number;
  /** Reallocations of one task; and agents that are tried in one of them. */
  readonly limit: number;
  /** Time from the start of one reallocation of a task to the next, doubled with each. */
  readonly backoffMs: number;
  /** For agents that are asked whether they take the work. */
  readonly negotiateWithinMs: number;
  /** For the agent that has the work to bring it into a state that can be handed over, before it is ended. */
  readonly wrapUpWithinMs: number;
  /** For the new agent to show that it has got the handover and moves. */
  readonly acknowledgeWithinMs: number;
}

/** What is not said in a plan; pre-emption by urgent work must be. */
export const DEFAULT_REALLOCATION: ReallocationPolicy = {
  on: TRIGGERS.filter((trigger) => trigger !== 'urgent'),
  factor: 2,
  blockedForMs: 600_000,
  limit: 3,
  backoffMs: 10_000,
  negotiateWithinMs: 30_000,
  wrapUpWithinMs: 10_000,
  acknowledgeWithinMs: 120_000,
};
