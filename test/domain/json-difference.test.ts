import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDifference, differenceOf } from '../../src/domain/json-difference.ts';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('difference of JSON values', () => {
  it.each([
    ['equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, null],
    ['a field that changed', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: [3] }],
    ['a place of an array', [1, 2, 3], [1, 5, 3], { 1: [5] }],
    ['an array that grew', [1], [1, 2], [[1, 2]]],
    ['a field that is new', { a: {} }, { a: { x: 1 } }, { a: { x: [1] } }],
    ['a field that is gone', { a: 1, b: 2 }, { a: 1 }, [{ a: 1 }]],
    ['an array in place of an object', {}, [], [[]]],
    ['null in place of an object', { a: {} }, { a: null }, { a: [null] }],
  ])('%s', (_what, from, to, difference) => {
    expect(differenceOf(from, to)).toEqual(difference);
    expect(applyDifference(copy(from), copy(differenceOf(from, to)))).toEqual(to);
  });

  it('leads from any value to any other, also through text', () => {
    // As JSON has them: -0 is 0 there.
    const json = fc
      .jsonValue({ maxDepth: 4 })
      .filter((value) => !JSON.stringify(value).includes('__proto__'))
      .map(copy);
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(applyDifference(copy(from), copy(differenceOf(from, to)))).toEqual(to);
      }),
    );
  });
});
