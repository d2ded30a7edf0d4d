import type { SprintState } from './state.ts';
import { addTimer } from './timers.ts';
import { agentOfTask, taskRun, type Turn } from './turn.ts';

/** A task expected to take more than this times its estimate has slipped: a timeline alert, never a stop. */
export const SLIP_FACTOR = 1.5;

/** Between two looks at the clock for late attempts, so that many short tasks do not cost a timer each. */
const LOOK_EVERY_MS = 2_000;

/**
 * An attempt has begun: if its agent says nothing, it is looked at when it is late. One timer for all of them, for the first that may be
 * late. People have a deadline of their own.
 */
export function watchForSlip(turn: Turn, task: number): void {
  if (turn.state.isRehearsal || agentOfTask(turn, task).kind === 'human') return;
  lookForSlips(turn.state, (taskRun(turn, task).startedAt as number) + SLIP_FACTOR * (turn.index.estimateMs[task] as number));
}

/** Has the clock looked at by then, but not too often. */
export function lookForSlips(state: SprintState, at: number): void {
  const { slipWatchAt = Number.POSITIVE_INFINITY } = state;
  const dueAt = Math.max(Math.ceil(at), state.now + LOOK_EVERY_MS);
  if (dueAt >= slipWatchAt) return;
  state.slipWatchAt = dueAt;
  addTimer(state, { at: dueAt, kind: 'slip', ref: 0 });
}
