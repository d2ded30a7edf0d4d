import type { AttemptFailure } from '../attempt.ts';
import { failAttempt } from './attempts.ts';
import { askToHandOver, isPersonThere } from './giving-way.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, decide, taskRun, taskSpec, type Turn } from './turn.ts';

/** An attempt that the engine has taken away: nobody's failure. */
export const toWithdrawal = (message: string): AttemptFailure => ({
  cause: 'stopped',
  type: 'AgentError',
  message,
  retryable: true,
  exitCode: null,
  tail: '',
  checks: [],
  log: null,
});

/** Ends the attempt at work: that of a person at once, that of a program when its processes have ended. */
export function stopAttempt(turn: Turn, task: number, why: string): void {
  if (agentOfTask(turn, task).kind === 'human') failAttempt(turn, task, toWithdrawal(why));
  else turn.effects.push({ type: 'cancelAttempt', taskId: taskSpec(turn, task).id, attempt: taskRun(turn, task).attempt });
}

/**
 * As `stopAttempt`, and whatever the attempt still delivers is refused: the task is done again as it is then, or not at all. One that only gave
 * way until now does not any more.
 */
export function withdrawAttempt(turn: Turn, task: number, why: string): void {
  const run = taskRun(turn, task);
  if (!isAtWork(run.state) || (run.withdrawn !== undefined && !run.isPutBack)) return;
  const isEnding = run.withdrawn !== undefined && agentOfTask(turn, task).kind !== 'human';
  run.withdrawn = why;
  delete run.isPutBack;
  if (!isEnding) stopAttempt(turn, task, why);
}

/**
 * As `withdrawAttempt`, because the task is not done yet and something else goes first, or somebody else goes on with it. A result that
 * comes before the attempt has ended shows that it is done: it counts, since until then the attempt has its leases and nobody else its task.
 * A person gets the time to hand it in.
 */
export function putBackAttempt(turn: Turn, task: number, why: string): void {
  const run = taskRun(turn, task);
  if (!isAtWork(run.state) || run.withdrawn !== undefined) return;
  run.withdrawn = why;
  run.isPutBack = true;
  if (isPersonThere(turn, task)) askToHandOver(turn, task, why);
  else stopAttempt(turn, task, why);
}

/** A result that came after the attempt had been withdrawn. */
export function refuseResult(turn: Turn, task: number): void {
  const { attempt, withdrawn = '' } = taskRun(turn, task);
  const { id } = taskSpec(turn, task);
  const text = `a result of attempt ${attempt} of "${id}" was refused: the attempt had been withdrawn: ${withdrawn}`;
  decide(turn, 'staleAttemptRefused', text, { task: id, attempt });
  failAttempt(turn, task, toWithdrawal(withdrawn));
}
