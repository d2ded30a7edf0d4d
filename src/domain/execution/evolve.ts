import { assertNever } from '../result.ts';
import type { AgentAvailability, Authorize, Control, EmergencyStop, Respond } from '../messages.ts';
import type { Prepared } from '../prepared.ts';
import type { ExecutionEffect, ExecutionEvent } from './events.ts';
import { openOwnItem } from './own-items.ts';
import { advanceSprints, countDrained, startedSprints, takeLoss, takeOutcome, takeProgress, toStandings } from './sprints.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';
import { watchTimeline } from './timeline.ts';
import { decide, enterPhase, toIso, type ExecutionTurn } from './turn.ts';

/**
 * One step of an execution: preparing → awaitingAuthorization → running → completed, failed or cancelled, with paused, stopping and
 * stopped between, and rejected instead of running. Changes `state` in place, answers what is to be done.
 */
export function evolveExecution(state: ExecutionState, event: ExecutionEvent): ExecutionEffect[] {
  const turn: ExecutionTurn = { state, effects: [] };
  state.now = Math.max(state.now, event.at);
  if (!isExecutionFinal(state.phase)) {
    takeDeadlines(turn);
    takeEvent(turn, event);
    settle(turn);
    watchTimeline(turn);
  } else if (event.type === 'reported') state.report = event.report;
  else if (event.type === 'messageRefused') takeRefusal(turn, event);
  return turn.effects;
}

function takeEvent(turn: ExecutionTurn, event: ExecutionEvent): void {
  const { state, effects } = turn;
  switch (event.type) {
    case 'prepared':
      return takePrepared(turn, event.prepared);
    case 'timePassed':
      return;
    case 'documented':
      return begin(turn);
    case 'sprintProgressed':
      return takeProgress(turn, event);
    case 'sprintEnded':
      return takeOutcome(turn, event.outcome);
    case 'sprintLost':
      return takeLoss(turn, event.sprintId, event.reason);
    case 'reported':
      state.report = event.report;
      return;
    case 'authorizationDecided':
      return takeDecision(turn, event);
    case 'messageRefused':
      return takeRefusal(turn, event);
    case 'paused':
      return pause(turn, event);
    case 'resumed':
      return resume(turn, event);
    case 'emergencyStopped':
      return stop(turn, event);
    case 'cancelRequested':
      return cancel(turn);
    case 'agentAvailabilityChanged':
      return takeAvailability(turn, event);
    case 'priorityChanged':
    case 'statusesForwarded': {
      const { type, at: _at, ...payload } = event;
      effects.push({ type: 'forward', name: type === 'priorityChanged' ? 'setPriority' : 'agentStatus', payload, sprintIds: startedSprints(state) });
      return;
    }
    case 'responded':
      return takeAnswer(turn, event);
    default:
      return assertNever(event);
  }
}

function takePrepared(turn: ExecutionTurn, prepared: Prepared): void {
  const { state } = turn;
  const policy = prepared.resolved.authorization;
  state.prepared = prepared;
  state.sprints = toStandings(prepared);
  state.authorization.policy = policy;
  state.authorization.expiresAtMs = state.now + policy.expiresMs;
  decide(turn, 'prepared', `the plan is ready to be authorized: ${prepared.planHash}`, { planHash: prepared.planHash });
  if (state.phase === 'preparing') awaitAuthorization(turn);
}

function awaitAuthorization(turn: ExecutionTurn): void {
  enterPhase(turn, 'awaitingAuthorization', null);
  openOwnItem(turn, 'authorization', turn.state.authorization.expiresAtMs as number);
}

function takeDecision(turn: ExecutionTurn, decision: Authorize): void {
  const { state, effects } = turn;
  const { authorization } = state;
  const note = decision.note ?? null;
  if (decision.decision === 'reject') return reject(turn, decision.by, note ?? 'no reason given');
  authorization.approvals.push({ by: decision.by, at: toIso(state.now), signed: false, note });
  const required = authorization.policy?.required ?? 1;
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
  state.authorization.documented = true;
  if (state.phase === 'awaitingAuthorization') enterPhase(turn, 'running', null);
  else if (state.phase === 'stopped') state.stoppedFrom = 'running';
}

function takeRefusal(turn: ExecutionTurn, { name, by, refusal, body }: Extract<ExecutionEvent, { type: 'messageRefused' }>): void {
  const { state } = turn;
  if (name === 'authorize') {
    state.authorization.refusals = [...state.authorization.refusals, { ...refusal, at: toIso(state.now), by }].slice(-50);
  }
  decide(turn, 'messageRefused', `${name} of ${by ?? 'somebody'} was refused: ${refusal.type}: ${refusal.message}`, { name, by, type: refusal.type, body });
}

function pause(turn: ExecutionTurn, { by, reason }: Control): void {
  if (turn.state.phase !== 'running') return;
  enterPhase(turn, 'paused', `paused by ${by}${reason ? `: ${reason}` : ''}`);
  openOwnItem(turn, 'paused');
  decide(turn, 'paused', `${by} paused the execution${reason ? `: ${reason}` : ''}`, { by });
  forward(turn, 'pause', { by, reason: reason ?? null });
}

function resume(turn: ExecutionTurn, { by, reason }: Control): void {
  const { state } = turn;
  if (state.phase !== 'paused' && state.phase !== 'stopped') return;
  decide(turn, 'resumed', `${by} resumed the execution${reason ? `: ${reason}` : ''}`, { by });
  delete state.inbox.paused;
  delete state.inbox.stopped;
  if (state.phase === 'stopped' && state.stoppedFrom === 'awaitingAuthorization') {
    state.stoppedFrom = null;
    return state.prepared ? awaitAuthorization(turn) : enterPhase(turn, 'preparing', null);
  }
  state.stoppedFrom = null;
  enterPhase(turn, 'running', null);
  forward(turn, 'resume', { by, reason: reason ?? null });
}

function stop(turn: ExecutionTurn, { by, reason, mode }: EmergencyStop): void {
  const { state } = turn;
  if (state.phase === 'stopped' || state.cancelling) return;
  if (state.phase !== 'stopping') state.stoppedFrom = state.authorization.documented ? 'running' : 'awaitingAuthorization';
  delete state.inbox.paused;
  delete state.inbox.authorization;
  decide(turn, 'emergencyStopped', `${by} stopped the execution (${mode}): ${reason}`, { by, mode });
  enterPhase(turn, 'stopping', `stopped by ${by}: ${reason}`);
  for (const sprint of state.sprints) if (sprint.state === 'started' && sprint.progress) sprint.progress = { ...sprint.progress, phase: 'stopping' };
  forward(turn, 'emergencyStop', { by, reason, mode });
}

function cancel(turn: ExecutionTurn): void {
  const { state, effects } = turn;
  if (state.cancelling) return;
  state.cancelling = true;
  state.inbox = {};
  decide(turn, 'cancelRequested', 'the execution is being cancelled');
  enterPhase(turn, 'stopping', 'cancelled');
  effects.push({ type: 'cancelSprints' });
}

function takeAvailability(turn: ExecutionTurn, { agent_id, available, capacity, until, reason }: AgentAvailability): void {
  const change = { agent_id, available, capacity: capacity ?? null, until: until ?? null, reason: reason ?? null };
  turn.state.availability[agent_id] = change;
  decide(turn, 'agentAvailabilityChanged', `${agent_id} is ${available ? 'available' : 'unavailable'}`, change);
  forward(turn, 'agentAvailability', change);
}

function takeAnswer(turn: ExecutionTurn, { by, itemId, decision, note, data }: Respond): void {
  const { state } = turn;
  if (itemId in state.inbox) return resume(turn, { by, reason: note });
  const owners = state.sprints.filter(({ progress }) => progress?.inbox.some((item) => item.itemId === itemId));
  const payload = { by, itemId, decision, note: note ?? null, data: data ?? null };
  turn.effects.push({ type: 'forward', name: 'respond', payload, sprintIds: owners.map(({ id }) => id) });
}

function forward({ state, effects }: ExecutionTurn, name: string, payload: unknown): void {
  effects.push({ type: 'forward', name, payload, sprintIds: startedSprints(state) });
}

/** Silence has a declared end: an authorization expires, a hold is cancelled. */
function takeDeadlines(turn: ExecutionTurn): void {
  const { state } = turn;
  for (const item of Object.values(state.inbox)) {
    if (item.deadlineMs > state.now) continue;
    decide(turn, 'nobodyAnswered', `nobody answered "${item.title}" by ${item.deadline}: ${item.otherwise}`, { itemId: item.itemId });
    if (item.itemId === 'authorization') reject(turn, null, `expired: nobody authorized it by ${item.deadline}`);
    else cancel(turn);
  }
}

function settle(turn: ExecutionTurn): void {
  const { state } = turn;
  if (isExecutionFinal(state.phase)) return;
  if (state.phase === 'stopping') settleStop(turn);
  if (state.phase === 'running' || state.cancelling) advanceSprints(turn);
  const isOver = state.authorization.documented && state.sprints.every((sprint) => sprint.state === 'ended' || sprint.state === 'skipped');
  if (!isOver || isExecutionFinal(state.phase)) return;
  const broken = state.sprints.filter(({ progress }) => progress?.phase !== 'completed');
  if (state.cancelling) end(turn, 'cancelled', 'cancelled');
  else if (broken.length > 0) end(turn, 'failed', broken.map(({ id, progress }) => `sprint ${id} ${progress?.phase ?? 'skipped'}`).join(', '));
  else end(turn, 'completed', null);
}

/** Stopped once no started sprint has anything at work; a cancel ends when no started sprint is left. */
function settleStop(turn: ExecutionTurn): void {
  const { state } = turn;
  const started = state.sprints.filter((sprint) => sprint.state === 'started');
  if (state.cancelling) {
    if (started.length === 0) end(turn, 'cancelled', 'cancelled');
    return;
  }
  if (!started.every(({ progress }) => progress?.phase === 'stopped')) return;
  enterPhase(turn, 'stopped', state.reason);
  const { done, of } = countDrained(state) ?? { done: 0, of: 0 };
  decide(turn, 'drained', `drained ${done} of ${of}`, { done, of });
  openOwnItem(turn, 'stopped');
}

function end(turn: ExecutionTurn, phase: 'completed' | 'failed' | 'rejected' | 'cancelled', reason: string | null): void {
  const { state, effects } = turn;
  enterPhase(turn, phase, reason);
  state.endedAt = state.now;
  state.inbox = {};
  decide(turn, 'executionEnded', `the execution ${phase}${reason ? `: ${reason}` : ''}`, { phase });
  effects.push({ type: 'notify', kind: 'ended', title: `${state.executionId} ${phase}`, text: reason ?? 'all tasks are done' });
}
