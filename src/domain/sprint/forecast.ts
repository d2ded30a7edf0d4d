import { spreadOverSlots } from './class-slots.ts';
import { isAtWork, isTaskEnded, type TaskRun } from './state.ts';
import type { Sprint } from './turn.ts';

/** An attempt past its expected end is taken to need this much more of the time that it has had. */
const LATE_SHARE = 0.1;
const AS_EXPECTED = { factor: 1, delayMs: 0 };

/**
 * How much longer an attempt at work takes (ms) if all of it takes `factor` times as long as is expected now and `delayMs` more; never
 * nothing: what is late is not done.
 */
export function remainingOfAttempt({ startedAt, expectedAt }: TaskRun, now: number, { factor, delayMs } = AS_EXPECTED): number {
  const elapsedMs = now - (startedAt as number);
  const totalMs = ((expectedAt as number) - (startedAt as number)) * factor + delayMs;
  return totalMs > elapsedMs ? totalMs - elapsedMs : Math.max(1, LATE_SHARE * elapsedMs);
}

/**
 * No order of what is left ends sooner (ms from now): the longest path that is left, and the work of each class of tasks ÷ the slots of
 * those who can do it. O(n).
 */
export function remainingBoundMs({ index, state }: Sprint): number {
  let boundMs = 0;
  const workMs = index.classes.map(() => 0);
  for (let number = 0; number < state.tasks.length; number += 1) {
    const run = state.tasks[number] as TaskRun;
    if (isTaskEnded(run.state)) continue;
    const estimateMs = index.estimateMs[number] as number;
    const remainingMs = isAtWork(run.state) ? remainingOfAttempt(run, state.now) : estimateMs;
    if (run.waitsFor === 0) boundMs = Math.max(boundMs, remainingMs + (index.tailMs[number] as number) - estimateMs);
    workMs[index.classOf[number] as number] = (workMs[index.classOf[number] as number] as number) + remainingMs;
  }
  return Math.max(boundMs, ...spreadOverSlots(workMs, index.classes, state.agents));
}

/**
 * When the sprint ends (Unix ms): by the last simulation of what was left, carried on by the bound of what is left now. Never before now,
 * and later than now while anything is left.
 */
export const forecastEnd = (sprint: Sprint): number =>
  Math.ceil(sprint.state.now + remainingBoundMs(sprint) * sprint.state.ordering.forecastFactor);
