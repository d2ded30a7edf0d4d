import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import { toChannelMessage } from '../../../src/domain/notices/channel-message.ts';
import { NOTICE_KINDS } from '../../../src/domain/notices/notice.ts';
import { toNotice } from './notice-fixture.ts';

const item = {
  itemId: 'sign#1',
  options: ['done'],
  people: ['ann'],
  deadline: '2026-12-02T09:00:00.000Z',
  otherwise: 'the task fails',
};

describe('a message to a channel', () => {
  it('is the notice itself when there is one, and none when the channel takes no such kind', () => {
    expect(toChannelMessage([toNotice(1)], NOTICE_KINDS, 0)).toEqual(toNotice(1));
    expect(toChannelMessage([toNotice(1), toNotice(2, { kind: 'ended' })], ['ended'], 0)).toMatchObject({ kind: 'ended' });
    expect(toChannelMessage([toNotice(1)], ['ended'], 0)).toBeNull();
    expect(toChannelMessage([], NOTICE_KINDS, 3)).toBeNull();
  });

  it('is a digest of several that says why, what asks for an answer first, the same thing once', () => {
    const same = { title: '"a" failed', text: 'out of\n  memory' };
    const notices = [
      toNotice(1, same),
      toNotice(2, same),
      toNotice(3, { kind: 'personNeeded', item }),
      toNotice(4, { kind: 'milestone', text: '', phase: 'paused', at: '2026-12-01T10:00:00.000Z' }),
    ];
    expect(toChannelMessage(notices, NOTICE_KINDS, 2)).toEqual({
      id: 'pact-1/notice/1+3',
      kind: 'digest',
      executionId: 'pact-1',
      phase: 'paused',
      at: '2026-12-01T10:00:00.000Z',
      title: '6 events: 2 taskFailed, 1 personNeeded, 1 milestone',
      text: [
        'More happened than 5 messages a minute can tell, so this is one message for all of it.',
        '- 2026-12-01T09:00:00.000Z personNeeded: title 3 [item sign#1, due 2026-12-02T09:00:00.000Z]: text 3',
        '- 2026-12-01T09:00:00.000Z taskFailed: "a" failed (2 times): out of memory',
        '- 2026-12-01T10:00:00.000Z milestone: title 4',
        '- and 2 more: see "pact status" and "pact inbox" of pact-1',
      ].join('\n'),
      item: null,
      notices,
    });
  });

  it('names all of a few that it tells together', () => {
    const { text = '' } = toChannelMessage([toNotice(1), toNotice(2)], NOTICE_KINDS, 0) ?? {};
    expect(text.split('\n')).toHaveLength(3);
  });

  it('stays small however much it tells', () => {
    const notices = Array.from({ length: 200 }, (_, n) => toNotice(n, { text: 'x'.repeat(3_000) }));
    const digest = toChannelMessage(notices, NOTICE_KINDS, 0);
    expect(jsonBytes(digest)).toBeLessThan(96 * 1024);
    expect(digest?.text.split('\n')).toHaveLength(52);
    expect(digest?.text).toContain('- and 150 more');
  });
});
