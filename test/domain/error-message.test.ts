import { expect, test } from 'vitest';
import { messageOf } from '../../src/domain/error-message.ts';

test.each([
  [new TypeError('no such thing'), 'no such thing'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
  [{ message: 'of no error' }, '[object Object]'],
])('what was caught says %j: %s', (caught, text) => {
  expect(messageOf(caught)).toBe(text);
});
