import { expect, test } from 'vitest';
import { toUncarried } from '../../../src/domain/notices/notice.ts';
import { toNotice } from './notice-fixture.ts';

const asking = { itemId: 'a#1', options: [], people: 'anyone' as const, deadline: '', otherwise: '' };

test.each([
  ['one notice by its title, with the item that it asks about', [toNotice(1, { title: 'Ann?', item: asking })], 'Ann?', ['a#1']],
  [
    'several by the first and how many more',
    [toNotice(1, { title: 'one' }), toNotice(2, { item: asking })],
    'one and 1 more',
    ['a#1'],
  ],
  ['nothing, where older ones were dropped only', [], 'nothing', []],
])('what a channel did not carry: %s', (_title, notices, title, items) => {
  expect(toUncarried(notices)).toEqual({ title, items });
});
