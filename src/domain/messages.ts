import { z } from 'zod';
import { BOUNDED_JSON_RULE, isBoundedJson } from './bounded-json.ts';
import { PRIORITIES } from './plan/plan.ts';
import { ROLLBACK_POLICIES } from './rollback/undo-step.ts';

/** Payloads of signals and updates. Unknown fields are ignored; anything else that does not fit is refused with `InvalidMessage`. */

const name = z.string().trim().min(1, 'expected a name').max(128);
const text = z.string().max(4000);
/** In one amendment. */
const MAX_CHANGES = 500;
const id = z.string().min(1).max(512);

export const authorizeSchema = z.object({
  by: name,
  decision: z.enum(['approve', 'reject']),
  planHash: z.string().max(128).optional(),
  reviewed: z.boolean().optional(),
  emergencyStopUnderstood: z.boolean().optional(),
  note: text.nullish(),
  token: z.string().max(16_384).nullish(),
});
export type Authorize = z.infer<typeof authorizeSchema>;

export const emergencyStopSchema = z.object({
  by: name.catch('unknown').default('unknown'),
  reason: text.catch('no reason given').default('no reason given'),
  mode: z.enum(['halt', 'drain']).catch('halt').default('halt'),
});
export type EmergencyStop = z.infer<typeof emergencyStopSchema>;

export const controlSchema = z.object({ by: name, reason: text.nullish() });
export type Control = z.infer<typeof controlSchema>;

export const agentAvailabilitySchema = z.object({
  agent_id: id,
  available: z.boolean(),
  capacity: z.int().min(0).max(10_000).nullish(),
  until: z.iso.datetime({ offset: true }).nullish(),
  reason: text.nullish(),
});
export type AgentAvailability = z.infer<typeof agentAvailabilitySchema>;

export const respondSchema = z.object({
  by: name,
  itemId: id,
  decision: z.string().trim().min(1).max(256),
  note: text.nullish(),
  data: z.unknown().refine(isBoundedJson, `expected ${BOUNDED_JSON_RULE}`).optional(),
});
export type Respond = z.infer<typeof respondSchema>;

export const setPrioritySchema = z.object({
  by: name,
  taskId: id,
  priority: z.enum(PRIORITIES),
  reason: text.nullish(),
});
export type SetPriority = z.infer<typeof setPrioritySchema>;

export const rollbackSchema = z.object({
  by: name,
  to: z.union([z.literal('start'), z.object({ checkpoint: id }), z.object({ sprint: id })]),
  policy: z.enum(ROLLBACK_POLICIES).nullish(),
  reason: text.nullish(),
});
export type Rollback = z.infer<typeof rollbackSchema>;
const amount = z.number().min(0).max(1e15);
export const reassignTaskSchema = z.object({
  by: name,
  taskId: id,
  agentId: id,
  reason: text.nullish(),
  force: z.boolean().nullish(),
});
export type ReassignTask = z.infer<typeof reassignTaskSchema>;

/** The changes themselves are read with the plan that they are of: see `domain/plan/amendment`. */
export const amendPlanSchema = z.object({
  by: name,
  changes: z.array(z.unknown()).min(1, 'expected at least one change').max(MAX_CHANGES),
  dryRun: z.boolean().nullish(),
  reason: text.nullish(),
});
export type AmendPlan = z.infer<typeof amendPlanSchema>;

export const statusReportSchema = z.object({
  agent_id: id,
  status: z.enum(['working', 'blocked', 'completed', 'error']),
  current_task: z.string().max(512).nullish(),
  progress_percentage: z.number().min(0).max(100).catch(0).default(0),
  estimated_completion: z.string().max(64).nullish(),
  blocking_issues: z.array(z.string().max(1000)).max(50).nullish(),
  next_coordination_point: z.string().max(256).nullish(),
  outputs_ready: z.array(z.string().max(256)).max(200).nullish(),
  task_id: z.string().max(512).optional(),
  attempt: z.int().min(1).optional(),
  usage: z.object({ tokens: amount, cost: amount }).optional(),
  silent: z.boolean().optional(),
  handover: z.object({ acknowledged: z.boolean(), moving: z.boolean() }).optional(),
  question: z.object({ id: z.string().max(128), text, options: z.array(z.string().max(256)).max(20) }).optional(),
});
export const agentStatusSchema = z.object({
  reports: z.array(z.unknown()).max(2000),
  /** From workers: what agents say to each other, and what their workers say of that. */
  messages: z.array(z.unknown()).max(1000).nullish(),
  receipts: z.array(z.unknown()).max(2000).nullish(),
});

export const pageSchema = z.object({
  offset: z.int().min(0).catch(0).default(0),
  limit: z.int().min(1).max(200).catch(100).default(100),
});

/** Messages that both `execution` and `sprint` take as a signal and as an update. */
export const COMMANDS = [
  'authorize',
  'emergencyStop',
  'pause',
  'resume',
  'agentAvailability',
  'respond',
  'setPriority',
  'rollback',
  'amendPlan',
  'reassignTask',
] as const;
export type CommandName = (typeof COMMANDS)[number];
