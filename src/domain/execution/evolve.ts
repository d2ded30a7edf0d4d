import type { AuthorizationPolicy } from '../config/config.ts';
import type { Authorize, Respond } from '../messages.ts';
import type { StepDecision } from '../rollback/rollback.ts';
import { clip } from '../clip.ts';
import type { RefusedMessage } from '../failure.ts';
import { toIso } from '../iso-time.ts';
import type { Prepared } from '../prepared.ts';
import { assertNever } from '../result.ts';
import { beginAmendment, decideAmendment, dropAmendment, takeAmendment } from './amendments/amendments.ts';
import { takeProposals } from './amendments/proposals.ts';
import type { PendingRevision } from './amendments/revision.ts';
import { cancel, end, pause, resume, settle, stop } from './control.ts';
import { takeAcknowledgement } from './alerts.ts';
import type { ExecutionEffect, ExecutionEvent } from './events.ts';
import { tellEnd } from './end-notice.ts';
import { escalateEarlierBreakdowns, retryChannels, takeChannelResults } from './channel-breakdowns.ts';
import { dropDueItems, endOwnEscalation, takeOwnDecision, takeOwnEscalationWord } from './escalations.ts';
import { releaseNotices } from './notices.ts';
import { tendOwnAlerts } from './own-alerts.ts';
import { openOwnItem } from './own-items.ts';
import {
  forward,
  forwardAnswer,
  forwardAvailability,
  forwardPriority,
  forwardReassignment,
  forwardStatuses,
} from './forwarding.ts';
import { takeRollback } from './rollbacks.ts';
import { continueSprintRollback, decideFailedStep, endSprintRollback, takeStepFailure } from './sprint-rollbacks.ts';
import { takeLoss, takeOutcome, takeProgress, toStandings } from './sprints.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';
import { watchTimeline } from './timeline.ts';
import { decide, enterPhase, type ExecutionTurn } from './turn.ts';

/**
 * One step of an execution: preparing → awaitingAuthorization → running → completed, failed or cancelled, with paused, stopping and
 * stopped between, and rejected instead of running. Changes `state` in place, answers what is to be done. An event that does not
 * apply in the state as it is changes nothing.
 */
export function evolveExecution(state: ExecutionState, event: ExecutionEvent): ExecutionEffect[] {
  const turn: ExecutionTurn = { state, effects: [] };
  state.now = Math.max(state.now, event.at);
  if (!isExecutionFinal(state.phase)) takeDeadlines(turn);
  if (isExecutionFinal(state.phase)) takeLate(turn, event);
  else {
    takeEvent(turn, event);
    continueSprintRollback(turn);
    takeProposals(turn);
    settle(turn);
    watchTimeline(turn);
  }
  tendOwnAlerts(turn);
  releaseNotices(turn);
  return turn.effects;
}

/** After the end only what is said about it counts. */
function takeLate(turn: ExecutionTurn, event: ExecutionEvent): void {
  if (event.type === 'reported') takeReport(turn, event.report);
  else if (event.type === 'channelsTold') takeChannelResults(turn, event.results);
  else if (event.type === 'messageRefused') takeRefusal(turn, event);
}

function takeReport(turn: ExecutionTurn, report: ExecutionState['report']): void {
  turn.state.report = report;
  tellEnd(turn);
}

function takeEvent(turn: ExecutionTurn, event: ExecutionEvent): void {
  switch (event.type) {
    case 'prepared':
      return takePrepared(turn, event.prepared);
    case 'timePassed':
      return;
    case 'documented':
      return turn.state.authorization.documented ? beginAmendment(turn) : begin(turn);
    case 'sprintProgressed':
      return takeProgress(turn, event);
    case 'sprintEnded':
      return takeOutcome(turn, event.outcome);
    case 'sprintLost':
      return takeLoss(turn, event.sprintId, event.reason);
    case 'reported':
      turn.state.report = event.report;
      return;
    case 'channelsTold':
      return takeChannelResults(turn, event.results);
    case 'authorizationDecided':
      return pendingOf(turn) ? decideAmendment(turn, pendingOf(turn) as PendingRevision, event) : takeDecision(turn, event);
    case 'messageRefused':
      return takeRefusal(turn, event);
    case 'paused':
      return pause(turn, event);
    case 'resumed':
      return resume(turn, event);
    case 'emergencyStopped':
      return stop(turn, event);
    case 'cancelRequested':
      return cancel(turn, 'cancelled');
    case 'agentAvailabilityChanged':
      return forwardAvailability(turn, event);
    case 'priorityChanged':
      return forwardPriority(turn, event);
    case 'taskReassigned':
      return forwardReassignment(turn, event);
    case 'amended':
      return event.isDryRun ? undefined : takeAmendment(turn, event.revision);
    case 'amendmentProposed':
      return void (turn.state.proposals ??= []).push(event.proposal);
    case 'statusesForwarded':
      return forwardStatuses(turn, event.reports);
    case 'messageForwarded':
      return forward(turn, 'message', event.message, event.sprintIds);
    case 'responded':
      return takeAnswer(turn, event);
    case 'rollbackRequested':
      return takeRollback(turn, event);
    case 'procedureSaid':
      if (event.kind === 'escalation') return takeOwnEscalationWord(turn, event.n, event.said);
      return event.kind === 'rollback' ? takeStepFailure(turn, event.n, event.said) : undefined;
    case 'procedureEnded':
      if (event.kind === 'escalation') return endOwnEscalation(turn, event.n, event.outcome, event.reason);
      return event.kind === 'rollback' ? endSprintRollback(turn, event.n, event.outcome, event.reason) : undefined;
    default:
      return assertNever(event);
  }
}

function takeAnswer(turn: ExecutionTurn, answer: Respond): void {
  if (takeAcknowledgement(turn, answer) || takeOwnDecision(turn, answer)) return;
  if (Object.hasOwn(turn.state.inbox, answer.itemId)) return takeOwnAnswer(turn, answer);
  forwardAnswer(turn, answer);
}

function takeOwnAnswer(turn: ExecutionTurn, { by, decision, itemId, note }: Respond): void {
  if (turn.state.inbox[itemId]?.kind === 'rollback') return decideFailedStep(turn, itemId, decision as StepDecision, by);
  return resume(turn, { by, reason: note });
}

const pendingOf = ({ state }: ExecutionTurn): PendingRevision | null => state.amendments?.pending ?? null;

function takePrepared(turn: ExecutionTurn, prepared: Prepared): void {
  const { state } = turn;
  if (state.prepared) return;
  const policy = prepared.resolved.authorization;
  state.prepared = prepared;
  state.sprints = toStandings(prepared);
  state.authorization.policy = policy;
  state.authorization.expiresAtMs = state.now + policy.expiresMs;
  decide(turn, 'prepared', `the plan is ready to be authorized: ${prepared.planHash}`, { planHash: prepared.planHash });
  if (state.phase !== 'preparing') return;
  enterPhase(turn, 'awaitingAuthorization', null);
  openOwnItem(turn, 'authorization');
}

function takeDecision(turn: ExecutionTurn, decision: Authorize): void {
  const { state, effects } = turn;
  const { authorization } = state;
  if (state.phase !== 'awaitingAuthorization' || authorization.granted) return;
  const note = decision.note ?? null;
  if (decision.decision === 'reject') return reject(turn, decision.by, note ?? 'no reason given');
  if (authorization.approvals.some(({ by }) => by === decision.by)) return;
  authorization.approvals.push({ by: decision.by, at: toIso(state.now), signed: false, note });
  const { required } = authorization.policy as AuthorizationPolicy;
  decide(turn, 'approved', `${decision.by} approved the plan (${authorization.approvals.length} of ${required})`, {
    by: decision.by,
    planHash: decision.planHash ?? '',
    reviewed: true,
    emergencyStopUnderstood: true,
    note,
  });
  if (authorization.approvals.length < required) return;
  authorization.granted = true;
  delete state.inbox.authorization;
  effects.push({ type: 'document' });
}

function reject(turn: ExecutionTurn, by: string | null, reason: string): void {
  turn.state.authorization.rejection = { by, at: toIso(turn.state.now), reason };
  end(turn, 'rejected', by === null ? reason : `rejected by ${by}: ${reason}`);
}

/** The authorization stands in the ledger: only now may anything start. */
function begin(turn: ExecutionTurn): void {
  const { state } = turn;
  if (!state.authorization.granted) return;
  state.authorization.documented = true;
  if (state.phase === 'awaitingAuthorization') enterPhase(turn, 'running', null);
  else if (state.stoppedFrom !== null) state.stoppedFrom = 'running';
  escalateEarlierBreakdowns(turn);
}

const MAX_REFUSALS_KEPT = 50;
const MAX_REFUSAL_TEXT = 500;

function takeRefusal(turn: ExecutionTurn, { name, by, refusal, body }: RefusedMessage): void {
  const { state } = turn;
  if (name === 'authorize') {
    const kept = { type: refusal.type, message: clip(refusal.message, MAX_REFUSAL_TEXT), at: toIso(state.now), by };
    state.authorization.refusals = [...state.authorization.refusals, kept].slice(-MAX_REFUSALS_KEPT);
  }
  const text = `${name} of ${by ?? 'somebody'} was refused: ${refusal.type}: ${refusal.message}`;
  decide(turn, 'messageRefused', text, { name, by, type: refusal.type }, { body });
}

/** Silence has a declared end: an authorization expires, a hold is cancelled. */
function takeDeadlines(turn: ExecutionTurn): void {
  const { state } = turn;
  const pending = pendingOf(turn);
  if (pending && !pending.granted && pending.expiresAtMs <= state.now)
    dropAmendment(turn, pending, `nobody authorized it by ${toIso(pending.expiresAtMs)}`);
  retryChannels(turn);
  dropDueItems(turn);
  const due = Object.values(state.inbox).find(({ deadlineMs }) => deadlineMs <= state.now);
  if (!due) return;
  const silence = `nobody answered "${due.title}" by ${due.deadline}`;
  decide(turn, 'nobodyAnswered', `${silence}: ${due.otherwise}`, { itemId: due.itemId });
  if (due.itemId === 'authorization') return reject(turn, null, `expired: nobody authorized it by ${due.deadline}`);
  if (due.kind === 'rollback') return decideFailedStep(turn, due.itemId, 'abandon', null);
  cancel(turn, silence);
  settle(turn);
}
