import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_TYPES } from '../../src/domain/failure.ts';
import { toIso } from '../../src/domain/iso-time.ts';
import { jsonBytes, takeLastWithin, takeWithin } from '../../src/domain/json-size.ts';
import { escapeMarkdown, markdownCode, markdownSection, markdownTable } from '../../src/domain/markdown.ts';
import { checkShape } from '../../src/domain/message-shape.ts';
import { COMMANDS } from '../../src/domain/messages.ts';
import { nearest } from '../../src/domain/nearest.ts';
import { toPage } from '../../src/domain/page.ts';
import { senderOf, toRefusedBody } from '../../src/domain/refused-body.ts';

const deep: unknown = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);

describe('pages', () => {
  const page = (raw: unknown, total = 250) => toPage(total, raw, (position) => position);

  it.each([
    ['nothing asked: the first hundred', {}, [0, 100, 100]],
    ['the second page', { offset: 100 }, [100, 100, 200]],
    ['the last page has none after it', { offset: 200 }, [200, 50, null]],
    ['two hundred at most: more falls back to a hundred', { limit: 10_000 }, [0, 100, 100]],
    ['beyond the end: empty', { offset: 9_999 }, [undefined, 0, null]],
    ['nonsense counts as nothing', { offset: -1, limit: 'all' }, [0, 100, 100]],
    ['a list is no question', [5], [0, 100, 100]],
    ['nothing at all', null, [0, 100, 100]],
    ['a number', 7, [0, 100, 100]],
    ['two', { offset: 3, limit: 2 }, [3, 2, 5]],
  ])('%s', (_title, raw, [first, length, next]) => {
    const { items, total, nextOffset } = page(raw);
    expect([items[0], items.length, nextOffset, total]).toEqual([first, length, next, 250]);
  });

  it('of large items hold as many as fit into 512 KiB, one at least, and say where to go on', () => {
    const large = toPage(10, { offset: 2 }, () => 'x'.repeat(200_000));
    expect([large.items.length, large.nextOffset]).toEqual([2, 4]);
    const huge = toPage(10, { offset: 9 }, () => 'x'.repeat(2_000_000));
    expect([huge.items.length, huge.nextOffset]).toEqual([1, null]);
  });
});

describe('refused bodies', () => {
  it('keep the first 1 KiB and the hash of the whole', () => {
    expect(toRefusedBody({ by: 'ann' })).toEqual({
      excerpt: '{"by":"ann"}',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      characters: 12,
    });
    expect(toRefusedBody('x'.repeat(5_000))).toMatchObject({ excerpt: `"${'x'.repeat(1_022)}…`, characters: 5_002 });
    expect(toRefusedBody(undefined)).toMatchObject({ excerpt: 'undefined' });
  });

  it('nested deeper than any stack are not written, and nothing breaks', () => {
    expect(toRefusedBody(deep)).toEqual({ excerpt: 'nested more than 200 levels deep', sha256: null, characters: null });
  });

  it('of any shape give a sender or none', () => {
    expect([{ by: 'ann' }, { by: 'x'.repeat(200) }, { by: 7 }, {}, null, 'ann', deep].map(senderOf)).toEqual([
      'ann',
      `${'x'.repeat(127)}…`,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('never throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => void [toRefusedBody(raw), senderOf(raw)]));
  });
});

describe('shape of messages', () => {
  it('an emergency stop has none', () => {
    for (const raw of [null, deep, 'stop', { mode: 7 }]) expect(checkShape('emergencyStop', raw)).toBeNull();
  });

  it.each(COMMANDS.filter((name) => name !== 'emergencyStop'))(
    '%s without a body is malformed, and says what is missing',
    (name) => {
      expect(checkShape(name, {})).toMatchObject({ type: 'InvalidMessage', message: expect.stringMatching(/by|agent_id/) });
      expect(checkShape(name, deep)).toMatchObject({ type: 'InvalidMessage' });
    },
  );

  it('a good one is good, unknown fields or not', () => {
    expect(checkShape('pause', { by: 'ann', more: deep })).toBeNull();
    expect(checkShape('respond', { by: 'ann', itemId: 'a', decision: 'yes', data: deep })).toMatchObject({
      message: expect.stringContaining('levels'),
    });
  });
});

describe('sizes as JSON', () => {
  it('are those of the bytes that are sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        for (const one of [value, text]) expect(jsonBytes(one)).toBe(new TextEncoder().encode(JSON.stringify(one)).length);
      }),
    );
    expect(['a', 'é', '漢', '😀', '\ud800'].map(jsonBytes)).toEqual([3, 4, 5, 6, 8]);
  });

  it('a list keeps what fits, from the front or from the end', () => {
    const list = ['aa', 'bb', 'cc'];
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat({ max: 200 }), (items, most) => {
        const kept = takeWithin(items, most);
        expect(kept).toEqual(items.slice(0, kept.length));
        if (kept.length > 0) expect(jsonBytes(kept)).toBeLessThanOrEqual(most);
      }),
    );
    expect([takeWithin(list, 12), takeLastWithin(list, 12), takeWithin(list, 2), takeWithin(list, 100)]).toEqual([
      ['aa', 'bb'],
      ['bb', 'cc'],
      [],
      list,
    ]);
  });
});

describe('Markdown', () => {
  it.each([
    ['a pipe', 'a|b', String.raw`a\|b`],
    ['a pipe behind a backslash', String.raw`a\|b`, String.raw`a\\\|b`],
    ['HTML', '<b>&amp;', '&lt;b&gt;&amp;amp;'],
    ['a link', '[x](http://y)', String.raw`\[x\](http://y)`],
    ['lines', 'a\r\n\n## b', 'a ## b'],
    ['a heading at the beginning', '# a', String.raw`\# a`],
    ['a list', '- a', String.raw`\- a`],
    ['a number', '1. a', String.raw`1\. a`],
    ['control and direction characters', 'a\u001b[2J\u202eb', String.raw`a \[2Jb`],
    ['plain words', 'core-task_1 is done: 3.5 h', 'core-task_1 is done: 3.5 h'],
  ])('%s has no effect', (_title, text, expected) => {
    expect(escapeMarkdown(text)).toBe(expected);
  });

  it('code ends where it should', () => {
    expect(markdownCode('a`b|c\nd\u202e')).toBe("`a'b\\|c d`");
  });

  it('what is empty is not there', () => {
    expect([markdownTable(['a'], ['---'], []), markdownSection('A', [])]).toEqual([[], []]);
    expect([...markdownSection('A', markdownTable(['a'], ['---'], [['1']]))]).toEqual([
      '',
      '## A',
      '',
      '| a |',
      '| --- |',
      '| 1 |',
    ]);
  });
});

describe('nearest names', () => {
  it('as near as each other come in the order of the alphabet, however they were given', () => {
    for (const candidates of [
      ['lexed', 'lexes'],
      ['lexes', 'lexed'],
    ])
      expect(nearest('lexer', candidates)).toEqual(['lexed', 'lexes']);
  });
});

describe('failure types', () => {
  it('are the list that programs rely on: extended, never renamed', () => {
    expect(FAILURE_TYPES.slice(0, 18).join(' ')).toBe(
      'InvalidPlan InvalidMessage WrongHash NotAnApprover AlreadyDecided Expired NotAllowedInPhase UnknownTask UnknownAgent ' +
        'UnknownSprint UnknownItem StaleAttempt ConfigChanged TooLarge BudgetExceeded AgentError CheckFailed PlanFailed',
    );
  });
});

describe('times', () => {
  it('are as Date writes them, and the last moment is the last', () => {
    fc.assert(fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => toIso(ms) === new Date(ms).toISOString()));
    expect(toIso(9e15)).toBe('+275760-09-13T00:00:00.000Z');
    expect(() => toIso(Number.NaN)).toThrow(RangeError);
  });
});
