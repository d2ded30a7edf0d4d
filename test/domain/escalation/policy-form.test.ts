import { expect, test } from 'vitest';
import { toEscalationPolicy } from '../../../src/domain/escalation/policy-form.ts';
import { escalationSchema } from '../../../src/domain/escalation/policy-schema.ts';

test('a chain as written: durations in ms, days and hours as numbers, what is not given absent', () => {
  const written = escalationSchema.parse({
    levels: [
      { to: ['ann'], within: '10m' },
      { to: ['bo'], via: ['ops'], within: '1h', reminder: '5m', severities: ['critical'] },
    ],
    otherwise: 'hold',
    hours: { days: ['fri', 'mon', 'fri'], from: '09:30', until: '17:00', offset: '-05:30' },
  });
  expect(toEscalationPolicy(written)).toEqual({
    levels: [
      { to: ['ann'], via: [], withinMs: 600_000 },
      { to: ['bo'], via: ['ops'], withinMs: 3_600_000, reminderMs: 300_000, severities: ['critical'] },
    ],
    otherwise: 'hold',
    hours: { days: [1, 5], from: 570, until: 1_020, offset: -330 },
  });
  const plain = {
    levels: [{ to: ['ann'], within: '1s' }],
    otherwise: 'stop',
    hours: { days: ['sun'], from: '00:00', until: '23:59' },
  };
  expect(toEscalationPolicy(escalationSchema.parse(plain)).hours).toEqual({ days: [0], from: 0, until: 1_439, offset: 0 });
  const noticed = { ...plain, alerts: [{ kind: 'timeline', after: '10m' }] };
  expect(toEscalationPolicy(escalationSchema.parse(noticed)).alerts).toEqual([{ kind: 'timeline', afterMs: 600_000 }]);
  expect(toEscalationPolicy(escalationSchema.parse({ ...plain, alerts: [] }))).not.toHaveProperty('alerts');
  const twice = { ...plain, alerts: [...noticed.alerts, ...noticed.alerts] };
  expect(escalationSchema.safeParse(twice).error?.issues[0]?.message).toBe('each kind once');
  const east = { ...plain, hours: { ...plain.hours, offset: '+02:00' } };
  expect(toEscalationPolicy(escalationSchema.parse(east)).hours?.offset).toBe(120);
});
