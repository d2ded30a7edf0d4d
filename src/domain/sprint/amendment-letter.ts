import type { SprintAmendment } from './amended-definition.ts';
import type { SprintEvent } from './events.ts';

/** What an execution tells a sprint of an amendment: it is in force, tasks must wait for the decision on it, or it has been dropped. */
export type SprintLetter =
  | { readonly amendment: SprintAmendment }
  | { readonly hold: { readonly revision: number; readonly taskIds: readonly string[] } }
  | { readonly release: number };

/** The letter as an event, or null when it is not from the execution: the key is known to the two alone. */
export function toAmendmentEvent(raw: unknown, key: string, at: number): SprintEvent | null {
  const letter = (raw ?? {}) as Partial<Record<'key' | keyof (SprintLetter & object), unknown>> & object;
  if (!('key' in letter) || letter.key !== key) return null;
  if ('amendment' in letter) return { type: 'amended', at, amendment: letter.amendment as SprintAmendment };
  if ('hold' in letter) {
    const { revision, taskIds } = letter.hold as { revision: number; taskIds: readonly string[] };
    return { type: 'tasksHeld', at, revision, taskIds };
  }
  return 'release' in letter ? { type: 'tasksReleased', at, revision: letter.release as number } : null;
}
