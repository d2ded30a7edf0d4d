import type { AgentStatus } from '../agent-status.ts';
import type { AttemptFailure } from '../attempt.ts';
import { describeSlack, describeTime, type Conflict, type Verdict } from '../mediation/conflict.ts';
import { isPaused } from './budget-questions.ts';
import { ACCEPT, RESTART } from './conflict-actions.ts';
import { isNewConflict, raiseConflict } from './conflicts.ts';
import type { SprintEvent } from './events.ts';
import { slackOf } from './slack.ts';
import { agentOfTask, taskRun, taskSpec, type Turn } from './turn.ts';

/** Points by which progress may go back without being a contradiction. */
const BACK_POINTS = 10;

export const RESULT_ALTERNATIVES = [
  { id: ACCEPT, text: 'the result counts, the task is done' },
  { id: 'redo', text: 'the result does not count, the attempt has failed' },
];

const subjectOf = (turn: Turn, task: number) => ({ type: 'result', task, attempt: taskRun(turn, task).attempt }) as const;

const attemptKey = (turn: Turn, task: number, what: string): string =>
  `report/${taskSpec(turn, task).id}#${taskRun(turn, task).attempt}/${what}`;

/** Progress goes back: what was reported before was wrong, or the agent has lost some of its work. */
export function onProgress(turn: Turn, task: number, before: AgentStatus | null, now: AgentStatus): void {
  const lost = (before?.progress_percentage ?? 0) - now.progress_percentage;
  const key = attemptKey(turn, task, 'progress');
  if (lost <= BACK_POINTS || !isNewConflict(turn, key)) return;
  const { id } = taskSpec(turn, task);
  const { agent_id, progress_percentage: progress } = now;
  const againMs = (lost / 100) * (turn.index.estimateMs[task] as number);
  const slackMs = slackOf(turn, task);
  const conflict: Conflict = {
    key,
    kind: 'report',
    title: `${agent_id} contradicts itself about "${id}"`,
    cause: `its progress went back from ${before?.progress_percentage} to ${progress} %, which is ${describeTime(againMs)} of work; the task has ${describeSlack(slackMs)}.`,
    evidence: {
      task: id,
      agent_id,
      before: before?.progress_percentage ?? 0,
      now: progress,
      againMs: Math.round(againMs),
      slackMs: Math.round(slackMs),
    },
    alternatives: [
      { id: 'continue', text: 'the newest report counts, the attempt goes on' },
      { id: RESTART, text: 'the attempt is ended and the task begun anew' },
    ],
    fallback: 'continue',
    subject: { type: 'attempt', task, attempt: taskRun(turn, task).attempt },
  };
  const why = `${describeSlack(slackMs)} is enough for ${describeTime(againMs)} of work once more`;
  raiseConflict(turn, conflict, slackMs >= againMs ? { decision: 'continue', by: 'slack', why } : null);
}

export type Result = Extract<SprintEvent, { type: 'taskFinished' }>;

/** An agent that was blocked or in error by its last report delivers a result: what the engine has seen itself counts, deliverables, checks. */
export function findContradiction(
  turn: Turn,
  task: number,
  event: Result,
): { conflict: Conflict; verdict: Verdict | null } | null {
  const { status } = taskRun(turn, task);
  const isContradictory = (status?.status === 'blocked' && !isPaused(turn, task)) || status?.status === 'error';
  if (!isContradictory) return null;
  const { id } = taskSpec(turn, task);
  const agent_id = agentOfTask(turn, task).id;
  const issues = status.blocking_issues.join('; ') || 'no reason given';
  const conflict: Conflict = {
    key: attemptKey(turn, task, 'result'),
    kind: 'report',
    title: `${agent_id} contradicts itself about "${id}"`,
    cause: `its last report was "${status.status}" at ${status.progress_percentage} % (${issues}), then it said that it is done.`,
    evidence: { task: id, agent_id, status: status.status, progress: status.progress_percentage, issues: status.blocking_issues },
    alternatives: RESULT_ALTERNATIVES,
    fallback: 'redo',
    subject: subjectOf(turn, task),
  };
  const proof = proofOf(event);
  return { conflict, verdict: proof === null ? null : { decision: ACCEPT, by: 'evidence', why: proof } };
}

function proofOf({ deliverables, checks = [] }: Result): string | null {
  const passed = checks.filter(({ ok }) => ok).length;
  if (passed > 0) return `${passed} checks of the engine passed`;
  return deliverables.length > 0 ? `${deliverables.length} deliverables are there` : null;
}

/** An agent said that it is done, and what it should have left is not there: what the engine sees counts. */
export function onRefuted(turn: Turn, task: number, { isClaimRefuted, message }: AttemptFailure): void {
  if (isClaimRefuted !== true) return;
  const { id, deliverables } = taskSpec(turn, task);
  const agent_id = agentOfTask(turn, task).id;
  const conflict: Conflict = {
    key: attemptKey(turn, task, 'claim'),
    kind: 'report',
    title: `what ${agent_id} says of "${id}" is not so`,
    cause: `it ended as if the task were done: ${message}`,
    evidence: { task: id, agent_id, declared: deliverables.map((one) => one.id) },
    alternatives: RESULT_ALTERNATIVES,
    fallback: 'redo',
    subject: subjectOf(turn, task),
  };
  const verdict: Verdict = { decision: 'redo', by: 'evidence', why: 'what is there counts more than what was said' };
  raiseConflict(turn, conflict, verdict);
}
