import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merge, subtract, totalOf } from '../src/interval-set.ts';

test('intervals that overlap or touch become one', () => {
  const merged = merge([
    { start: 30, end: 40 },
    { start: 0, end: 10 },
    { start: 10, end: 20 },
    { start: 35, end: 50 },
    { start: 5, end: 5 },
  ]);
  assert.deepEqual(merged, [
    { start: 0, end: 20 },
    { start: 30, end: 50 },
  ]);
  assert.equal(totalOf(merged), 40);
});

test('an interval inside another adds nothing', () => {
  const merged = merge([
    { start: 0, end: 100 },
    { start: 20, end: 30 },
  ]);
  assert.deepEqual(merged, [{ start: 0, end: 100 }]);
});

test('what is left and what was taken make up the whole', () => {
  const whole = { start: 0, end: 100 };
  const taken = [
    { start: 90, end: 120 },
    { start: 20, end: 30 },
    { start: 25, end: 40 },
  ];
  const left = subtract(whole, taken);
  assert.deepEqual(left, [
    { start: 0, end: 20 },
    { start: 40, end: 90 },
  ]);
  assert.deepEqual(merge([...left, ...taken]), [{ start: 0, end: 120 }]);
});
