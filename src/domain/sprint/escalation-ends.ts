import type { CauseKind, EscalationCause, EscalationOutcome } from '../escalation/escalation.ts';
import { endMediation } from './conflicts.ts';
import { mayPause, pause, stop } from './control.ts';
import { decideEmergency, isEmergency } from './emergencies.ts';
import { isHeldByEscalation, startEscalation, toFacts, toItemId, type OpenEscalation } from './escalations.ts';
import { closeItem } from './inbox.ts';
import { askAgain, retryByDecision } from './proposals.ts';
import { rollBackByDecision } from './rollbacks.ts';
import { noteSilentRollback } from './silent-rollbacks.ts';
import { applyDecision } from './task-decisions.ts';
import { giveUpTask, skipTask } from './task-ends.ts';
import { decide, resolveAlert, type Turn } from './turn.ts';

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
  carryOut(turn, n, cause, outcome);
}

/** What is decided about these says nothing of a task that waits for another decision. */
const ASIDE: readonly CauseKind[] = ['alert', 'conflict'];

/** What was decided about a task; of other causes `stop` and `hold` concern the sprint. */
function carryOut(turn: Turn, n: number, cause: EscalationCause, outcome: EscalationOutcome): void {
  const { decision, by, how, note } = outcome;
  const who = by ?? 'escalation';
  const why = `${cause.title}${note ? `: ${note}` : ''}`;
  const task = cause.task === null ? undefined : turn.index.taskNumber.get(cause.task);
  const isHeld = task !== undefined && !ASIDE.includes(cause.kind) && isHeldByEscalation(turn, task);
  if (decision === 'stop') stop(turn, { by: who, reason: why, mode: 'halt' });
  if (decision === 'hold' && mayPause(turn.state)) pause(turn, { by: who, reason: why });
  if (cause.kind === 'conflict') endMediation(turn, cause, outcome);
  if (isHeld) decideTask(turn, task, { n, cause }, outcome, why);
  if (isEmergency(cause.kind)) decideEmergency(turn, cause.key, outcome);
  // Nobody has said that it is to be done again: it waits for somebody who does.
  if (decision !== 'rollback') return;
  if (how === 'silence') noteSilentRollback(turn, cause);
  rollBackByDecision(turn, { by: who, reason: why, ...(how === 'silence' ? { next: 'stopped' } : {}) });
}

function decideTask(
  turn: Turn,
  task: number,
  of: Pick<OpenEscalation, 'n' | 'cause'>,
  outcome: EscalationOutcome,
  why: string,
): void {
  const { decision, by, note, data } = outcome;
  const who = by ?? 'escalation';
  if (decision === 'skip') skipTask(turn, task, `decided by ${who}`);
  else if (decision === 'reject' || decision === 'withdrawn') giveUpTask(turn, task, '', `decided by ${who}: ${why}`);
  else {
    const applied = applyDecision(turn, task, { ...of, decision, by: who, note, data });
    if (!applied.ok) askAgain(turn, task, of.cause, applied.error);
    else if (applied.value === 'now') retryByDecision(turn, task, who, note);
  }
}
