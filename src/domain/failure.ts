import type { JsonObject } from './plan/plan.ts';
import type { Problem } from './source/problem.ts';

/** The closed list of failure types that programs may rely on: add to it, never rename. */
export const FAILURE_TYPES = [
  'InvalidPlan',
  'InvalidMessage',
  'WrongHash',
  'NotAnApprover',
  'AlreadyDecided',
  'Expired',
  'NotAllowedInPhase',
  'UnknownTask',
  'UnknownAgent',
  'UnknownSprint',
  'UnknownItem',
  'StaleAttempt',
  'ConfigChanged',
  'TooLarge',
  'BudgetExceeded',
  'AgentError',
  'CheckFailed',
  'PlanFailed',
  'UnknownCheckpoint',
  'NotReady',
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/** A message that was refused, as it is logged. */
export interface RefusedMessage {
  readonly name: string;
  /** Who sent it, by its own word. */
  readonly by: string | null;
  readonly refusal: Refusal;
  readonly body: JsonObject;
}

/** A refusal of a message or a request: what is wrong, and what to do instead. */
export interface Refusal {
  readonly type: FailureType;
  readonly message: string;
  /** All that is wrong, where that is more than one thing. */
  readonly problems?: readonly Problem[];
}
