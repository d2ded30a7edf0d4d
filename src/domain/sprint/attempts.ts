import type { AttemptFailure, Deliverable } from '../attempt.ts';
import { toEndedStatus } from './agent-statuses.ts';
import { onTaskEnded, onTaskStateForTriggers } from './activation.ts';
import { onAgentIdle, onTaskDone } from './checkpoints.ts';
import { closeItemsOf } from './inbox.ts';
import { makeReady, releaseLeases } from './leases.ts';
import { estimateOf } from './sprint-index.ts';
import { isAtWork, isTaskEnded, MAX_IN_FLIGHT } from './state.ts';
import { addTimer } from './timers.ts';
import { decide, taskRun, type Turn } from './turn.ts';

const MAX_FEEDBACK = 10;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** The number of the task when `attempt` is the one at work; otherwise null, and the late outcome is logged. */
export function currentAttempt(turn: Turn, taskId: string, attempt: number): number | null {
  const number = turn.index.taskNumber.get(taskId);
  if (number !== undefined) {
    const run = taskRun(turn, number);
    if (isAtWork(run.state) && run.attempt === attempt) return number;
  }
  decide(turn, 'staleAttemptRefused', `an outcome of attempt ${attempt} of "${taskId}" was refused: it is not the current attempt`, {
    task: taskId,
    attempt,
  });
  return null;
}

export function finishTask(turn: Turn, task: number, outcome: { summary: string | null; deliverables: readonly Deliverable[] }): void {
  const run = taskRun(turn, task);
  const agent = turn.index.agents[run.agent as number]?.id as string;
  run.summary = outcome.summary;
  run.deliverables = [...outcome.deliverables];
  endAttempt(turn, task, 'completed');
  endTask(turn, task, 'done', null);
  decide(turn, 'taskFinished', `${agent} finished "${turn.index.tasks[task]?.title}" in attempt ${run.attempt}`, {
    task: turn.index.tasks[task]?.id ?? '',
    attempt: run.attempt,
    agent_id: agent,
    deliverables: outcome.deliverables.map(({ id, path, sha256, size }) => ({ id, path, sha256, size })),
  });
  onTaskDone(turn, task);
  for (const after of turn.index.successors[task] ?? []) {
    const next = taskRun(turn, after);
    next.waitsFor -= 1;
    if (next.waitsFor === 0 && next.state === 'waiting') makeReady(turn, after);
  }
}

/** An attempt without a result: the task is done again, or it fails when it may not be. */
export function failAttempt(turn: Turn, task: number, failure: AttemptFailure): void {
  const run = taskRun(turn, task);
  const spec = turn.index.tasks[task] as (typeof turn.index.tasks)[number];
  const agent = turn.index.agents[run.agent as number]?.id ?? null;
  const isOwnFailure = failure.cause !== 'lost' && failure.cause !== 'stopped';
  run.reason = failure.message;
  endAttempt(turn, task, isOwnFailure ? 'error' : 'completed');
  decide(turn, 'attemptFailed', `attempt ${run.attempt} of "${spec.title}" ended: ${failure.message}`, {
    task: spec.id,
    attempt: run.attempt,
    agent_id: agent,
    cause: failure.cause,
    type: failure.type,
    exitCode: failure.exitCode,
    tail: failure.tail.slice(-1024),
  });
  if (!isOwnFailure) return redoTask(turn, task, failure.cause);
  run.failures += 1;
  turn.state.attempts.failed += 1;
  run.feedback = [...run.feedback, `Attempt ${run.attempt} failed: ${failure.message}`].slice(-MAX_FEEDBACK);
  if (turn.state.cancelling) return cancelTask(turn, task);
  if (failure.retryable && run.failures < spec.budget.attempts) return retryTask(turn, task);
  endTask(turn, task, 'failed', failure.message);
  decide(turn, 'taskFailed', `"${spec.title}" failed after ${run.failures} of ${spec.budget.attempts} attempts: ${failure.message}`, {
    task: spec.id,
    cause: failure.cause,
  });
  skipDependents(turn, task);
}

/** The engine took the attempt away, or lost it: nobody's failure. The first loss is redone at once, later ones ever more slowly. */
function redoTask(turn: Turn, task: number, cause: AttemptFailure['cause']): void {
  const run = taskRun(turn, task);
  if (turn.state.cancelling) return cancelTask(turn, task);
  run.state = 'waiting';
  if (cause === 'lost') run.losses += 1;
  const isRepeated = cause === 'lost' && run.losses > 1;
  if (isRepeated) delayTask(turn, task, run.losses - 1);
  else makeReady(turn, task);
}

/** The first retry is at once, later ones after 1 s, 2 s, 4 s … up to a minute. */
function retryTask(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  run.state = 'waiting';
  if (run.failures === 1) makeReady(turn, task);
  else delayTask(turn, task, run.failures - 1);
}

function delayTask(turn: Turn, task: number, repetition: number): void {
  const at = turn.state.now + Math.min(FIRST_RETRY_MS * 2 ** (repetition - 1), LONGEST_RETRY_MS);
  taskRun(turn, task).retryAt = at;
  addTimer(turn.state, { at, kind: 'retry', ref: task });
}

export function retryIsDue(turn: Turn, task: number): void {
  taskRun(turn, task).retryAt = null;
  makeReady(turn, task);
}

/** Takes the attempt off its agent: slots, leases and questions are free again. */
function endAttempt(turn: Turn, task: number, status: 'completed' | 'error'): void {
  const { index, state } = turn;
  const run = taskRun(turn, task);
  const agentNumber = run.agent as number;
  const agent = state.agents[agentNumber] as (typeof state.agents)[number];
  if (state.running === MAX_IN_FLIGHT) for (const group of state.ready.keys()) turn.touched.add(group);
  state.running -= 1;
  state.attempts.ended += 1;
  agent.busy -= 1;
  agent.last = toEndedStatus(turn, task, status);
  run.lastAgent = agentNumber;
  run.expectedAt = null;
  run.status = null;
  run.answers = [];
  closeItemsOf(turn, task);
  releaseLeases(turn, task);
  for (const group of index.classesOfAgent[agentNumber] ?? []) turn.touched.add(group);
  if (state.drain) state.drain.done += 1;
  onAgentIdle(turn, agentNumber);
}

/** Every task ends exactly once, here. */
export function endTask(turn: Turn, task: number, final: 'done' | 'failed' | 'cancelled' | 'skipped', reason: string | null): void {
  const { state } = turn;
  const run = taskRun(turn, task);
  if (isTaskEnded(run.state)) throw new Error(`task ${turn.index.tasks[task]?.id} ended twice: ${run.state}, then ${final}`);
  run.state = final;
  run.reason = reason;
  run.endedAt = state.now;
  run.retryAt = null;
  state.ended += 1;
  state.work.endedMs += estimateOf(turn.index.tasks[task] as (typeof turn.index.tasks)[number]);
  if (final === 'failed') state.failed += 1;
  onTaskStateForTriggers(turn, task);
  onTaskEnded(turn);
}

/** What depends on a task that did not get done cannot be done either. */
export function skipDependents(turn: Turn, task: number): void {
  const open = [...(turn.index.successors[task] ?? [])];
  const cause = turn.index.tasks[task]?.id ?? '';
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (taskRun(turn, next).state !== 'waiting') continue;
    endTask(turn, next, 'skipped', `depends on "${cause}", which did not get done`);
    decide(turn, 'taskSkipped', `"${turn.index.tasks[next]?.title}" is skipped: it depends on "${cause}"`, {
      task: turn.index.tasks[next]?.id ?? '',
      because: cause,
    });
    open.push(...(turn.index.successors[next] ?? []));
  }
}

/** Ends a task at work without a result and without calling it a failure. */
export function abandonTask(turn: Turn, task: number, reason: string): void {
  endAttempt(turn, task, 'completed');
  endTask(turn, task, 'skipped', reason);
  decide(turn, 'taskSkipped', `"${turn.index.tasks[task]?.title}" is skipped: ${reason}`, { task: turn.index.tasks[task]?.id ?? '' });
  skipDependents(turn, task);
}

export function cancelTask(turn: Turn, task: number): void {
  endTask(turn, task, 'cancelled', 'the execution was cancelled');
}
