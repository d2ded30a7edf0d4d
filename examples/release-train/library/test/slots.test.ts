import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInterval, parseInterval } from '../src/interval.ts';
import { findSlots } from '../src/slots.ts';

const within = parseInterval('09:00-12:00');

test('slots lie between the meetings and start at multiples of the step', () => {
  const busy = [parseInterval('09:50-10:20'), parseInterval('11:00-11:30')];
  const slots = findSlots({ within, busy, length: 30, step: 10 }).map(formatInterval);
  assert.deepEqual(slots, [
    '09:00-09:30',
    '09:10-09:40',
    '09:20-09:50',
    '10:20-10:50',
    '10:30-11:00',
    '11:30-12:00',
  ]);
});

test('a full day has no slot', () => {
  assert.deepEqual(findSlots({ within, busy: [within], length: 15 }), []);
});

test('a slot may be as long as the whole', () => {
  assert.deepEqual(findSlots({ within, busy: [], length: 180 }), [within]);
});

test('length and step must be positive whole numbers', () => {
  assert.throws(
    () => findSlots({ within, busy: [], length: 0 }),
    /length must be a positive whole number/,
  );
  assert.throws(() => findSlots({ within, busy: [], length: 30, step: 1.5 }), /step must be/);
});
