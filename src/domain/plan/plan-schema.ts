import { z } from 'zod';
import { contingencySchema } from '../emergencies/contingency-schema.ts';
import { qualitySchema, supervisionSchema } from '../emergencies/policy-schema.ts';
import { escalationSchema } from '../escalation/policy-schema.ts';
import { MESSAGE_KINDS, type MessageKind } from '../agent-message.ts';
import { mediationSchema } from '../mediation/policy-schema.ts';
import { reallocationSchema } from '../reallocation/policy-schema.ts';
import { budget, count, duration, fields, id, type LaterWork, list, taskBudget, text } from '../source/shape.ts';
import { PRIORITIES } from './plan.ts';

/** The plan as people write it: most fields may be left out, durations are text, a dependency may be a bare id. */

const TIME_RULE = 'an ISO 8601 time with zone that exists, such as 2026-12-01T09:00:00Z';
const isoTime = z
  .string({ error: TIME_RULE })
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/, { error: TIME_RULE })
  .refine(isInCalendar, { error: TIME_RULE });

const DAY_RULE = 'a date that exists, such as 2026-12-01, or an ISO 8601 time with zone';
const day = z
  .string({ error: DAY_RULE })
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/, { error: DAY_RULE })
  .refine(isInCalendar, { error: DAY_RULE });

/** `Date.parse` takes 2026-02-30 for 2 March: the day must come back as it was. */
function isInCalendar(time: string): boolean {
  const date = time.slice(0, 10);
  const parsed = Date.parse(date);
  return !Number.isNaN(Date.parse(time)) && !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(date);
}

const timeline = fields({ start: day.nullish(), end: day.nullish() }).refine(
  ({ start, end }) => !start || !end || Date.parse(end) >= Date.parse(start),
  { error: 'an end that is not before the start', path: ['end'] },
);

export interface WrittenCondition {
  readonly all?: readonly WrittenCondition[];
  readonly any?: readonly WrittenCondition[];
  readonly task?: string;
  readonly reached?: 'finished' | 'failed' | 'started';
  readonly deliverable?: string;
  readonly of?: string;
  readonly checkpoint?: string;
  readonly message?: MessageKind;
  readonly from?: string | null;
  readonly metric?: 'error_rate' | 'overall_progress';
  readonly above?: number | null;
  readonly below?: number | null;
  readonly after?: string;
  readonly at?: string;
}

const limit = z
  .number({ error: 'a number from 0 to 100' })
  .min(0, { error: 'a number from 0 to 100' })
  .max(100, { error: 'a number from 0 to 100' });
const conditions = z.array(z.lazy((): z.ZodType<WrittenCondition> => condition)).min(1, { error: 'at least one condition' });

const condition: z.ZodType<WrittenCondition> = z.union([
  fields({ all: conditions }),
  fields({ any: conditions }),
  fields({ task: id, reached: z.enum(['finished', 'failed', 'started']) }),
  fields({ deliverable: id, of: id }),
  fields({ checkpoint: id }),
  fields({ message: z.enum(MESSAGE_KINDS), from: id.nullish() }),
  fields({ metric: z.enum(['error_rate', 'overall_progress']), above: limit.nullish(), below: limit.nullish() }).refine(
    ({ above, below }) => typeof above === 'number' || typeof below === 'number',
    { error: 'a limit: above or below' },
  ),
  fields({ after: duration }),
  fields({ at: isoTime }),
]) as z.ZodType<WrittenCondition>;

const dependency = z.union([id, fields({ task: id, until: z.enum(['finished']).nullish() })]);
const resourceNeed = z.union([id, fields({ id, mode: z.enum(['exclusive', 'shared']).nullish() })]);
const relativePath = text(1024);

export const taskSchema = fields({
  id,
  title: text(500).nullish(),
  description: text(20_000).nullish(),
  agent: id.nullish(),
  skills: list(text(100)),
  dependsOn: list(dependency),
  deliverables: list(fields({ id, path: relativePath })),
  estimate: duration.nullish(),
  priority: z.enum(PRIORITIES).nullish(),
  paths: list(relativePath),
  resources: list(resourceNeed),
  needs: list(id),
  input: z.looseObject({}).nullish(),
  checks: list(id),
  budget: taskBudget.nullish(),
  stallAfter: duration.nullish(),
  escalation: escalationSchema.nullish(),
  compensation: fields({ check: id }).nullish(),
});

const checkpoint = fields({
  id,
  after: z.array(id).min(1, { error: 'at least one task' }),
  agents: z.array(id).min(1, { error: 'at least one agent' }),
});

const sprint = fields({
  id,
  title: text(500).nullish(),
  dependsOn: list(id),
  duration: duration.nullish(),
  agents: list(id),
  tasks: z.array(taskSchema).min(1, { error: 'at least one task' }),
  checkpoints: list(checkpoint),
  escalation: escalationSchema.nullish(),
  budget: budget.nullish(),
  reallocation: reallocationSchema.nullish(),
  quality: qualitySchema.nullish(),
  supervision: supervisionSchema.nullish(),
});

export const planSchema = fields({
  pact: z.literal(1, { error: '1, the version of the format' }),
  project: fields({
    name: text(200),
    description: text(20_000).nullish(),
    timeline: timeline.nullish(),
  }),
  objectives: list(fields({ id, text: text(2_000) })),
  escalation: escalationSchema.nullish(),
  onCancel: z.enum(['keep', 'compensate']).nullish(),
  reallocation: reallocationSchema.nullish(),
  mediation: mediationSchema.nullish(),
  quality: qualitySchema.nullish(),
  supervision: supervisionSchema.nullish(),
  resources: list(fields({ id, capacity: count(10_000).nullish() })),
  contingencies: list(contingencySchema),
  sprints: z.array(sprint).min(1, { error: 'at least one sprint' }),
  triggers: list(fields({ agent: id, when: condition })),
  budget: budget.nullish(),
});

export type WrittenPlan = z.output<typeof planSchema>;
export type WrittenTask = z.output<typeof taskSchema>;
export type WrittenSprint = z.output<typeof sprint>;

/** What the format reserves for later versions; until then it is refused by name. */
export const LATER_IN_PLANS: readonly LaterWork[] = [
  { at: /^$/, names: ['targets', 'gates', 'communication', 'risks'] },
  { at: /^objectives\.\*$/, names: ['check'] },
  { at: /^sprints\.\*$/, names: ['gates', 'review', 'targets'] },
  { at: /^sprints\.\*\.tasks\.\*$/, names: ['review', 'gates'] },
  { at: /^sprints\.\*\.tasks\.\*\.dependsOn\.\*\.until$/, names: ['reviewed', 'integrated', 'approved'] },
  { at: /^triggers\.\*\.when(\.(all|any)\.\*)*$/, names: ['gate', 'resource'] },
  {
    at: /^triggers\.\*\.when(\.(all|any)\.\*)*\.metric$/,
    names: [
      'task_completion_rate',
      'quality_score',
      'response_time',
      'communication_efficiency',
      'coordination_overhead',
      'conflict_resolution_time',
      'resource_contention',
      'integration_success',
      'quality_consistency',
      'timeline_adherence',
    ],
  },
  { at: /^triggers\.\*\.when(\.(all|any)\.\*)*\.reached$/, names: ['reviewed', 'integrated', 'approved'] },
];
