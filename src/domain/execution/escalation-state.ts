import type { EscalationPolicy } from '../escalation/policy.ts';
import type { OpenEscalation } from '../sprint/escalations.ts';
import { isExecutionFinal, type ExecutionState, type OwnItem } from './state.ts';

/** What the execution itself puts before the chain of the plan; sprints have their own. Bounded by its alerts. */
export interface OwnEscalations {
  /** Number of the last one. */
  count: number;
  readonly open: Record<string, OwnEscalation>;
  /** When open alerts go before the chain, by id (Unix ms); null: they have, or need not. */
  readonly clocks: Record<string, number | null>;
}

export interface OwnEscalation extends OpenEscalation {
  /** What waits for an answer now. */
  item: OwnItem | null;
}

export const escalationsOf = (state: ExecutionState): OwnEscalations =>
  (state.escalations ??= { count: 0, open: {}, clocks: {} });

/** The chain of the plan; none before anything may start, since agents may be asked, and none after the end. */
export const chainOf = ({ authorization, cancelling, phase, prepared }: ExecutionState): EscalationPolicy | undefined =>
  authorization.documented && !cancelling && !isExecutionFinal(phase) ? prepared?.resolved.plan.escalation : undefined;

export const ownEscalationItems = ({ escalations }: ExecutionState): OwnItem[] =>
  Object.values(escalations?.open ?? {}).flatMap(({ item }) => item ?? []);

/** When the next alert goes before the chain (Unix ms). */
export const alertDeadlines = ({ escalations }: ExecutionState): number[] =>
  Object.values(escalations?.clocks ?? {}).filter((at) => at !== null);
