import type { z } from 'zod';
import type { Refusal } from './failure.ts';
import {
  agentAvailabilitySchema,
  authorizeSchema,
  amendPlanSchema,
  controlSchema,
  reassignTaskSchema,
  respondSchema,
  rollbackSchema,
  setPrioritySchema,
  type CommandName,
} from './messages.ts';
import { parseMessage } from './parse-message.ts';

/** An emergency stop has no shape: it stops whatever its payload is. */
const SCHEMAS: Readonly<Record<Exclude<CommandName, 'emergencyStop'>, z.ZodType>> = {
  authorize: authorizeSchema,
  pause: controlSchema,
  resume: controlSchema,
  agentAvailability: agentAvailabilitySchema,
  respond: respondSchema,
  setPriority: setPrioritySchema,
  rollback: rollbackSchema,
  amendPlan: amendPlanSchema,
  reassignTask: reassignTaskSchema,
};

/** Whether the body of a command is well-formed; says what is wrong when it is not. */
export function checkShape(name: CommandName, raw: unknown): Refusal | null {
  if (name === 'emergencyStop') return null;
  const parsed = parseMessage(SCHEMAS[name], raw);
  return parsed.ok ? null : parsed.error;
}
