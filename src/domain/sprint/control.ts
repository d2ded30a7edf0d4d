import type { Control, EmergencyStop } from '../messages.ts';
import type { AttemptFailure } from '../attempt.ts';
import { failAttempt } from './attempts.ts';
import { withdrawEscalations } from './escalations.ts';
import { closeItem, openItem } from './inbox.ts';
import { measureOrder } from './ordering.ts';
import { isAtWork, isFinal, isTaskEnded, type SprintPhase } from './state.ts';
import { cancelTask } from './task-ends.ts';
import { agentOfTask, decide, taskSpec, touchAll, type Turn } from './turn.ts';

/** How long a paused or stopped sprint waits for a person before it is cancelled. */
export const HOLD_MS = 7 * 86_400_000;

export function enterPhase(turn: Turn, phase: SprintPhase, reason: string | null): void {
  turn.state.phase = phase;
  turn.state.reason = reason;
  turn.news = 'urgent';
  if (isFinal(phase)) turn.state.endedAt = turn.state.now;
}

/** Nothing new starts; what is at work goes on. */
export function pause(turn: Turn, { by, reason }: Control): void {
  enterPhase(turn, 'paused', `paused by ${by}${reason ? `: ${reason}` : ''}`);
  decide(turn, 'paused', `${by} paused the sprint${reason ? `: ${reason}` : ''}`, { by });
  holdFor(turn, 'paused');
}

/** From paused or stopped: what is not done goes on; nothing done is repeated. */
export function resume(turn: Turn, { by, reason }: Control): void {
  const { state } = turn;
  state.drain = null;
  enterPhase(turn, 'running', null);
  decide(turn, 'resumed', `${by} resumed the sprint${reason ? `: ${reason}` : ''}`, { by });
  closeItem(turn, 'paused');
  closeItem(turn, 'stopped');
  touchAll(turn);
}

/** `halt` ends every attempt at work now, `drain` lets them finish; nothing new starts either way. */
export function stop(turn: Turn, { by, reason, mode }: EmergencyStop): void {
  const { state } = turn;
  closeItem(turn, 'paused');
  if (state.phase !== 'stopping') state.drain = { of: state.running, done: 0 };
  enterPhase(turn, 'stopping', `stopped by ${by}: ${reason}`);
  decide(turn, 'emergencyStopped', `${by} stopped the sprint (${mode}): ${reason}`, { by, mode, atWork: state.running });
  if (mode === 'halt') haltAttempts(turn);
}

/** A Temporal cancel, or the end of a budget: halts, and what is not done is cancelled. */
export function cancel(turn: Turn, reason = 'cancelled'): void {
  const { state } = turn;
  if (state.cancelling) return;
  state.cancelling = true;
  closeItem(turn, 'paused');
  closeItem(turn, 'stopped');
  if (state.phase !== 'stopping') state.drain = { of: state.running, done: 0 };
  enterPhase(turn, 'stopping', reason);
  const why = reason === 'cancelled' ? '' : `: ${reason}`;
  decide(turn, 'cancelRequested', `the sprint is being cancelled${why}`, { atWork: state.running });
  haltAttempts(turn);
}

function haltAttempts(turn: Turn): void {
  for (const [task, run] of turn.state.tasks.entries()) {
    if (!isAtWork(run.state)) continue;
    const isHuman = agentOfTask(turn, task).kind === 'human';
    if (isHuman) failAttempt(turn, task, STOPPED);
    else turn.effects.push({ type: 'cancelAttempt', taskId: taskSpec(turn, task).id, attempt: run.attempt });
  }
}

const STOPPED: AttemptFailure = {
  cause: 'stopped',
  type: 'AgentError',
  message: 'withdrawn by a stop',
  retryable: true,
  exitCode: null,
  tail: '',
  checks: [],
  log: null,
};

function holdFor(turn: Turn, kind: 'paused' | 'stopped'): void {
  const item = {
    itemId: kind,
    kind,
    title: `sprint ${turn.definition.sprint.id} is ${kind}`,
    question: 'Resume it?',
    options: ['resume'],
    people: turn.definition.people,
    otherwise: 'it is cancelled',
    sprint: turn.definition.sprint.id,
    task: null,
  };
  openItem(turn, item, HOLD_MS);
}

/** Ends what an event may have ended: a drain, the whole sprint, or tasks that nothing can start any more. */
export function settle(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'stopping' && state.running === 0) endDrain(turn);
  if (!isFinal(state.phase) && state.ended === state.tasks.length) {
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
  if (state.ended < state.tasks.length) holdFor(turn, 'stopped');
}
