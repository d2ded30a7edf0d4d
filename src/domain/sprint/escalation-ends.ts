import { clip } from '../clip.ts';
import type { CauseKind, EscalationCause, EscalationOutcome } from '../escalation/escalation.ts';
import { endMediation } from './conflicts.ts';
import { pause, stop } from './control.ts';
import { decideEmergency, isEmergency } from './emergencies.ts';
import { isHeldByEscalation, startEscalation, toFacts, toItemId } from './escalations.ts';
import { closeItem } from './inbox.ts';
import { makeReady } from './parking.ts';
import { rollBackByDecision } from './rollbacks.ts';
import { applyDecision } from './task-decisions.ts';
import { toTaskQuestion } from './task-questions.ts';
import { giveUpTask, MAX_REASON, skipTask, withFeedback } from './task-ends.ts';
import { decide, resolveAlert, taskRun, taskSpec, type Turn } from './turn.ts';

/** It has ended: what was decided is carried out. */
export function endEscalation(turn: Turn, n: number, outcome: EscalationOutcome | null, reason: string | null): void {
  const { state } = turn;
  const open = state.escalations[n];
  if (!open) return;
  delete state.escalations[n];
  closeItem(turn, toItemId(open, open.level));
  resolveAlert(turn, `escalation/${n}`);
  const { cause } = open;
  if (outcome === null) {
    decide(turn, 'escalationLost', `escalation ${n} ended without a decision: ${reason}`, toFacts(n, cause));
    startEscalation(turn, cause, open.options, open.takes);
    return;
  }
  const { decision, by, how, note } = outcome;
  const who = by ?? (how === 'silence' ? 'nobody' : 'the engine');
  const text = `escalation ${n} ended: ${who} decided "${decision}"${note ? `: ${note}` : ''}`;
  decide(turn, 'escalationEnded', text, { ...toFacts(n, cause), decision, by, how, level: outcome.level });
  carryOut(turn, cause, outcome);
}

/** What is decided about these says nothing of a task that waits for another decision. */
const ASIDE: readonly CauseKind[] = ['alert', 'conflict'];

/** What was decided about a task; of other causes `stop` and `hold` concern the sprint. */
function carryOut(turn: Turn, cause: EscalationCause, outcome: EscalationOutcome): void {
  const { decision, by, how, note } = outcome;
  const who = by ?? 'escalation';
  const why = `${cause.title}${note ? `: ${note}` : ''}`;
  const task = cause.task === null ? undefined : turn.index.taskNumber.get(cause.task);
  const isHeld = task !== undefined && !ASIDE.includes(cause.kind) && isHeldByEscalation(turn, task);
  if (decision === 'stop') stop(turn, { by: who, reason: why, mode: 'halt' });
  if (decision === 'hold' && turn.state.phase === 'running') pause(turn, { by: who, reason: why });
  if (cause.kind === 'conflict') endMediation(turn, cause, outcome);
  if (isHeld) decideTask(turn, task, cause, outcome, why);
  if (isEmergency(cause.kind)) decideEmergency(turn, cause.key, outcome);
  // Nobody has said that it is to be done again: it waits for somebody who does.
  if (decision === 'rollback')
    rollBackByDecision(turn, { by: who, reason: why, ...(how === 'silence' ? { next: 'stopped' } : {}) });
}

function decideTask(turn: Turn, task: number, cause: EscalationCause, outcome: EscalationOutcome, why: string): void {
  const { decision, by, note, data } = outcome;
  const who = by ?? 'escalation';
  if (decision === 'skip') skipTask(turn, task, `decided by ${who}`);
  else if (decision === 'reject' || decision === 'withdrawn') giveUpTask(turn, task, '', `decided by ${who}: ${why}`);
  else {
    const applied = applyDecision(turn, task, { decision, by: who, note, data });
    if (applied.ok) retryByDecision(turn, task, who, note);
    else askAgain(turn, task, cause, applied.error);
  }
}

/** What was decided cannot be carried out any more: whoever decides hears why. */
function askAgain(turn: Turn, task: number, cause: EscalationCause, why: string): void {
  decide(turn, 'decisionNotPossible', `what was decided about "${cause.title}" is not possible: ${why}`, { key: cause.key });
  const { options, takes } = toTaskQuestion(turn, task);
  if (!startEscalation(turn, cause, options, takes)) giveUpTask(turn, task, '', `${cause.title}: ${why}`);
}

/** One attempt more than the plan allows, with what was said as feedback. */
function retryByDecision(turn: Turn, task: number, who: string, note: string | null): void {
  const run = taskRun(turn, task);
  run.failures = Math.min(run.failures, taskSpec(turn, task).budget.attempts - 1);
  run.isEscalated = false;
  run.reason = null;
  if (note) run.feedback = withFeedback(run, `${who}: ${clip(note, MAX_REASON)}`);
  makeReady(turn, task);
}
