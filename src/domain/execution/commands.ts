import type { Refusal } from '../failure.ts';
import {
  agentAvailabilitySchema,
  agentStatusSchema,
  controlSchema,
  emergencyStopSchema,
  respondSchema,
  rollbackSchema,
  setPrioritySchema,
  statusReportSchema,
  type AgentAvailability,
  type CommandName,
  type Respond,
  type Rollback,
  type SetPriority,
} from '../messages.ts';
import { alertOf, checkAcknowledgement } from '../alerts.ts';
import { ownValue } from '../own-value.ts';
import { parseMessage } from '../parse-message.ts';
import { err, ok, type Result } from '../result.ts';
import { checkResponse } from '../sprint/people.ts';
import type { TaskStanding } from '../stale-attempt.ts';
import { checkAmendment } from './amendments/check-amendment.ts';
import { checkAuthorize } from './authorization.ts';
import type { ExecutionEvent } from './events.ts';
import { answerersOf } from '../answerers.ts';
import { allAlerts } from './alerts.ts';
import { allItems } from './inbox.ts';
import { checkReassignment } from './reassignment.ts';
import { findRolledBack } from './rollbacks.ts';
import { sprintOfTask, standingOf } from './standings.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

/** Turns a message into an event, or says why it is refused. Never throws, whatever `raw` is. */
export function toExecutionEvent(
  state: ExecutionState,
  name: CommandName,
  raw: unknown,
  at: number,
): Result<ExecutionEvent, Refusal> {
  state.now = Math.max(state.now, at);
  const { phase } = state;
  if (name === 'authorize') return accept(checkAuthorize(state, raw), (data) => ({ type: 'authorizationDecided', at, ...data }));
  if (isExecutionFinal(phase)) return refuse('NotAllowedInPhase', `${name} is not possible: the execution has ended (${phase})`);
  switch (name) {
    case 'emergencyStop':
      return ok({ type: 'emergencyStopped', at, ...emergencyStopSchema.parse(isRecord(raw) ? raw : {}) });
    case 'pause':
      if (phase !== 'running') return refuse('NotAllowedInPhase', `pause is possible while running; the phase is ${phase}`);
      return accept(parseMessage(controlSchema, raw), (data) => ({ type: 'paused', at, ...data }));
    case 'resume':
      if (phase !== 'paused' && phase !== 'stopped') return refuse('NotAllowedInPhase', describeResume(state));
      return accept(parseMessage(controlSchema, raw), (data) => ({ type: 'resumed', at, ...data }));
    case 'agentAvailability':
      return accept(checkAvailability(state, raw), (data) => ({ type: 'agentAvailabilityChanged', at, ...data }));
    case 'setPriority':
      return accept(checkPriority(state, raw), (data) => ({ type: 'priorityChanged', at, ...data }));
    case 'amendPlan':
      return accept(checkAmendment(state, raw), (data) => ({ type: 'amended', at, ...data }));
    case 'reassignTask':
      return accept(checkReassignment(state, raw), (data) => ({ type: 'taskReassigned', at, ...data }));
    case 'respond':
      return accept(checkAnswer(state, raw), (data) => ({ type: 'responded', at, ...data }));
    case 'rollback':
      return accept(checkRollback(state, raw), (data) => ({ type: 'rollbackRequested', at, ...data }));
  }
}

const isRecord = (raw: unknown): raw is object => typeof raw === 'object' && raw !== null && !Array.isArray(raw);
const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });

function accept<T>(data: Result<T, Refusal>, toEvent: (data: T) => ExecutionEvent): Result<ExecutionEvent, Refusal> {
  return data.ok ? ok(toEvent(data.value)) : data;
}

function describeResume({ phase, sprints }: ExecutionState): string {
  const started = sprints.filter((sprint) => sprint.state === 'started').length;
  if (phase === 'stopping') return `resume is possible when it has stopped; ${started} sprints are still draining`;
  return `resume is possible while paused or stopped; the phase is ${phase}`;
}

const MAX_NAMED = 20;

function checkAvailability(state: ExecutionState, raw: unknown): Result<AgentAvailability, Refusal> {
  const data = parseMessage(agentAvailabilitySchema, raw);
  if (!data.ok) return data;
  const agents = state.prepared?.resolved.agents.map(({ id }) => id);
  if (!agents) return refuse('NotAllowedInPhase', NOT_PREPARED);
  if (agents.includes(data.value.agent_id)) return data;
  const names = agents.slice(0, MAX_NAMED).join(', ') + (agents.length > MAX_NAMED ? ', …' : '');
  return refuse('UnknownAgent', `the plan has no agent "${data.value.agent_id}"; it has ${names}`);
}

function checkPriority(state: ExecutionState, raw: unknown): Result<SetPriority, Refusal> {
  const data = parseMessage(setPrioritySchema, raw);
  if (!data.ok) return data;
  if (!state.prepared) return refuse('NotAllowedInPhase', NOT_PREPARED);
  const sprintId = sprintOfTask(state, data.value.taskId);
  if (sprintId === null) return refuse('UnknownTask', `the plan has no task "${data.value.taskId}"; the query tasks lists them`);
  const standing = standingOf(state, sprintId)?.state;
  if (standing === 'waiting' || standing === 'started') return data;
  return refuse('NotAllowedInPhase', `sprint ${sprintId} of the task "${data.value.taskId}" has been ${standing}`);
}

const NOT_PREPARED = 'the plan is still being prepared; try again when it awaits authorization';

/** An item of the execution itself or of one of its sprints, as they have told. */
function checkAnswer(state: ExecutionState, raw: unknown): Result<Respond, Refusal> {
  const data = parseMessage(respondSchema, raw);
  if (!data.ok) return data;
  if (data.value.itemId === 'authorization' && (state.inbox.authorization || state.amendments?.pending)) {
    return refuse('InvalidMessage', 'the item "authorization" is answered with the message authorize and the plan hash');
  }
  const id = alertOf(data.value);
  if (id !== null) {
    const alert = checkAcknowledgement(allAlerts(state), answerersOf(state.authorization.policy), data.value, id);
    return alert.ok ? data : alert;
  }
  const items = Object.fromEntries(allItems(state).map((item) => [item.itemId, { ...item, deadlineMs: 0 }]));
  const item = checkResponse(items, data.value, (taskId) => toStanding(state, taskId));
  return item.ok ? data : item;
}

function toStanding({ tasks }: ExecutionState, taskId: string): TaskStanding | undefined {
  const news = ownValue(tasks, taskId);
  return news && { attempt: news.attempts, state: news.state };
}

function checkRollback(state: ExecutionState, raw: unknown): Result<Rollback, Refusal> {
  const data = parseMessage(rollbackSchema, raw);
  if (!data.ok) return data;
  const sprints = findRolledBack(state, data.value);
  return sprints.ok ? data : sprints;
}

/** What outside agents report; a report that does not fit is left out, the others of its message count. */
export function toStatusesEvent(raw: unknown, at: number): Result<ExecutionEvent, Refusal> {
  const body = parseMessage(agentStatusSchema, raw);
  if (!body.ok) return body;
  const reports = body.value.reports.flatMap((report) => {
    const parsed = parseMessage(statusReportSchema, report);
    return parsed.ok ? [parsed.value] : [];
  });
  return ok({ type: 'statusesForwarded', at, reports });
}
