import type { SprintAmendment } from './amended-definition.ts';
import type { SprintEvent } from './events.ts';

/**
 * What an execution tells a sprint of an amendment: it is in force, tasks must wait for the decision on it, or it has been dropped. `proposal`
 * is the number of the escalation whose decision it is; alone, that nothing becomes of it, or nothing has to (`why` null).
 */
export type SprintLetter =
  | { readonly amendment: SprintAmendment; readonly proposal?: number }
  | { readonly hold: { readonly revision: number; readonly taskIds: readonly string[] }; readonly proposal?: number }
  | { readonly release: number; readonly why: string }
  | { readonly proposal: { readonly n: number; readonly why: string | null } };

/** The letter as an event, or null when it is not from the execution: the key is known to the two alone. */
export function toAmendmentEvent(raw: unknown, key: string, at: number): SprintEvent | null {
  const { key: sent, ...letter } = (raw ?? {}) as SprintLetter & { readonly key?: unknown };
  if (sent !== key) return null;
  if ('amendment' in letter) return { type: 'amended', at, ...letter };
  if ('hold' in letter) {
    const { hold, ...rest } = letter;
    return { type: 'tasksHeld', at, ...hold, ...rest };
  }
  if ('release' in letter) return { type: 'tasksReleased', at, revision: letter.release, why: letter.why };
  return 'proposal' in letter ? { type: 'proposalSettled', at, proposal: letter.proposal.n, why: letter.proposal.why } : null;
}
