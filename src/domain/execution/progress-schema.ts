import { z } from 'zod';
import { BUDGET_KINDS } from '../budget.ts';
import { ALERT_KINDS } from '../escalation/policy.ts';
import { CHANGEABLE, EXTENSIONS } from '../escalation/decision-data.ts';
import { BOUNDED_JSON_RULE, isBoundedJson } from '../bounded-json.ts';
import { CAUSE_KINDS } from '../escalation/escalation.ts';
import { parseMessage } from '../parse-message.ts';
import { PRIORITIES } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import type { Refusal } from '../failure.ts';
import type { ExecutionEvent, ProgressReport } from './events.ts';
import { DROP_REASONS } from '../sprint/mail.ts';
import { standingOf } from './standings.ts';
import type { ExecutionState } from './state.ts';

/** Anyone can send a signal: every field of a report is checked, and what a sprint would never send is refused. */

const text = (length: number) => z.string().max(length);
const count = z.int().min(0).max(1_000_000);
const sum = z.int().min(0);
const measures = z.array(text(1_000)).max(20);
const time = text(64);
const moment = z.number().min(0).max(8.64e15);
const taskState = z.enum(['waiting', 'running', 'blocked', 'done', 'failed', 'cancelled', 'skipped']);

const agentStatus = z.object({
  agent_id: text(128),
  status: z.enum(['working', 'blocked', 'completed', 'error']),
  current_task: text(512).nullable(),
  progress_percentage: z.number().min(0).max(100),
  estimated_completion: time.nullable(),
  blocking_issues: z.array(text(1_000)).max(50),
  next_coordination_point: text(256).nullable(),
  outputs_ready: z.array(text(256)).max(200),
});

const budgetKinds = z.array(z.enum(BUDGET_KINDS)).max(BUDGET_KINDS.length).optional();

const inboxItem = z.object({
  itemId: text(512),
  kind: z.enum(['humanTask', 'question', 'stopped', 'paused', 'agentUnavailable', 'escalation', 'offer', 'topUp', 'rollback']),
  title: text(500),
  question: text(4_000),
  options: z.array(text(256)).max(50),
  people: z.union([z.literal('anyone'), z.array(text(128)).max(1_000)]),
  since: time,
  deadline: time,
  otherwise: text(500),
  sprint: text(128).nullable(),
  task: text(128).nullable(),
  via: z.array(text(128)).max(100).optional(),
  measures: measures.optional(),
  topUp: budgetKinds,
  takes: z
    .object({
      reassign: z.array(text(128)).max(100).optional(),
      extend: z.array(z.enum(EXTENSIONS)).max(EXTENSIONS.length).optional(),
      change: z.array(z.enum(CHANGEABLE)).max(CHANGEABLE.length).optional(),
      topUp: budgetKinds,
    })
    .optional(),
});

const messages = z.object({
  sent: sum,
  bytes: sum,
  delivered: sum,
  dropped: z.partialRecord(z.enum(DROP_REASONS), sum),
  openRequests: count,
  unanswered: sum,
  medianDeliveryMs: z.number().min(0).max(1e12).nullable(),
});
const emergencies = z
  .array(
    z.object({
      kind: z.enum(CAUSE_KINDS),
      id: text(256),
      sprint: text(128),
      since: time,
      endedAt: time.nullable(),
      text: text(1_000),
      measures,
      circuit: z.enum(['open', 'halfOpen']).optional(),
    }),
  )
  .max(1_000);
const amount = z.number().min(-1e15).max(1e15);
const usage = { tokens: amount, cost: amount };
const budgets = z
  .array(
    z.object({
      budget: text(200),
      kind: z.enum(BUDGET_KINDS),
      spent: amount,
      limit: amount,
      toppedUp: amount,
      isUsedUp: z.boolean(),
    }),
  )
  .max(50_000)
  .optional();

const decision = z.object({
  at: time,
  event: text(128),
  text: text(1_000),
  data: z.unknown().refine(isBoundedJson, `expected ${BOUNDED_JSON_RULE}`),
});

const progress = z.object({
  sprintId: text(128),
  phase: z.enum(['running', 'paused', 'stopping', 'stopped', 'rollingBack', 'completed', 'failed', 'cancelled']),
  reason: text(8_000).nullable(),
  progressPercentage: z.number().min(0).max(100),
  forecastCompletion: time.nullable(),
  tasks: z.object({
    total: count,
    waiting: count,
    running: count,
    blocked: count,
    done: count,
    failed: count,
    cancelled: count,
    skipped: count,
  }),
  agents: z.array(agentStatus).max(200),
  alerts: z
    .array(
      z.object({
        id: text(256),
        kind: z.enum(ALERT_KINDS),
        text: text(1_000),
        since: time,
        count: count.optional(),
        via: z.array(text(128)).max(100).optional(),
        acknowledged: z.object({ by: text(128), at: time }).optional(),
      }),
    )
    .max(200),
  inbox: z.array(inboxItem).max(2_000),
  coordination: z.object({
    checkpoints: z
      .array(z.object({ id: text(128), sprint: text(128), state: z.enum(['ahead', 'gathering', 'passed']) }))
      .max(10_000),
    leases: z.array(z.object({ resource: text(512), task: text(128), mode: text(16), token: z.int().min(0) })).max(1_000),
    inactiveAgents: z.array(text(128)).max(10_000),
    drained: z.object({ done: count, of: count }).nullable(),
    messages: messages.optional(),
    emergencies: emergencies.optional(),
  }),
  budgets,
  usage: z
    .array(z.object({ agent_id: text(128), ...usage }))
    .max(10_000)
    .optional(),
  topUps: z.array(decision).max(100).optional(),
});

const taskNews = z.object({
  id: text(128),
  state: taskState,
  priority: z.enum(PRIORITIES),
  agent_id: text(128).nullable(),
  attempts: count,
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  reason: text(1_000).nullable(),
  deliverables: z
    .array(z.object({ id: text(128), path: text(4_096), uri: text(16_384), sha256: text(128), size: z.number().min(0) }))
    .max(10_000),
  usage: z.object(usage).optional(),
  budgets,
});

const progressReport = z.object({ progress, changed: z.array(taskNews).max(2_000), decisions: z.array(decision).max(100) });

export type ProgressEvent = Extract<ExecutionEvent, { type: 'sprintProgressed' }>;

/** The report of a sprint as an event, or why it is refused. One of a sprint that has ended meanwhile is late and changes nothing. */
export function toProgressEvent(state: ExecutionState, raw: unknown, at: number): Result<ProgressEvent, Refusal> {
  const parsed = parseMessage(progressReport, raw);
  if (!parsed.ok) return parsed;
  const report = parsed.value as ProgressReport;
  const { sprintId } = report.progress;
  if (!standingOf(state, sprintId)) return err({ type: 'UnknownSprint', message: `the plan has no sprint "${sprintId}"` });
  return ok({ type: 'sprintProgressed', at, ...report });
}
