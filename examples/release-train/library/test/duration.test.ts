import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from '../src/duration.ts';

test('a duration has hours, minutes or both', () => {
  assert.equal(parseDuration('45m'), 45);
  assert.equal(parseDuration('2h'), 120);
  assert.equal(parseDuration(' 1h30m '), 90);
});

test('anything else is refused with what was expected', () => {
  for (const text of ['', '1.5h', '30m1h', '-5m', 'soon']) {
    assert.throws(() => parseDuration(text), /not a duration like 45m/);
  }
});

test('what is written can be read again', () => {
  for (const minutes of [0, 1, 59, 60, 61, 90, 1440]) {
    assert.equal(parseDuration(formatDuration(minutes)), minutes);
  }
});
