import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalHash, canonicalJson, sha256Hex } from '../../../src/domain/canonical-hash.ts';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../../src/domain/duration.ts';
import * as ids from '../../../src/domain/ids.ts';
import { didYouMean, editDistance, nearest } from '../../../src/domain/nearest.ts';
import { isOverlapping, toDeclaredPath } from '../../../src/domain/plan/declared-path.ts';

describe('durations', () => {
  test.each([
    ['350ms', 350],
    ['2s', 2_000],
    ['5m', 300_000],
    ['4h', 14_400_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['90m', 5_400_000],
  ])('%s is read', (text, durationMs) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: durationMs });
  });

  test.each(['', '5', 'm', '1.5h', '-1s', '1m1h', '1h1h', '1 h', '0s', '4000d', '1H', '9999999999s'])(
    '"%s" is refused',
    (text) => {
      const parsed = parseDuration(text);
      expect(parsed.ok ? '' : parsed.error).toMatch(/^expected a duration above zero such as .*; got ".*"$/);
    },
  );

  test('are written so that they are read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_DURATION_MS }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms });
      }),
      { verbose: true },
    );
    expect([formatDuration(0), formatDuration(-5), formatDuration(1.4)]).toEqual(['0s', '0s', '1ms']);
  });
});

describe('ids', () => {
  test.each([
    ['Parser 2.0', 'parser-2-0'],
    ['Grüße, Welt!', 'gru-e-welt'],
    ['世界', 'plan'],
    ['  ', 'plan'],
    ['x'.repeat(100), 'x'.repeat(40)],
    [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
  ])('of the project %j begin with %j', (name, slug) => expect(ids.toSlug(name)).toBe(slug));

  test('of executions hold the time to the second in UTC', () => {
    expect(ids.defaultExecutionId('A b', new Date('2026-12-01T10:15:30.999Z'))).toBe('pact-a-b-20261201-101530');
    expect(ids.isId(ids.defaultExecutionId('x'.repeat(300), new Date(0)))).toBe(true);
  });

  test('derive from their owner', () => {
    expect(ids.sprintWorkflowId('e', 's')).toBe('e/sprint/s');
    expect(ids.childWorkflowId('e', 'rollback', 2)).toBe('e/rollback/2');
    expect(ids.attemptActivityId('t', 3)).toBe('t#3');
    expect(ids.attemptMarker('e', 't', 3)).toBe('e/t/3');
  });
});

describe('nearest names', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['lexer', 'lexre', 1],
    ['ab', 'ba', 1],
    ['same', 'same', 0],
  ])('the distance of "%s" and "%s" is %i', (a, b, distance) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
  });

  test('come in order of distance, at most three, none that is far', () => {
    expect(nearest('builder', ['bilder', 'builders', 'guilder', 'guilders', 'BUILDER', 'tester'])).toEqual([
      'BUILDER',
      'bilder',
      'builders',
    ]);
    expect(didYouMean('zzz', ['builder'])).toBeNull();
    expect(didYouMean('teste', ['tester', 'testes'])).toBe('did you mean "tester" or "testes"?');
  });
});

describe('canonical hashes', () => {
  test('are SHA-256 over the RFC 8785 text', () => {
    const value = { b: [1, 'ä\u20ac', 1e21], a: { z: null, y: true } };
    expect(canonicalJson(value)).toBe('{"a":{"y":true,"z":null},"b":[1,"ä€",1e+21]}');
    expect(canonicalHash(value)).toBe(createHash('sha256').update(canonicalJson(value)).digest('hex'));
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('refuse what is not JSON', () => {
    expect(() => canonicalJson(undefined)).toThrow(/Not JSON data: undefined/);
  });
});

describe('declared paths', () => {
  test('have one form', () => {
    expect(['./a//b/', 'a', '.', './'].map(toDeclaredPath).map((path) => path.ok && path.value)).toEqual(['a/b', 'a', '.', '.']);
  });

  test.each([
    ['src', 'src/a.ts', true],
    ['src/a.ts', 'src', true],
    ['src', 'src', true],
    ['.', 'x', true],
    ['x', '.', true],
    ['src', 'srcs', false],
    ['src/a', 'src/b', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(isOverlapping(a, b)).toBe(expected);
  });
});
