/** When so much fails that going on as before makes it worse. */
export interface QualityPolicy {
  /** Failed attempts within the window; as many successes end it. */
  readonly failures: number;
  readonly withinMs: number;
  /** Nothing new starts, or one attempt at a time. */
  readonly measure: 'pause' | 'throttle';
}

/** What is noticed of agents and workers beyond single attempts. */
export interface SupervisionPolicy {
  /** Attempts in a row that die, cannot start or find it unavailable: then the agent has failed. Absent: nobody counts. */
  readonly agentFailures?: number;
  /** How long an agent that has failed gets no work. */
  readonly restForMs?: number;
  /** An attempt that no worker has taken by then is given out anew, and its queue counts as unreachable. Absent: it waits. */
  readonly pickUpWithinMs?: number;
  /** A streaming agent that says nothing for so long although its process lives. Absent: only `stallAfter` counts. */
  readonly silentForMs?: number;
}
