import type { Deliverable } from '../attempt.ts';
import type { ConflictSubject, Verdict } from '../mediation/conflict.ts';
import { PRIORITIES, PRIORITY_RANK, type Priority } from '../plan/plan.ts';
import { changePriority } from './adjustments.ts';
import { attemptsOf, completeTask, endFailed } from './attempts.ts';
import { makeReady } from './parking.ts';
import { isAtWork } from './state.ts';
import { withFeedback } from './task-ends.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';
import { putBackAttempt, withdrawAttempt } from './withdrawal.ts';

/** Alternatives by subject; those of an output are the ids of the two tasks. */
export const YIELD = 'yield';
export const RESTART = 'restart';
export const ACCEPT = 'accept';

/** Whether there is nothing to decide any more. */
export function isMoot(turn: Turn, subject: ConflictSubject): boolean {
  switch (subject.type) {
    case 'lease':
      return taskRun(turn, subject.waiting).state !== 'waiting' || !isCurrent(turn, subject.holder, subject.attempt);
    case 'attempt':
      return !isCurrent(turn, subject.task, subject.attempt);
    case 'result':
      return !isHeldResult(turn, subject);
    case 'output':
      return subject.rivals.some((task) => taskRun(turn, task).state !== 'done');
  }
}

function isCurrent(turn: Turn, task: number, attempt: number): boolean {
  const run = taskRun(turn, task);
  return isAtWork(run.state) && run.attempt === attempt && run.withdrawn === undefined;
}

function isHeldResult(turn: Turn, { task, attempt }: { task: number; attempt: number }): boolean {
  const run = taskRun(turn, task);
  return run.state === 'waiting' && run.isEscalated && run.attempt === attempt;
}

/** Does what was decided; what has settled itself meanwhile stays as it is. */
export function carryOutVerdict(turn: Turn, subject: ConflictSubject, { decision, by, why }: Verdict, title: string): void {
  if (isMoot(turn, subject)) return;
  const reason = `${title}: decided by ${by}: ${why}`;
  switch (subject.type) {
    case 'lease':
      return decision === YIELD ? yieldTo(turn, subject, reason) : undefined;
    case 'attempt':
      return decision === RESTART ? startOver(turn, subject.task, reason) : undefined;
    case 'result':
      return decision === ACCEPT ? completeTask(turn, subject.task) : doAgain(turn, subject.task, reason);
    case 'output':
      return keepOutput(turn, subject, decision);
  }
}

/** Whoever holds the lease gives way, and comes after the one that waited. */
function yieldTo(turn: Turn, { waiting, holder }: Extract<ConflictSubject, { type: 'lease' }>, reason: string): void {
  const first = taskRun(turn, waiting);
  const other = taskRun(turn, holder);
  const change = (task: number, rank: number): void => {
    const priority = PRIORITIES[rank] as Priority;
    if (taskRun(turn, task).priority !== priority)
      changePriority(turn, { by: 'mediation', taskId: taskSpec(turn, task).id, priority, reason });
  };
  if (PRIORITY_RANK[first.priority] >= PRIORITY_RANK[other.priority]) {
    const above = Math.max(0, PRIORITY_RANK[other.priority] - 1);
    change(waiting, above);
    change(holder, Math.max(above + 1, PRIORITY_RANK[other.priority]));
  }
  putBackAttempt(turn, holder, reason);
}

function startOver(turn: Turn, task: number, reason: string): void {
  const run = taskRun(turn, task);
  run.feedback = withFeedback(run, `Attempt ${run.attempt} was ended: ${reason}`);
  withdrawAttempt(turn, task, reason);
}

/** The result does not count: the attempt has failed. */
function doAgain(turn: Turn, task: number, reason: string): void {
  const run = taskRun(turn, task);
  Object.assign(run, { isEscalated: false, reason: null, summary: null, deliverables: [], failedBy: run.agent });
  run.failures += 1;
  run.feedback = withFeedback(run, `Attempt ${run.attempt} does not count: ${reason}`);
  turn.state.attempts.failed += 1;
  if (run.failures < attemptsOf(turn, task)) makeReady(turn, task);
  else endFailed(turn, task, { cause: 'agent', retryable: true, message: reason });
}

/** Both hand over the one that counts, so that everybody who builds on either has the same. */
function keepOutput(turn: Turn, { path, rivals }: Extract<ConflictSubject, { type: 'output' }>, decision: string): void {
  const [winner, loser] = taskSpec(turn, rivals[0]).id === decision ? rivals : rivals.toReversed();
  const kept = taskRun(turn, winner as number).deliverables.find((one) => one.path === path) as Deliverable;
  const run = taskRun(turn, loser as number);
  const { uri, sha256, size } = kept;
  run.deliverables = run.deliverables.map((one) => (one.path === path ? { ...one, uri, sha256, size } : one));
}
