/** Whether conflicts are looked for, and who decides where priority and slack do not. */
export interface MediationPolicy {
  /** People, or agents that answer mediations; empty: the chain of `escalation` at once. */
  readonly to: readonly string[];
  readonly withinMs: number;
  /** Conflicts of one sprint; what comes beyond is left as it is. */
  readonly limit: number;
}

export const DEFAULT_MEDIATION: MediationPolicy = { to: [], withinMs: 600_000, limit: 20 };
