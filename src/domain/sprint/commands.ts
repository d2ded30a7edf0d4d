import type { z } from 'zod';
import { alertOf, checkAcknowledgement } from '../alerts.ts';
import type { Refusal } from '../failure.ts';
import {
  agentAvailabilitySchema,
  controlSchema,
  emergencyStopSchema,
  reassignTaskSchema,
  respondSchema,
  rollbackSchema,
  setPrioritySchema,
  type CommandName,
} from '../messages.ts';
import { parseMessage } from '../parse-message.ts';
import { err, ok, type Result } from '../result.ts';
import type { SprintEvent } from './events.ts';
import { mayPause } from './control.ts';
import { checkOwnResponse } from './people.ts';
import { checkReassignment } from './reassignment.ts';
import { checkRollback } from './rollbacks.ts';
import { isFinal, type SprintPhase } from './state.ts';
import type { Sprint } from './turn.ts';

/** Turns a message into an event, or says why it is refused. `authorize` is not the sprint's: it has been authorized. */
export function toSprintEvent(sprint: Sprint, name: CommandName, raw: unknown, at: number): Result<SprintEvent, Refusal> {
  const { phase } = sprint.state;
  if (isFinal(phase)) return notNow(name, phase, 'the sprint has ended');
  switch (name) {
    case 'authorize':
      return err({ type: 'AlreadyDecided', message: 'this sprint has been authorized and is under way' });
    case 'emergencyStop':
      return ok({ type: 'emergencyStopped', at, ...emergencyStopSchema.parse(isRecord(raw) ? raw : {}) });
    case 'pause':
      if (!mayPause(sprint.state)) return notNow(name, phase, 'only a running sprint can be paused');
      return toEvent(controlSchema, raw, (data) => ok({ type: 'paused', at, ...data }));
    case 'resume':
      if (phase !== 'paused' && phase !== 'stopped') return notNow(name, phase, describeResume(sprint));
      return toEvent(controlSchema, raw, (data) => ok({ type: 'resumed', at, ...data }));
    case 'agentAvailability':
      return toEvent(agentAvailabilitySchema, raw, (data) =>
        sprint.index.agentNumber.has(data.agent_id)
          ? ok({ type: 'agentAvailabilityChanged', at, ...data })
          : unknown('UnknownAgent', data.agent_id, sprint.index.agentNumber),
      );
    case 'setPriority':
      return toEvent(setPrioritySchema, raw, (data) =>
        sprint.index.taskNumber.has(data.taskId)
          ? ok({ type: 'priorityChanged', at, ...data })
          : unknown('UnknownTask', data.taskId, sprint.index.taskNumber),
      );
    case 'rollback':
      return toEvent(rollbackSchema, raw, (data) => {
        const refusal = checkRollback(sprint, data);
        return refusal === null ? ok({ type: 'rollbackRequested', at, ...data }) : err(refusal);
      });
    case 'amendPlan':
      return err({ type: 'NotAllowedInPhase', message: 'a sprint is amended through its execution: send amendPlan there' });
    case 'reassignTask':
      return toEvent(reassignTaskSchema, raw, (data) => {
        if (!sprint.index.taskNumber.has(data.taskId)) return unknown('UnknownTask', data.taskId, sprint.index.taskNumber);
        if (!sprint.index.agentNumber.has(data.agentId)) return unknown('UnknownAgent', data.agentId, sprint.index.agentNumber);
        const allowed = checkReassignment(sprint, data);
        return allowed.ok ? ok({ type: 'taskReassigned', at, ...data }) : allowed;
      });
    case 'respond':
      return toEvent(respondSchema, raw, (data) => {
        const id = alertOf(data);
        if (id !== null) {
          const alert = checkAcknowledgement(sprint.state.alerts, sprint.definition.people, data, id);
          return alert.ok ? ok({ type: 'alertAcknowledged', at, by: data.by, id }) : alert;
        }
        const item = checkOwnResponse(sprint, data);
        return item.ok ? ok({ type: 'responded', at, ...data }) : item;
      });
  }
}

const isRecord = (raw: unknown): raw is object => typeof raw === 'object' && raw !== null && !Array.isArray(raw);

function toEvent<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  accept: (data: T) => Result<SprintEvent, Refusal>,
): Result<SprintEvent, Refusal> {
  const data = parseMessage(schema, raw);
  return data.ok ? accept(data.value) : data;
}

function notNow(name: CommandName, phase: SprintPhase, why: string): Result<never, Refusal> {
  return err({ type: 'NotAllowedInPhase', message: `${name} is not possible while ${phase}: ${why}` });
}

function describeResume({ state }: Sprint): string {
  if (state.phase !== 'stopping') return 'nothing is paused or stopped';
  const { done, of } = state.drain as NonNullable<typeof state.drain>;
  return `drained ${done} of ${of}; try again when it is stopped`;
}

const MAX_NAMED = 20;

function unknown(type: 'UnknownAgent' | 'UnknownTask', id: string, known: ReadonlyMap<string, number>): Result<never, Refusal> {
  const names = [...known.keys()].slice(0, MAX_NAMED).join(', ');
  return err({ type, message: `"${id}" is not in this sprint; it has ${names}${known.size > MAX_NAMED ? ', …' : ''}` });
}
