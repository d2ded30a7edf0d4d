import type { MeanwhileAction } from '../emergencies/contingency.ts';
import type { OpenHours } from './open-hours.ts';

/** How serious something is, least first. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What ends an escalation that nobody has answered. Silence is never consent: none of these lets the work pass as it is. */
export const SILENT_ENDS = ['hold', 'stop', 'rollback', 'skip', 'reject'] as const;
export type SilentEnd = (typeof SILENT_ENDS)[number];
/** As carried out: of a conflict that no chain is declared for, the alternative that loses least. */
export type ChainEnd = SilentEnd | 'fallback';

/** A chain of people and agents who are asked one level after the other until somebody decides. */
export interface EscalationPolicy {
  readonly levels: readonly EscalationLevel[];
  /** `hold` pauses the sprint, `stop` stops it, `skip` skips the task with what depends on it, `reject` fails it. */
  readonly otherwise: ChainEnd;
  /** Time to answer runs in these hours only, unless it is critical; absent: always. */
  readonly hours?: OpenHours;
  /** Alerts that go before this chain when nobody has taken notice in time and they are still open; absent: none. */
  readonly alerts?: readonly AlertRule[];
  /** What is done while somebody is asked, and undone when that is over; absent: nothing. */
  readonly meanwhile?: readonly MeanwhileAction[];
}

export const ALERT_KINDS = ['timeline', 'performance', 'resource', 'quality', 'communication'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface AlertRule {
  readonly kind: AlertKind;
  readonly afterMs: number;
}

export interface EscalationLevel {
  /** Names of people, or ids of agents: human agents stand for their people, others must declare that they answer escalations. */
  readonly to: readonly string[];
  /** Ids of channels of the worker's config; those of `notify` where it is empty. */
  readonly via: readonly string[];
  readonly withinMs: number;
  /** Time after which those of this level are reminded once; absent: half of `withinMs`. */
  readonly reminderMs?: number;
  /** Severities that this level is for; absent: all. */
  readonly severities?: readonly Severity[];
  /** What its agents are asked; absent: an escalation. */
  readonly asks?: 'mediation';
}
