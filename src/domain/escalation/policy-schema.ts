import { z } from 'zod';
import { meanwhileAction } from '../emergencies/contingency-schema.ts';
import { duration, fields, id, list, text } from '../source/shape.ts';
import { ALERT_KINDS, SEVERITIES, SILENT_ENDS } from './policy.ts';

/** The chain of an escalation as people write it. */

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const TIME_RULE = 'a time of day such as 09:00';
const time = z.string({ error: TIME_RULE }).regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: TIME_RULE });
const OFFSET_RULE = 'an offset from UTC such as +01:00';
const offset = z.string({ error: OFFSET_RULE }).regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, { error: OFFSET_RULE });

const hours = fields({
  days: z.array(z.enum(DAYS)).min(1, { error: 'at least one day' }),
  from: time,
  until: time,
  offset: offset.nullish(),
}).refine(({ from, until }) => until > from, { error: 'a time after from', path: ['until'] });

const level = fields({
  to: z.array(text(128)).min(1, { error: 'at least one person or agent' }).max(100, { error: 'at most 100 people or agents' }),
  via: list(id),
  within: duration,
  reminder: duration.nullish(),
  severities: z.array(z.enum(SEVERITIES)).min(1, { error: 'at least one severity' }).nullish(),
});

/** Known by its name, since plan, sprints and tasks refer to the same form. */
export const escalationSchema = fields({
  levels: z.array(level).min(1, { error: 'at least one level' }).max(20, { error: 'at most 20 levels' }),
  otherwise: z.enum(SILENT_ENDS),
  hours: hours.nullish(),
  alerts: z
    .array(fields({ kind: z.enum(ALERT_KINDS), after: duration }))
    .refine((rules) => new Set(rules.map(({ kind }) => kind)).size === rules.length, { error: 'each kind once' })
    .nullish(),
  meanwhile: list(meanwhileAction),
}).meta({ id: 'escalation' });

export type WrittenEscalation = z.output<typeof escalationSchema>;
