import { addTimer } from './timers.ts';
import type { Turn } from './turn.ts';

/** Between two looks for tasks that wait too long: each goes through all resources. */
const LOOK_EVERY_MS = 1_000;

/** A task waits for a lease: whether that is a conflict is looked at then. Costs nothing where the plan has no mediation. */
export function watchForConflicts(turn: Turn, at = 0): void {
  const { definition, state } = turn;
  if (!definition.mediation || state.isRehearsal) return;
  const conflicts = (state.conflicts ??= { found: [], open: {} });
  const dueAt = Math.max(Math.ceil(at), state.now + LOOK_EVERY_MS);
  if (dueAt >= (conflicts.lookAt ?? Number.POSITIVE_INFINITY)) return;
  conflicts.lookAt = dueAt;
  addTimer(state, { at: dueAt, kind: 'conflicts', ref: 0 });
}
