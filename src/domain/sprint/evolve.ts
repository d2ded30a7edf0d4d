import { acknowledge } from '../alerts.ts';
import { activationIsDue, startActivation } from './activation.ts';
import { alertIsDue, withdrawAlertEscalations } from './alert-escalations.ts';
import { settlePending, takeAmendment } from './amendment.ts';
import { assertNever } from '../result.ts';
import { clearClasses } from './class-set.ts';
import { currentAttempt, failAttempt, finishTask, retryIsDue } from './attempts.ts';
import { changeAvailability, changePriority } from './adjustments.ts';
import { endExhausted, takeElsewhere } from './budget-answers.ts';
import { askForParked, wakeParked } from './budget-holds.ts';
import { budgetIsDue } from './budget-questions.ts';
import { cancel, mayPause, pause, resume, settle, stop } from './control.ts';
import { conflictsAreDue } from './conflict-looks.ts';
import { onDelivered } from './conflict-outputs.ts';
import { onRefuted } from './conflict-reports.ts';
import { judgeResult } from './conflict-results.ts';
import { withdrawMootConflicts } from './conflicts.ts';
import { dispatch } from './dispatch.ts';
import type { SprintEffect, SprintEvent } from './events.ts';
import { searchOrder, takeOrder, takeSearchFailure } from './ordering.ts';
import { emergencyIsDue, takeProbeChanges, tendEmergencies } from './emergency-signs.ts';
import { onCause, tendMeasures } from './contingencies.ts';
import { endEscalation } from './escalation-ends.ts';
import { takeEscalationWord } from './escalations.ts';
import { takeMessages, takeOutsideMessage, takeReceipts } from './message-intake.ts';
import { makeReady } from './parking.ts';
import { checkOwnResponse, itemIsDue, takeResponse } from './people.ts';
import { continueRollback, endRollback, takeRollback, takeRollbackWord } from './rollbacks.ts';
import { requestIsDue } from './requests.ts';
import { checkReassignment, reassign } from './reassignment.ts';
import { watchQueues } from './queue-watch.ts';
import { blockIsDue } from './reallocation-triggers.ts';
import { endReallocation, returnTasks, takeReallocationWord } from './reallocation-words.ts';
import { startMovedTasks, withdrawMoves } from './reallocations.ts';
import { slipsAreDue } from './slips.ts';
import { resolveStandstill } from './standstill.ts';
import { isFinal, type TimerEntry } from './state.ts';
import { takeReports } from './status-reports.ts';
import { callOffCancelled } from './task-ends.ts';
import { addTimer, dropStaleTimers, takeDueTimer } from './timers.ts';
import { agentProfile, alert, decide, taskRun, toIso, type Sprint, type Turn } from './turn.ts';
import { refuseResult } from './withdrawal.ts';

/** Routine news reach the parent after this time at the latest. */
const REPORT_EVERY_MS = 2_000;

/**
 * One step of a sprint: takes in what happened, changes `sprint.state` in place, answers what is to be done about it.
 * Pure otherwise: the same events in the same order give the same state and effects. O(log n) in the number of tasks per task
 * started, parked or ended. A message that does not apply changes nothing; `check…` functions say why beforehand.
 */
export function evolve(sprint: Sprint, event: SprintEvent): SprintEffect[] {
  const { state } = sprint;
  state.now = Math.max(state.now, event.at);
  const turn = createTurn(sprint);
  if (isFinal(state.phase)) refuseLate(turn, event);
  else {
    // An answer that was accepted counts, also in the moment in which its deadline comes.
    if (event.type === 'responded') takeEvent(turn, event);
    takeDueTimers(turn);
    if (event.type !== 'responded') takeEvent(turn, event);
    // Before tasks are opened again, and with them what is kept for moving them.
    if (state.phase !== 'running' && state.phase !== 'paused') withdrawMoves(turn, `the sprint is ${state.phase}`);
    continueRollback(turn);
    wakeParked(turn);
    returnTasks(turn);
    settlePending(turn);
    tendEmergencies(turn);
    tendMeasures(turn);
    withdrawAlertEscalations(turn);
    withdrawMootConflicts(turn);
    do {
      startMovedTasks(turn);
      dispatch(turn);
      askForParked(turn);
      settle(turn);
    } while (endExhausted(turn) || resolveStandstill(turn) || tendMeasures(turn));
    watchQueues(turn);
    dropStaleTimers(state);
  }
  scheduleReport(turn);
  clearClasses(sprint.touched);
  return turn.effects;
}

/** A step of the sprint that nothing has happened in yet. */
export function createTurn(sprint: Sprint): Turn {
  const { definition, index, state, rank, places, isBefore, phrases, touched } = sprint;
  return {
    sprint,
    definition,
    index,
    state,
    rank,
    places,
    isBefore,
    at: toIso(state.now),
    effects: [],
    phrases,
    touched,
    news: null,
  };
}

/** What comes of the work itself; anything else is what somebody wants. */
function takeEvent(turn: Turn, event: SprintEvent): void {
  const { state } = turn;
  switch (event.type) {
    case 'started':
      return state.started ? undefined : start(turn);
    case 'timePassed':
      return;
    case 'taskFinished':
      return takeResult(turn, event);
    case 'attemptFailed': {
      const task = currentAttempt(turn, event.taskId, event.attempt);
      if (task === null) return;
      onRefuted(turn, task, event.failure);
      return failAttempt(turn, task, event.failure);
    }
    case 'statusReported':
      return takeReports(turn, event.reports);
    case 'messagesSent':
      takeMessages(turn, event.messages);
      return takeReceipts(turn, event.receipts);
    case 'messageReceived':
      return takeOutsideMessage(turn, event.message);
    case 'procedureSaid':
      if (event.kind === 'reallocation') return takeReallocationWord(turn, event.n, event.said);
      if (event.kind === 'rollback') return takeRollbackWord(turn, event.n, event.said);
      return takeEscalationWord(turn, event.n, event.said);
    case 'procedureEnded':
      if (event.kind === 'reallocation') return endReallocation(turn, event.n, event.outcome, event.reason);
      if (event.kind === 'rollback') return endRollback(turn, event.n, event.outcome, event.reason);
      return endEscalation(turn, event.n, event.outcome, event.reason);
    case 'orderChosen':
      return takeOrder(turn, event);
    case 'orderSearchFailed':
      return takeSearchFailure(turn, event);
    case 'spentElsewhere':
      return takeElsewhere(turn, event.accounts);
    case 'probesChanged':
      return takeProbeChanges(turn, event.changes);
    default:
      return takeCommand(turn, event);
  }
}

/** Whatever is not of attempts, messages, procedures, or probes. */
type Command = Exclude<
  SprintEvent,
  {
    type:
      | 'started'
      | 'timePassed'
      | 'taskFinished'
      | 'attemptFailed'
      | 'statusReported'
      | 'messagesSent'
      | 'messageReceived'
      | 'procedureSaid'
      | 'procedureEnded'
      | 'orderChosen'
      | 'orderSearchFailed'
      | 'spentElsewhere'
      | 'probesChanged';
  }
>;

function takeCommand(turn: Turn, event: Command): void {
  const { state } = turn;
  switch (event.type) {
    case 'paused':
      return mayPause(state) ? pause(turn, event) : undefined;
    case 'resumed':
      return state.phase === 'paused' || state.phase === 'stopped' ? resume(turn, event) : undefined;
    case 'emergencyStopped':
      return state.phase === 'stopped' || state.cancelling ? undefined : stop(turn, event);
    case 'cancelRequested':
      return cancel(turn);
    case 'agentAvailabilityChanged':
      return changeAvailability(turn, event);
    case 'priorityChanged':
      return changePriority(turn, event);
    case 'responded': {
      const item = checkOwnResponse(turn, event);
      return item.ok ? takeResponse(turn, item.value, event) : undefined;
    }
    case 'alertAcknowledged':
      state.alerts = acknowledge(state.alerts, event.id, event.by, turn.at);
      return decide(turn, 'alertAcknowledged', `${event.by} has taken notice of the alert "${event.id}"`, {
        alert: event.id,
        by: event.by,
      });
    case 'rollbackRequested':
      return takeRollback(turn, event);
    case 'taskReassigned':
      return checkReassignment(turn, event).ok ? reassign(turn, event) : undefined;
    case 'amended':
    case 'tasksHeld':
    case 'tasksReleased':
    case 'proposalSettled':
      return takeAmendment(turn, event);
    case 'messageRefused':
      return takeRefusal(turn, event);
    default:
      return assertNever(event);
  }
}

function takeResult(turn: Turn, event: Extract<SprintEvent, { type: 'taskFinished' }>): void {
  const task = currentAttempt(turn, event.taskId, event.attempt);
  if (task === null) return;
  const { isPutBack, withdrawn } = taskRun(turn, task);
  if (withdrawn !== undefined && !isPutBack) return refuseResult(turn, task);
  if (judgeResult(turn, task, event)) return;
  finishTask(turn, task, event);
  onDelivered(turn, task);
}

function takeRefusal(turn: Turn, { name, by, refusal, body }: Extract<SprintEvent, { type: 'messageRefused' }>): void {
  const text = `${name} of ${by ?? 'somebody'} was refused: ${refusal.type}: ${refusal.message}`;
  decide(turn, 'messageRefused', text, { name, by, type: refusal.type }, { name, by, type: refusal.type, body });
}

function start(turn: Turn): void {
  const { definition, state } = turn;
  state.started = true;
  state.startedAt = state.now;
  decide(turn, 'sprintStarted', `sprint ${definition.sprint.id} starts with ${state.tasks.length} tasks`, {
    sprint: definition.sprint.id,
  });
  if (definition.sprint.durationMs !== null)
    addTimer(state, { at: state.now + definition.sprint.durationMs, kind: 'duration', ref: 0 });
  startActivation(turn);
  callOffCancelled(turn);
  if (definition.watched) turn.effects.push({ type: 'watchProbes' });
  searchOrder(turn);
  for (let task = 0; task < state.tasks.length; task += 1) if (taskRun(turn, task).state === 'waiting') makeReady(turn, task);
  turn.news = 'urgent';
}

/** After the end nothing counts any more; a late outcome is worth a line in the log. */
function refuseLate(turn: Turn, event: SprintEvent): void {
  if (event.type === 'taskFinished' || event.type === 'attemptFailed') currentAttempt(turn, event.taskId, event.attempt);
  else if (event.type === 'messageRefused') takeRefusal(turn, event);
}

function takeDueTimers(turn: Turn): void {
  for (let timer = takeDueTimer(turn.state); timer; timer = takeDueTimer(turn.state)) takeTimer(turn, timer);
}

function takeTimer(turn: Turn, { kind, ref }: TimerEntry): void {
  switch (kind) {
    case 'retry':
      return retryIsDue(turn, ref as number);
    case 'item':
      return itemIsDue(turn, ref as string);
    case 'request':
      return requestIsDue(turn, ref as string);
    case 'budget':
      return budgetIsDue(turn, ref as number);
    case 'activation':
      return activationIsDue(turn, ref as number);
    case 'availability':
      return changeAvailability(turn, { agent_id: agentProfile(turn, ref as number).id, available: true });
    case 'blocked':
      return blockIsDue(turn, ref as number);
    case 'alert':
      return alertIsDue(turn, ref as string);
    case 'slip':
      return slipsAreDue(turn);
    case 'emergency':
      return emergencyIsDue(turn, ref as string);
    case 'conflicts':
      return conflictsAreDue(turn);
    case 'duration': {
      const { durationMs } = turn.definition.sprint;
      if (durationMs === null || turn.state.now < turn.state.startedAt + durationMs) return;
      const text = `sprint ${turn.definition.sprint.id} is past its planned duration`;
      alert(turn, 'timeline', 'duration', text);
      decide(turn, 'durationExceeded', text);
      return onCause(turn, `sprint/${turn.definition.sprint.id}`, true);
    }
    default:
      return assertNever(kind);
  }
}

function scheduleReport(turn: Turn): void {
  const { report, now } = turn.state;
  if (turn.news !== null) {
    const dueAt = turn.news === 'urgent' ? now : Math.max(now, report.sentAt + REPORT_EVERY_MS);
    report.dueAt = Math.min(report.dueAt ?? dueAt, dueAt);
  }
  if (report.dueAt === null || report.dueAt > now) return;
  report.sentAt = now;
  report.dueAt = null;
  turn.effects.push({ type: 'report' });
}
