import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAgenda } from '../src/agenda.ts';

test('an agenda has one meeting a line', () => {
  assert.deepEqual(parseAgenda('# Monday\n\n09:00-10:30 design review\n 13:00-14:00\n'), [
    { interval: { start: 540, end: 630 }, title: 'design review' },
    { interval: { start: 780, end: 840 }, title: '' },
  ]);
});

test('a line that cannot be read is named', () => {
  assert.throws(
    () => parseAgenda('09:00-10:00 fine\n10:00-25:00 late'),
    /line 2 of the agenda: not a time of day/,
  );
});
