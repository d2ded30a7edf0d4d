import type { AttemptFailure, CheckEvidence, Deliverable } from '../attempt.ts';
import type { Usage } from '../budget.ts';
import { clip } from '../clip.ts';
import type { JsonObject } from '../plan/plan.ts';
import { accountOf, openBooks } from './accounts.ts';
import { onMetricsChanged } from './activation.ts';
import { toEndedStatus, type AttemptEnd } from './agent-statuses.ts';
import { closeHold, takeUsage } from './budget-holds.ts';
import { askForMore } from './budget-questions.ts';
import type { BudgetState } from './budget-state.ts';
import { hasOtherCandidate } from './candidate-facts.ts';
import { onAttemptEnded, onTaskDone } from './checkpoints.ts';
import { noteDependencyFailure, noteDependencyWorks, noteEnd } from './emergency-notes.ts';
import { escalateFailure } from './escalations.ts';
import { closeItemsOf } from './inbox.ts';
import { releaseLeases } from './leases.ts';
import { leaveBox } from './mail-boxes.ts';
import { isThrottled } from './measures.ts';
import { keepHandover, record, withdrawMove, openMove } from './moves.ts';
import { measureEstimate } from './ordering.ts';
import { makeReady, wakeAfterRelease } from './parking.ts';
import { goOnElsewhere } from './reallocations.ts';
import { isAtWork } from './state.ts';
import { cancelTask, endTask, giveUpTask, MAX_REASON, skipTask, withFeedback } from './task-ends.ts';
import { addTimer } from './timers.ts';
import {
  agentOfTask,
  agentRun,
  decide,
  nextSpec,
  resolveAlert,
  taskRun,
  taskSpec,
  touchAll,
  touchClassesOf,
  type Turn,
} from './turn.ts';

const MAX_SUMMARY = 2_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** The number of the task when `attempt` is the one at work; otherwise null, and the late outcome is logged. */
export function currentAttempt(turn: Turn, taskId: string, attempt: number): number | null {
  const number = turn.index.taskNumber.get(taskId);
  if (number !== undefined) {
    const run = taskRun(turn, number);
    if (isAtWork(run.state) && run.attempt === attempt) return number;
  }
  decide(
    turn,
    'staleAttemptRefused',
    `an outcome of attempt ${attempt} of "${taskId}" was refused: it is not the current attempt`,
    {
      task: taskId,
      attempt,
    },
  );
  return null;
}

interface TaskOutcome {
  readonly summary: string | null;
  readonly deliverables: readonly Deliverable[];
  readonly checks?: readonly CheckEvidence[];
  readonly usage?: Usage;
}

export function finishTask(turn: Turn, task: number, outcome: TaskOutcome): void {
  endWithResult(turn, task, outcome);
  completeTask(turn, task);
}

/** The attempt is over, with what it has delivered; whether the task is done is another question. */
export function endWithResult(turn: Turn, task: number, outcome: TaskOutcome): void {
  const run = taskRun(turn, task);
  const spec = taskSpec(turn, task);
  const agent_id = agentOfTask(turn, task).id;
  run.summary = outcome.summary === null ? null : clip(outcome.summary, MAX_SUMMARY);
  run.deliverables = [...outcome.deliverables];
  const facts = { task: spec.id, attempt: run.attempt, agent_id };
  const deliverables = outcome.deliverables.map(({ id, path, sha256, size }) => ({ id, path, sha256, size }));
  const evidence = withChecks({ task: spec.id, attempt: run.attempt, agent_id, deliverables }, outcome.checks);
  decide(turn, 'taskFinished', `${agent_id} finished "${spec.title}" in attempt ${run.attempt}`, facts, evidence);
  takeUsage(turn, task, outcome.usage, true);
  measureEstimate(turn, task);
  record(turn, run.agent as number, 'done');
  if (turn.state.emergencies) noteDependencyWorks(turn, task);
  noteEnd(turn, task, null);
  endAttempt(turn, task, 'finished');
}

/** The task is done, and what waited for it goes on. */
export function completeTask(turn: Turn, task: number): void {
  endTask(turn, task, 'done', null);
  onTaskDone(turn, task);
  for (const after of turn.index.successors[task] as readonly number[]) {
    const next = taskRun(turn, after);
    next.waitsFor -= 1;
    if (next.waitsFor === 0 && next.state === 'waiting') makeReady(turn, after);
  }
}

const MAX_CHECK_TAIL = 512;

/** With what the engine's own checks said, for the ledger; as it is where the task has none. */
function withChecks(evidence: JsonObject, checks: readonly CheckEvidence[] = []): JsonObject {
  if (checks.length === 0) return evidence;
  return { ...evidence, checks: checks.map((check) => ({ ...check, tail: check.tail.slice(-MAX_CHECK_TAIL) })) };
}

/** An attempt without a result: the task is done again, or it fails when it may not be. */
export function failAttempt(turn: Turn, task: number, told: AttemptFailure): void {
  const run = taskRun(turn, task);
  const spec = taskSpec(turn, task);
  takeUsage(turn, task, told.usage, true);
  const failure = toBudgetEnd(turn, task, told);
  const { cause, type, exitCode } = failure;
  const message = cause === 'stopped' ? (run.withdrawn ?? failure.message) : failure.message;
  run.reason = clip(message, MAX_REASON);
  const facts = { task: spec.id, attempt: run.attempt, agent_id: agentOfTask(turn, task).id, cause, type, exitCode };
  const tail = failure.tail.slice(-1024);
  const evidence = withChecks({ ...facts, tail }, failure.checks);
  decide(turn, 'attemptFailed', `attempt ${run.attempt} of "${spec.title}" ended: ${message}`, facts, evidence);
  keepHandover(turn, task, failure);
  if (failure.hasLateResult) refuseLateResult(turn, task);
  noteEnd(turn, task, failure);
  if (cause === 'lost' || cause === 'stopped') {
    const isWithdrawn = run.withdrawn !== undefined;
    endAttempt(turn, task, cause === 'lost' ? 'failed' : 'withdrawn', true);
    return redoTask(turn, task, failure, isWithdrawn);
  }
  record(turn, run.agent as number, 'failed');
  // Whether a dependency works again was tried at the cost of this attempt, not of the task.
  if (!noteDependencyFailure(turn, task, failure)) run.failures += 1;
  run.failedBy = run.agent;
  run.feedback = withFeedback(run, `Attempt ${run.attempt} failed: ${run.reason}`);
  turn.state.attempts.failed += 1;
  endAttempt(turn, task, 'failed');
  const mayGoOn = mayRetry(turn, task, failure) && run.failures < attemptsOf(turn, task);
  if (isCalledOff(turn, task)) cancelTask(turn, task);
  else if (mayGoOn && goOnElsewhere(turn, task, failure)) return;
  else if (mayGoOn) retryTask(turn, task);
  else {
    const open = openMove(turn, run);
    if (open) withdrawMove(turn, open, 'the task may not be tried again');
    endFailed(turn, task, failure);
  }
}

/** No attempt is left: people are asked for more, or whoever decides about failures is; else the task fails. */
export function endFailed(
  turn: Turn,
  task: number,
  { cause, retryable, message }: Pick<AttemptFailure, 'cause' | 'retryable' | 'message'>,
): void {
  const { failures } = taskRun(turn, task);
  if (retryable && asksForAttempts(turn, task)) askForAttempts(turn, task);
  else if (cause === 'budget') endOverBudget(turn, task, message);
  else failTask(turn, task, ` after ${failures} of ${attemptsOf(turn, task)} attempts`, message);
}

/** Where nobody was asked for more, whoever decides about failures is. */
function endOverBudget(turn: Turn, task: number, message: string): void {
  const wasAsked = taskSpec(turn, task).budget.ask !== false;
  if (wasAsked || !escalateFailure(turn, task, '', message)) giveUpTask(turn, task, '', message);
}

/** A fault of the agent says nothing of the task, which another one may be able to do. */
const mayRetry = (turn: Turn, task: number, { retryable, fault }: AttemptFailure): boolean =>
  retryable || (fault !== undefined && hasOtherCandidate(turn, task));

/** It came after the agent had been told to stop. */
function refuseLateResult(turn: Turn, task: number): void {
  const { attempt } = taskRun(turn, task);
  const { id } = taskSpec(turn, task);
  const text = `a result of attempt ${attempt} of "${id}" was refused: it came after the attempt had been ended`;
  decide(turn, 'staleAttemptRefused', text, { task: id, attempt });
}

function failTask(turn: Turn, task: number, text: string, reason: string): void {
  if (!escalateFailure(turn, task, text, reason)) giveUpTask(turn, task, text, reason);
}

/** Ended because its budget was used up and nobody added to it, which is not the agent's word but the engine's. */
function toBudgetEnd({ state }: Turn, task: number, failure: AttemptFailure): AttemptFailure {
  const end = state.budgets?.holds[task]?.end;
  if (!end || (failure.cause !== 'stopped' && failure.cause !== 'lost')) return failure;
  return { ...failure, cause: 'budget', type: 'BudgetExceeded', ...end };
}

/** With what people have added. */
export const attemptsOf = (turn: Turn, task: number): number => {
  const books = openBooks(turn);
  const account = books?.index.ofTask[task] ?? null;
  const added = books === null || account === null ? 0 : accountOf(books, account).toppedUp.attempts;
  return nextSpec(turn, task).budget.attempts + added;
};

/** A simulation knows no budgets: nobody is there to ask. */
const asksForAttempts = (turn: Turn, task: number): boolean =>
  turn.state.budgets !== null && taskSpec(turn, task).budget.ask === true;

/** The task waits for people to give it more attempts. */
function askForAttempts(turn: Turn, task: number): void {
  taskRun(turn, task).state = 'waiting';
  (turn.state.budgets as BudgetState).parked.push(task);
  askForMore(turn, turn.index.budgets?.ofTask[task] as number, 'attempts');
}

/**
 * The engine took the attempt away, or lost it: nobody's failure. What a stop took away and the first loss are redone as soon as
 * may be, further losses ever more slowly.
 */
function redoTask(turn: Turn, task: number, failure: AttemptFailure, isWithdrawn: boolean): void {
  const run = taskRun(turn, task);
  if (isCalledOff(turn, task)) return cancelTask(turn, task);
  run.state = 'waiting';
  if (goOnElsewhere(turn, task, failure)) return;
  if (isWithdrawn || turn.state.phase === 'stopping' || turn.state.phase === 'rollingBack') return makeReady(turn, task);
  run.losses += 1;
  if (run.losses === 1) makeReady(turn, task);
  else delayTask(turn, task, run.losses - 1);
}

/** Nothing is done again when everything is cancelled, or an amendment has taken the task out of the plan. */
const isCalledOff = (turn: Turn, task: number): boolean => turn.state.cancelling || nextSpec(turn, task).cancelled === true;

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

/** Ends a task at work without a result and without calling it a failure. */
export function abandonTask(turn: Turn, task: number, reason: string): void {
  taskRun(turn, task).reason = reason;
  endAttempt(turn, task, 'withdrawn');
  skipTask(turn, task, reason);
}

/** Takes the attempt off its agent: slots, leases and questions are free again. */
function endAttempt(turn: Turn, task: number, end: AttemptEnd, isNoFailure = false): void {
  const { state } = turn;
  const run = taskRun(turn, task);
  const agentNumber = run.agent as number;
  const agent = agentRun(turn, agentNumber);
  // Whose turn it is then does not depend on whose attempt has ended.
  if (isThrottled(turn)) touchAll(turn);
  state.running -= 1;
  state.attempts.ended += 1;
  agent.busy -= 1;
  agent.last = toEndedStatus(turn, task, end);
  run.expectedAt = null;
  run.status = null;
  if (run.withdrawn !== undefined) {
    delete run.withdrawn;
    delete run.isPutBack;
  }
  if (run.blockedUntil !== undefined) delete run.blockedUntil;
  if (run.answers.length > 0) run.answers = [];
  if (run.slipped) resolveAlert(turn, slipAlertId(taskSpec(turn, task).id));
  run.slipped = false;
  closeItemsOf(turn, task);
  if (state.mail !== null) leaveBox(state.mail, task, agentNumber, end === 'finished');
  closeHold(turn, task, isNoFailure);
  releaseLeases(turn, task);
  wakeAfterRelease(turn, task);
  touchClassesOf(turn, agentNumber);
  if (state.drain) state.drain.done += 1;
  onAttemptEnded(turn, agentNumber);
  onMetricsChanged(turn);
}

export const slipAlertId = (taskId: string): string => `slip/${taskId}`;
