import { remainingOfAttempt } from './forecast.ts';
import { isAtWork } from './state.ts';
import { taskRun, type Sprint } from './turn.ts';

/** Longest path of estimates through the sprint (ms). */
export const criticalPathMs = ({ index }: Pick<Sprint, 'index'>): number =>
  index.earliestFinishMs.reduce((longest, ms) => Math.max(longest, ms), 0);

/**
 * Time (ms) that the task may still lose before the sprint is later than planned: by its planned duration, or by its critical path where
 * that is longer (total float of the critical path method). Below 0: that has happened. O(n).
 */
export function slackOf(sprint: Sprint, task: number): number {
  const { definition, index, state } = sprint;
  const run = taskRun(sprint, task);
  const plannedEnd = state.startedAt + Math.max(criticalPathMs(sprint), definition.sprint.durationMs ?? 0);
  const estimateMs = index.estimateMs[task] as number;
  const ownMs = isAtWork(run.state) ? remainingOfAttempt(run, state.now) : run.state === 'waiting' ? estimateMs : 0;
  return plannedEnd - state.now - ownMs - ((index.tailMs[task] as number) - estimateMs);
}

/** Differences of slack below a twentieth of the critical path say nothing: estimates are not that good. */
export const slackToleranceMs = (sprint: Pick<Sprint, 'index'>): number => criticalPathMs(sprint) / 20;
