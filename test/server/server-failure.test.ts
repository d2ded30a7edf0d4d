import { expect, test } from 'vitest';
import { toReason } from '../../src/server/server-failure.ts';

test.each([
  ['a text', 'no', 'no'],
  ['an error', new Error('no\nat all'), 'no'],
  ['a wrapper', new Error('fetch failed', { cause: new Error('ENOTFOUND') }), 'fetch failed: ENOTFOUND'],
  [
    'a wrapper of several',
    new Error('fetch failed', { cause: new AggregateError([new Error('::1 refused')]) }),
    'fetch failed: ::1 refused',
  ],
  ['a gRPC error', Object.assign(new Error('5 NOT_FOUND: gone'), { details: 'gone' }), 'gone'],
  ['an error without words', new RangeError(), 'RangeError'],
])('server-failure: the reason of %s', (_what, error, reason) => expect(toReason(error)).toBe(reason));
