import type { ExecutionEffect, ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { createRollback, evolveRollback, type RollbackEvent, type RollbackState } from '../../../src/domain/rollback/rollback.ts';
import type { UndoStep } from '../../../src/domain/rollback/undo-step.ts';
import { must } from '../sprint/rule.ts';

/**
 * The child workflows `rollback` of an execution under test: one at a time, as the real state machine, with words that arrive late, in their
 * order. Every fifth step fails.
 */
export function createRollbackWorld(apply: (event: ExecutionEvent) => void, clock: () => number) {
  let child: { readonly n: number; readonly state: RollbackState } | null = null;
  let undoing: readonly UndoStep[] = [];
  const words: ExecutionEvent[] = [];
  let undone = 0;

  function take(event: RollbackEvent): void {
    if (child === null) return;
    const { n, state } = child;
    for (const effect of evolveRollback(state, event)) {
      if (effect.type === 'undo') undoing = effect.steps;
      else words.push({ type: 'procedureSaid', at: clock(), kind: 'rollback', n, said: effect.said });
    }
    if (state.outcome === null) return;
    child = null;
    words.push({ type: 'procedureEnded', at: clock(), kind: 'rollback', n, outcome: state.outcome, reason: null });
  }

  return {
    carryOut(effect: ExecutionEffect): void {
      if (effect.type === 'startProcedure' && effect.kind === 'rollback') {
        must(child === null, () => 'one rollback at a time');
        child = { n: effect.n, state: createRollback(effect.input, clock()) };
        take({ type: 'started', at: clock() });
      }
      if (effect.type === 'tellProcedure' && effect.kind === 'rollback') {
        take({ type: 'heard', at: clock(), news: effect.news });
      }
    },
    /** A word comes, or some steps have been undone, or the next one has failed. */
    step(): void {
      const word = words.shift();
      if (word) return apply({ ...word, at: clock() });
      const steps = undoing;
      undoing = [];
      if (steps.length === 0) return;
      const results = steps.map(({ id }) => ({
        id,
        ok: (undone += 1) % 5 > 0,
        detail: '',
        startedAt: clock(),
        endedAt: clock(),
      }));
      const failed = results.findIndex(({ ok }) => !ok);
      take({ type: 'stepsEnded', at: clock(), results: failed === -1 ? results : results.slice(0, failed + 1) });
    },
    /** It is terminated by hand. */
    lose(): void {
      if (child === null) return;
      const { n } = child;
      child = null;
      undoing = [];
      words.push({ type: 'procedureEnded', at: clock(), kind: 'rollback', n, outcome: null, reason: 'terminated' });
    },
    get isBusy() {
      return words.length + undoing.length > 0;
    },
  };
}
