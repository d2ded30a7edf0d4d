import { toIso } from '../iso-time.ts';
import type { RollbackOutcome, RollbackState } from './rollback.ts';

/** Answer of the query `status` of a rollback. All times are ISO 8601 in UTC. */
export interface RollbackView {
  readonly title: string;
  readonly phase: 'undoing' | 'waiting' | RollbackOutcome['how'];
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly total: number;
  readonly settled: number;
  /** Those that are over, and the one that has failed and waits for a decision: the newest 500. */
  readonly steps: readonly RolledBackStep[];
}

interface RolledBackStep {
  readonly id: string;
  readonly state: 'undone' | 'skipped' | 'failed';
  readonly detail: string;
  readonly startedAt: string;
  readonly endedAt: string;
}

const MAX_STEPS = 500;

export function toRollbackView({ input, startedAt, settled, failed, outcome }: RollbackState): RollbackView {
  const steps = [...settled, ...(failed === null ? [] : [{ ...failed, state: 'failed' as const }])];
  return {
    title: input.title,
    phase: outcome?.how ?? (failed === null ? 'undoing' : 'waiting'),
    startedAt: toIso(startedAt),
    endedAt: outcome === null ? null : toIso(outcome.endedAt),
    total: input.steps.length,
    settled: settled.length,
    steps: steps.slice(-MAX_STEPS).map((step) => ({
      id: step.id,
      state: step.state,
      detail: step.detail,
      startedAt: toIso(step.startedAt),
      endedAt: toIso(step.endedAt),
    })),
  };
}
