import type { Control, EmergencyStop } from '../messages.ts';
import { withdrawEscalations } from './escalations.ts';
import { closeItem } from './inbox.ts';
import { forgetPauses, isPausedByMeasure } from './measures.ts';
import { measureOrder } from './ordering.ts';
import { enterPhase, haltAttempts, holdFor, startDrain } from './phases.ts';
import { startRollback } from './rollbacks.ts';
import { isFinal, isTaskEnded, type SprintState } from './state.ts';
import { cancelTask } from './task-ends.ts';
import { decide, touchAll, type Turn } from './turn.ts';

/** Whether it goes on, or would by itself when a measure is over. */
export const mayPause = (state: SprintState): boolean => state.phase === 'running' || isPausedByMeasure(state);

/** Nothing new starts; what is at work goes on. */
export function pause(turn: Turn, { by, reason }: Control): void {
  forgetPauses(turn.state);
  enterPhase(turn, 'paused', `paused by ${by}${reason ? `: ${reason}` : ''}`);
  decide(turn, 'paused', `${by} paused the sprint${reason ? `: ${reason}` : ''}`, { by });
  holdFor(turn, 'paused');
}

/** From paused or stopped: what is not done goes on; nothing done is repeated. */
export function resume(turn: Turn, { by, reason }: Control): void {
  const { state } = turn;
  state.drain = null;
  forgetPauses(state);
  enterPhase(turn, 'running', null);
  decide(turn, 'resumed', `${by} resumed the sprint${reason ? `: ${reason}` : ''}`, { by });
  closeItem(turn, 'paused');
  closeItem(turn, 'stopped');
  touchAll(turn);
}

/** `halt` ends every attempt at work now, `drain` lets them finish; nothing new starts either way. */
export function stop(turn: Turn, { by, reason, mode }: EmergencyStop): void {
  const { state } = turn;
  decide(turn, 'emergencyStopped', `${by} stopped the sprint (${mode}): ${reason}`, { by, mode, atWork: state.running });
  if (state.rollback !== null) state.rollback.next = 'stopped';
  else startDrain(turn, `stopped by ${by}: ${reason}`);
  if (mode === 'halt') haltAttempts(turn);
}

/**
 * A Temporal cancel, or the end of a budget: halts, undoes what has been done where the plan says so of a cancel, and what is not done is
 * cancelled. A rollback under way comes to its end first.
 */
export function cancel(turn: Turn, reason = 'cancelled'): void {
  const { definition, state } = turn;
  if (state.cancelling) return;
  state.cancelling = true;
  const why = reason === 'cancelled' ? '' : `: ${reason}`;
  decide(turn, 'cancelRequested', `the sprint is being cancelled${why}`, { atWork: state.running });
  if (state.rollback === null) {
    if (definition.onCancel !== 'compensate' || reason !== 'cancelled' || !state.started) startDrain(turn, reason);
    else startRollback(turn, { by: 'the cancel', to: null, policy: 'abandon', reason: null });
  }
  haltAttempts(turn);
}

/** Ends what an event may have ended: a drain, the whole sprint, or tasks that nothing can start any more. */
export function settle(turn: Turn): void {
  const { state } = turn;
  if (state.rollback !== null) return;
  if (state.phase === 'stopping' && state.running === 0) endDrain(turn);
  if (!isFinal(state.phase) && state.ended === state.tasks.length && (!state.hold || state.cancelling)) {
    const broke = state.budgets?.failedBecause ?? null;
    const phase = broke !== null ? 'failed' : state.cancelling ? 'cancelled' : state.failed > 0 ? 'failed' : 'completed';
    for (const item of Object.keys(state.inbox)) closeItem(turn, item);
    withdrawEscalations(turn, `the sprint ${phase}`);
    state.timers = [];
    if (phase === 'completed') measureOrder(turn);
    enterPhase(turn, phase, broke ?? (phase === 'failed' ? `${state.failed} of ${state.tasks.length} tasks failed` : null));
    decide(turn, 'sprintEnded', `sprint ${turn.definition.sprint.id} ${phase}`, { phase, failed: state.failed });
  }
}

function endDrain(turn: Turn): void {
  const { state } = turn;
  const { done, of } = state.drain as NonNullable<typeof state.drain>;
  if (state.cancelling) {
    for (const [task, run] of state.tasks.entries()) if (!isTaskEnded(run.state)) cancelTask(turn, task);
    return;
  }
  enterPhase(turn, 'stopped', state.reason);
  decide(turn, 'drained', `drained ${done} of ${of}`, { done, of });
  if (state.ended < state.tasks.length || state.hold) holdFor(turn, 'stopped');
}
