import type { EscalationCause } from '../escalation/escalation.ts';
import type { Priority } from '../plan/plan.ts';
import type { Turn } from './turn.ts';

/** A decision that is to become a revision of the plan, as the sprint keeps it, by the id of its task. */
export interface OpenProposal {
  readonly n: number;
  readonly cause: EscalationCause;
  readonly by: string;
  readonly note: string | null;
  /** Present where the decision names one: it holds although somebody may have set another since. */
  readonly priority?: Priority;
  /** Of the revision, while that awaits its authorization. */
  revision?: number;
}

/** Its task has ended, or is open again as it was. Costs nothing where nothing is proposed. */
export function forgetProposal({ state }: Turn, id: string): void {
  if (!state.proposals) return;
  delete state.proposals[id];
  if (Object.keys(state.proposals).length === 0) delete state.proposals;
}
