import { EVERYBODY, outsideMessageSchema, TO_TASK, type OutsideMessage } from '../agent-message.ts';
import type { Refusal } from '../failure.ts';
import { parseMessage } from '../parse-message.ts';
import type { Prepared } from '../prepared.ts';
import { err, ok, type Result } from '../result.ts';
import type { ExecutionEvent } from './events.ts';
import { tasksOf } from './standings.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

/** A message from outside as an event for the sprints at work that it concerns, or why it is refused. */
export function toMessageEvent(state: ExecutionState, raw: unknown, at: number): Result<ExecutionEvent, Refusal> {
  const parsed = parseMessage(outsideMessageSchema, raw);
  if (!parsed.ok) return parsed;
  if (isExecutionFinal(state.phase) || state.prepared === null) {
    return err({ type: 'NotAllowedInPhase', message: `message is not possible: the phase is ${state.phase}` });
  }
  const sprintIds = state.sprints.flatMap(({ id, state: now }) =>
    now === 'started' && concerns(state, id, parsed.value) ? [id] : [],
  );
  if (sprintIds.length > 0) return ok({ type: 'messageForwarded', at, message: parsed.value, sprintIds });
  const to = parsed.value.to ?? `what ${parsed.value.inReplyTo} asked`;
  return err({
    type: 'UnknownAgent',
    message: `no sprint at work has anything to do with "${to}"; the query agents lists who is at work`,
  });
}

function concerns(state: ExecutionState, sprintId: string, { to }: OutsideMessage): boolean {
  if (to === null || to === EVERYBODY) return true;
  if (to.startsWith(TO_TASK)) return tasksOf(state, sprintId).some(({ id }) => id === to.slice(TO_TASK.length));
  const { plan } = (state.prepared as Prepared).resolved;
  return plan.sprints.some(({ id, agents }) => id === sprintId && agents.includes(to));
}
