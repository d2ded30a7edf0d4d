import type { Control, EmergencyStop } from '../messages.ts';
import { forwardToAll } from './forwarding.ts';
import { openOwnItem } from './own-items.ts';
import { advanceSprints, countDrained } from './sprints.ts';
import type { ExecutionState, SprintStanding } from './state.ts';
import { decide, enterPhase, type ExecutionTurn } from './turn.ts';

/** Nothing new starts; what is at work goes on. */
export function pause(turn: ExecutionTurn, { by, reason }: Control): void {
  if (turn.state.phase !== 'running') return;
  enterPhase(turn, 'paused', `paused by ${by}${why(reason)}`);
  openOwnItem(turn, 'paused');
  decide(turn, 'paused', `${by} paused the execution${why(reason)}`, { by });
  forwardToAll(turn, 'pause', { by, reason: reason ?? null });
}

/** From paused on, or from stopped to where it was: back to waiting for its authorization, or on with the work. */
export function resume(turn: ExecutionTurn, { by, reason }: Control): void {
  const { state } = turn;
  if (state.phase !== 'paused' && state.phase !== 'stopped') return;
  const isUnauthorized = state.stoppedFrom === 'awaitingAuthorization';
  state.stoppedFrom = null;
  state.inbox = {};
  decide(turn, 'resumed', `${by} resumed the execution${why(reason)}`, { by });
  if (isUnauthorized) return awaitAuthorization(turn);
  enterPhase(turn, 'running', null);
  for (const sprint of state.sprints) {
    expect(sprint, 'running');
    if (!sprint.isHalfUndone) continue;
    delete sprint.isHalfUndone;
    if (sprint.progress) sprint.progress = { ...sprint.progress, phase: 'failed', reason: 'it was rolled back half way' };
  }
  forwardToAll(turn, 'resume', { by, reason: reason ?? null });
}

function awaitAuthorization(turn: ExecutionTurn): void {
  const { authorization, prepared } = turn.state;
  if (!prepared) return enterPhase(turn, 'preparing', null);
  enterPhase(turn, 'awaitingAuthorization', null);
  // A quorum that is there is only waiting to be written down.
  if (!authorization.granted) openOwnItem(turn, 'authorization');
}

/** Counts in every phase, again and again: a sprint may have been resumed by itself meanwhile. A rollback under way comes to its end first. */
export function stop(turn: ExecutionTurn, { by, reason, mode }: EmergencyStop): void {
  const { state } = turn;
  if (state.cancelling) return;
  if (state.phase !== 'stopping' && state.phase !== 'stopped') {
    state.stoppedFrom = state.authorization.documented ? 'running' : 'awaitingAuthorization';
  }
  decide(turn, 'emergencyStopped', `${by} stopped the execution (${mode}): ${reason}`, { by, mode });
  if (state.rollback) state.rollback.next = 'stopped';
  else {
    state.inbox = {};
    enterPhase(turn, 'stopping', `stopped by ${by}${why(reason)}`);
  }
  for (const sprint of state.sprints) if (!isStopped(sprint)) expect(sprint, 'stopping');
  forwardToAll(turn, 'emergencyStop', { by, reason, mode });
}

/** Whatever is not done by then is cancelled. A rollback under way comes to its end first. */
export function cancel(turn: ExecutionTurn, reason: string): void {
  const { state, effects } = turn;
  if (state.cancelling) return;
  state.cancelling = true;
  decide(turn, 'cancelRequested', `the execution is being cancelled${reason === 'cancelled' ? '' : `: ${reason}`}`);
  if (!state.rollback) {
    state.inbox = {};
    enterPhase(turn, 'stopping', reason);
  }
  effects.push({ type: 'cancelSprints' });
}

const isStopped = ({ progress }: SprintStanding): boolean => progress?.phase === 'stopped';

const why = (reason: string | null | undefined): string => (reason ? `: ${reason}` : '');

/** Until a sprint says itself how it stands, it is on its way there: what it told before the order means nothing any more. */
function expect(sprint: SprintStanding, phase: 'running' | 'stopping'): void {
  if (sprint.state !== 'started' || !sprint.progress) return;
  const { coordination } = sprint.progress;
  sprint.progress = {
    ...sprint.progress,
    phase,
    ...(phase === 'running' ? { coordination: { ...coordination, drained: null } } : {}),
  };
}

/** Brings the execution to where its sprints are: starts what may start, ends what is over, is stopped when they all are. */
export function settle(turn: ExecutionTurn): void {
  const { state } = turn;
  if (state.rollback) return;
  advanceSprints(turn);
  const isAtWork = state.sprints.some((sprint) => sprint.state === 'started');
  if (state.cancelling) return isAtWork ? undefined : end(turn, 'cancelled', state.reason);
  if (isOver(state)) return endByOutcome(turn);
  if (state.phase === 'stopping') settleStop(turn);
  else if (state.phase === 'stopped') noticeStopping(turn);
}

const isOver = ({ authorization, sprints }: ExecutionState): boolean =>
  authorization.documented &&
  sprints.every(({ state, isHalfUndone }) => !isHalfUndone && (state === 'ended' || state === 'skipped'));

const MAX_BROKEN_NAMED = 5;

function endByOutcome(turn: ExecutionTurn): void {
  const broken = turn.state.sprints.filter(({ progress }) => progress?.phase !== 'completed');
  if (broken.length === 0) return end(turn, 'completed', null);
  const named = broken.slice(0, MAX_BROKEN_NAMED).map(({ id, progress }) => `sprint ${id} ${progress?.phase ?? 'skipped'}`);
  end(
    turn,
    'failed',
    named.join(', ') + (broken.length > MAX_BROKEN_NAMED ? ` and ${broken.length - MAX_BROKEN_NAMED} more` : ''),
  );
}

/** Stopped once no started sprint has anything at work; one that has not told yet may have. */
function settleStop(turn: ExecutionTurn): void {
  const { state } = turn;
  if (state.sprints.some((sprint) => sprint.state === 'started' && !isStopped(sprint))) return;
  enterPhase(turn, 'stopped', state.reason);
  const { done, of } = countDrained(state) ?? { done: 0, of: 0 };
  decide(turn, 'drained', `drained ${done} of ${of}`, { done, of });
  openOwnItem(turn, 'stopped');
}

/** A sprint that had been resumed by itself is only stopping now. */
function noticeStopping(turn: ExecutionTurn): void {
  const { state } = turn;
  if (!state.sprints.some((sprint) => sprint.state === 'started' && sprint.progress?.phase === 'stopping')) return;
  state.inbox = {};
  enterPhase(turn, 'stopping', state.reason);
}

export function end(turn: ExecutionTurn, phase: 'completed' | 'failed' | 'rejected' | 'cancelled', reason: string | null): void {
  const { state } = turn;
  enterPhase(turn, phase, reason);
  state.endedAt = state.now;
  state.inbox = {};
  decide(turn, 'executionEnded', `the execution ${phase}${reason === null || reason === phase ? '' : `: ${reason}`}`, { phase });
}
