import type { z } from 'zod';
import type { Refusal } from '../failure.ts';
import { agentAvailabilitySchema, controlSchema, emergencyStopSchema, respondSchema, setPrioritySchema, type CommandName, type Respond } from '../messages.ts';
import { parseMessage } from '../parse-message.ts';
import { err, ok, type Result } from '../result.ts';
import { checkResponse } from '../sprint/people.ts';
import type { InboxItem } from '../views.ts';
import { checkAuthorize } from './authorization.ts';
import type { ExecutionEvent } from './events.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

/** Turns a message into an event, or says why it is refused. */
export function toExecutionEvent(state: ExecutionState, name: CommandName, raw: unknown, at: number): Result<ExecutionEvent, Refusal> {
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
      return accept(checkKnown(state, agentAvailabilitySchema, raw), (data) => ({ type: 'agentAvailabilityChanged', at, ...data }));
    case 'setPriority':
      return accept(checkKnown(state, setPrioritySchema, raw), (data) => ({ type: 'priorityChanged', at, ...data }));
    case 'respond':
      return accept(checkAnswer(state, raw), (data) => ({ type: 'responded', at, ...data }));
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

function checkKnown<T extends { agent_id: string } | { taskId: string }>(state: ExecutionState, schema: z.ZodType<T>, raw: unknown): Result<T, Refusal> {
  const data = parseMessage(schema, raw);
  if (!data.ok) return data;
  const resolved = state.prepared?.resolved;
  if (!resolved) return refuse('NotAllowedInPhase', 'the plan is still being prepared; try again when it awaits authorization');
  const message = data.value;
  if ('agent_id' in message && !resolved.agents.some(({ id }) => id === message.agent_id)) {
    return refuse('UnknownAgent', `the plan has no agent "${message.agent_id}"; it has ${resolved.agents.map(({ id }) => id).slice(0, 20).join(', ')}`);
  }
  if ('taskId' in message && !resolved.plan.sprints.some(({ tasks }) => tasks.some(({ id }) => id === message.taskId))) {
    return refuse('UnknownTask', `the plan has no task "${message.taskId}"; the query tasks lists them`);
  }
  return data;
}

/** An item of the execution itself or of one of its sprints, as they have told. */
function checkAnswer(state: ExecutionState, raw: unknown): Result<Respond, Refusal> {
  const data = parseMessage(respondSchema, raw);
  if (!data.ok) return data;
  if (data.value.itemId === 'authorization' && state.inbox.authorization) {
    return refuse('InvalidMessage', 'the item "authorization" is answered with the message authorize and the plan hash');
  }
  const items = Object.fromEntries(allItems(state).map((item) => [item.itemId, { ...item, deadlineMs: 0 }]));
  const item = checkResponse({ inbox: items }, data.value);
  return item.ok ? data : item;
}

/** Everything that waits on a person, its sprints' items included; a sprint's own item named like one of the execution's comes after it. */
export function allItems(state: ExecutionState): InboxItem[] {
  const own = Object.values(state.inbox).map(({ deadlineMs: _deadlineMs, ...item }) => item);
  return [...own, ...state.sprints.flatMap(({ state: now, progress }) => (now === 'started' ? (progress?.inbox ?? []) : []))];
}
