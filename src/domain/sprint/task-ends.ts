import { clip } from '../clip.ts';
import { taskKey } from '../emergencies/emergency-keys.ts';
import { onMetricsChanged, onTaskChanged } from './activation.ts';
import { closeAccountOfTask } from './budget-questions.ts';
import { withdrawCause } from './escalations.ts';
import { endMoves } from './moves.ts';
import { forgetProposal } from './open-proposals.ts';
import { isTaskEnded, type TaskRun } from './state.ts';
import { decide, taskRun, taskSpec, type Turn } from './turn.ts';

/** What is kept of an agent's or a person's words in the state. */
export const MAX_REASON = 500;

const MAX_FEEDBACK = 10;

/** Why earlier attempts failed and what people said, with one more; the newest ten are kept. */
export const withFeedback = ({ feedback }: Pick<TaskRun, 'feedback'>, text: string): string[] =>
  [...feedback, text].slice(-MAX_FEEDBACK);

/** Every task ends exactly once, here. */
export function endTask(
  turn: Turn,
  task: number,
  final: 'done' | 'failed' | 'cancelled' | 'skipped',
  reason: string | null,
): void {
  const { state } = turn;
  const run = taskRun(turn, task);
  if (isTaskEnded(run.state)) throw new Error(`task ${taskSpec(turn, task).id} ended twice: ${run.state}, then ${final}`);
  run.state = final;
  run.reason = reason === null ? null : clip(reason, MAX_REASON);
  run.endedAt = state.now;
  run.retryAt = null;
  // Nobody need decide any more what becomes of a task that has ended otherwise.
  if (run.isEscalated) withdrawCause(turn, taskKey(taskSpec(turn, task).id), `the task is ${final}`);
  run.isEscalated = false;
  closeAccountOfTask(turn, task);
  if (state.proposals) forgetProposal(turn, taskSpec(turn, task).id);
  if (run.moves) endMoves(turn, task, final);
  state.ended += 1;
  state.work.endedMs += turn.index.estimateMs[task] as number;
  if (final === 'failed') state.failed += 1;
  onTaskChanged(turn, task);
  onMetricsChanged(turn);
}

/** The task fails for good, and with it what depends on it cannot be done. */
export function giveUpTask(turn: Turn, task: number, text: string, reason: string): void {
  decide(turn, 'taskFailed', `"${taskSpec(turn, task).title}" failed${text}: ${reason}`, { task: taskSpec(turn, task).id });
  endTask(turn, task, 'failed', reason);
  skipDependents(turn, task);
}

export function skipTask(turn: Turn, task: number, reason: string): void {
  decide(turn, 'taskSkipped', `"${taskSpec(turn, task).title}" is skipped: ${reason}`, { task: taskSpec(turn, task).id });
  endTask(turn, task, 'skipped', reason);
  skipDependents(turn, task);
}

/** Everything is cancelled, or an amendment has taken the task out while it was at work. */
export function cancelTask(turn: Turn, task: number): void {
  if (turn.state.cancelling) return endTask(turn, task, 'cancelled', 'the execution was cancelled');
  callOffTask(turn, task, taskRun(turn, task).reason as string);
}

/** Taken out of the plan by an amendment; that nothing depends on it any more has been seen to. */
export function callOffTask(turn: Turn, task: number, reason: string): void {
  const { id, title } = taskSpec(turn, task);
  decide(turn, 'taskCancelled', `"${title}" is cancelled: ${reason}`, { task: id });
  endTask(turn, task, 'cancelled', reason);
  skipDependents(turn, task);
}

/** Whatever the plan has taken out and is not over. */
export function callOffCancelled(turn: Turn): void {
  for (const [task, { cancelled }] of turn.index.tasks.entries())
    if (cancelled && !isTaskEnded(taskRun(turn, task).state)) callOffTask(turn, task, 'taken out of the plan');
}

export const calledOffBy = (revision: number, isCancelled: boolean): string =>
  `${isCancelled ? 'cancelled' : 'changed'} by revision ${revision} of the plan`;

/** What depends on a task that did not get done cannot be done either. */
function skipDependents(turn: Turn, task: number): void {
  const { successors } = turn.index;
  const cause = taskSpec(turn, task).id;
  const reason = `depends on "${cause}", which did not get done`;
  const open = [...(successors[task] as readonly number[])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isTaskEnded(taskRun(turn, next).state)) continue;
    const { id, title } = taskSpec(turn, next);
    decide(turn, 'taskSkipped', `"${title}" is skipped: it ${reason}`, { task: id, because: cause });
    endTask(turn, next, 'skipped', reason);
    open.push(...(successors[next] as readonly number[]));
  }
}
