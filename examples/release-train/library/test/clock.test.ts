import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatClock, parseClock } from '../src/clock.ts';

test('a day goes from 00:00 to 24:00', () => {
  assert.equal(parseClock('00:00'), 0);
  assert.equal(parseClock('9:30'), 570);
  assert.equal(parseClock('24:00'), 1440);
});

test('a time that no clock shows is refused', () => {
  for (const text of ['24:01', '12:60', 'noon', '12', '']) {
    assert.throws(() => parseClock(text), /not a time of day/);
  }
});

test('hours and minutes are written with two digits', () => {
  assert.equal(formatClock(570), '09:30');
  assert.equal(formatClock(1440), '24:00');
});
