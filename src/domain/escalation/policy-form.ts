import { toMilliseconds } from '../duration.ts';
import type { OpenHours } from './open-hours.ts';
import type { EscalationLevel, EscalationPolicy } from './policy.ts';
import { DAYS, type WrittenEscalation } from './policy-schema.ts';

/** A chain as written, checked before, with durations in ms. */
export const toEscalationPolicy = ({ levels, otherwise, hours, alerts, meanwhile }: WrittenEscalation): EscalationPolicy => ({
  levels: levels.map(toLevel),
  otherwise,
  ...(hours ? { hours: toHours(hours) } : {}),
  ...(alerts?.length ? { alerts: alerts.map(({ kind, after }) => ({ kind, afterMs: toMilliseconds(after) })) } : {}),
  ...(meanwhile?.length ? { meanwhile } : {}),
});

const toLevel = ({ to, via, within, reminder, severities }: WrittenEscalation['levels'][number]): EscalationLevel => ({
  to,
  via: via ?? [],
  withinMs: toMilliseconds(within),
  ...(reminder ? { reminderMs: toMilliseconds(reminder) } : {}),
  ...(severities ? { severities } : {}),
});

const toHours = ({ days, from, until, offset }: NonNullable<WrittenEscalation['hours']>): OpenHours => ({
  days: [...new Set(days.map((day) => DAYS.indexOf(day)))].toSorted(),
  from: toMinutes(from),
  until: toMinutes(until),
  offset: offset ? (offset.startsWith('-') ? -1 : 1) * toMinutes(offset.slice(1)) : 0,
});

const toMinutes = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
