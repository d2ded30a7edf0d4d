import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readShape } from '../../../src/domain/source/shape.ts';

const noWords: readonly (readonly [string, z.ZodType, unknown, string])[] = [
  ['a list that is too short', z.array(z.boolean()).min(2), [true], 'at least 2 of them'],
  ['a list that is too long', z.array(z.boolean()).max(1), [true, true], 'at most 1 of them'],
  ['a number that is too small', z.number().min(3), 2, 'at least 3'],
  ['a number that is too large', z.number().max(3), 4, 'at most 3'],
  ['a kind of value', z.number(), 'x', 'a number'],
  ['a list', z.array(z.boolean()), 'x', 'a list'],
];

describe('shape: a schema without words of its own', () => {
  it.each(noWords)('says what was expected of %s', (_title, schema, data, expected) => {
    expect(readShape(schema, data, [])).toMatchObject({ value: null, findings: [{ at: [], expected }] });
  });

  it('says that the data is missing when there is none', () => {
    expect(readShape(z.string(), undefined, []).findings).toMatchObject([
      { at: [], message: '"data" is missing: expected text' },
    ]);
  });
});

describe('shape: keys', () => {
  it('that are symbols are named in words', () => {
    const { findings } = readShape(z.record(z.string(), z.unknown()), { [Symbol('hidden')]: 1 }, []);
    expect(findings.map(({ at }) => at)).toEqual([['Symbol(hidden)']]);
  });
});
