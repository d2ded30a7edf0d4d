import { takeWithin } from '../../json-size.ts';
import type { Accepted } from '../../views.ts';
import { clip } from '../../clip.ts';
import type { ReadinessItem } from '../../prepared.ts';
import type { ExecutionState } from '../state.ts';
import type { PlanDifference } from './plan-difference.ts';
import type { AmendmentEffect, Revision } from './revision.ts';

/** Answer of the update `amendPlan`. */
export interface AmendmentAnswer extends Accepted {
  readonly revision: number;
  /** Nothing has been changed: it was asked what would be. */
  readonly dryRun: boolean;
  readonly diff: { readonly lines: readonly string[]; readonly changes: readonly PlanDifference[]; readonly total: number };
  readonly effect: AmendmentEffect;
  /** Of what it brings in, tested before it may be in force; absent: nothing. */
  readonly readiness?: readonly ReadinessItem[];
  readonly authorization: { readonly voided: boolean; readonly why: readonly string[]; readonly planHash: string };
}

/** Of each of the two forms of the differences: an answer should stay below 1 MiB. */
const MAX_BYTES = 200 * 1024;
const MAX_LINE = 500;

export function toAmendmentAnswer(state: ExecutionState, revision: Revision, isDryRun: boolean): AmendmentAnswer {
  const { differences, effect, planHash, readiness, voids } = revision;
  const text =
    voids.length > 0 ? 'it needs an authorization of its own' : isDryRun ? 'it would be in force at once' : 'it is in force';
  return {
    accepted: true,
    phase: state.phase,
    note: `revision ${revision.revision}: ${text}`,
    revision: revision.revision,
    dryRun: isDryRun,
    diff: {
      lines: takeWithin(
        differences.map((one) => clip(one.text, MAX_LINE)),
        MAX_BYTES,
      ),
      changes: takeWithin(differences, MAX_BYTES),
      total: differences.length,
    },
    effect,
    ...(readiness ? { readiness: takeWithin(readiness, MAX_BYTES) } : {}),
    authorization: { voided: voids.length > 0, why: voids, planHash },
  };
}
