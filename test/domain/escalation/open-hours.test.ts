import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addOpenTime, type OpenHours } from '../../../src/domain/escalation/open-hours.ts';

const MINUTE = 60_000;
const at = (iso: string): number => Date.parse(iso);
const office: OpenHours = { days: [1, 2, 3, 4, 5], from: 9 * 60, until: 17 * 60, offset: 60 };

test('open hours: time runs in the hours of the days that are open, at the place of the offset', () => {
  // 2026-12-04 is a Friday; 15:00 UTC is 16:00 there.
  expect(addOpenTime(at('2026-12-04T15:00:00Z'), 30 * MINUTE, office)).toBe(at('2026-12-04T15:30:00Z'));
  expect(addOpenTime(at('2026-12-04T15:00:00Z'), 90 * MINUTE, office)).toBe(at('2026-12-07T08:30:00Z'));
  expect(addOpenTime(at('2026-12-05T12:00:00Z'), 10 * MINUTE, office)).toBe(at('2026-12-07T08:10:00Z'));
  expect(addOpenTime(at('2026-12-04T15:00:00Z'), 2 * 40 * 60 * MINUTE, office)).toBe(at('2026-12-18T15:00:00Z'));
});

test('open hours: as counting minute by minute says', () => {
  const hours = fc
    .record({
      days: fc.uniqueArray(fc.nat({ max: 6 }), { minLength: 1, maxLength: 7 }),
      from: fc.integer({ min: 0, max: 1_400 }),
      length: fc.integer({ min: 1, max: 39 }),
      offset: fc.integer({ min: -14 * 60, max: 14 * 60 }),
    })
    .map(({ length, ...rest }) => ({ ...rest, until: rest.from + length }));
  const isOpen = (minute: number, { days, from, until, offset }: OpenHours): boolean => {
    const there = new Date((minute + offset) * MINUTE);
    const ofDay = there.getUTCHours() * 60 + there.getUTCMinutes();
    return days.includes(there.getUTCDay()) && ofDay >= from && ofDay < until;
  };
  fc.assert(
    fc.property(hours, fc.nat({ max: 30_000 }), fc.integer({ min: 1, max: 120 }), (open, start, minutes) => {
      let minute = start;
      for (let left = minutes; left > 0; minute += 1) if (isOpen(minute, open)) left -= 1;
      expect(addOpenTime(start * MINUTE, minutes * MINUTE, open)).toBe(minute * MINUTE);
    }),
    { numRuns: 300 },
  );
});
