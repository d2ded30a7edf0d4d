import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatInterval,
  lengthOf,
  makeInterval,
  overlaps,
  parseInterval,
} from '../src/interval.ts';

test('an interval is written as two times of day', () => {
  assert.deepEqual(parseInterval('09:00-10:30'), { start: 540, end: 630 });
  assert.equal(formatInterval({ start: 540, end: 630 }), '09:00-10:30');
});

test('an interval that ends before it starts is refused', () => {
  assert.throws(() => makeInterval(10, 9), /ends before it starts/);
  assert.throws(() => parseInterval('10:00-09:00'), /ends before it starts/);
  assert.throws(() => parseInterval('10:00'), /not an interval/);
});

test('intervals that only touch do not overlap', () => {
  assert.equal(overlaps({ start: 0, end: 10 }, { start: 10, end: 20 }), false);
  assert.equal(overlaps({ start: 0, end: 11 }, { start: 10, end: 20 }), true);
  assert.equal(lengthOf({ start: 10, end: 25 }), 15);
});
