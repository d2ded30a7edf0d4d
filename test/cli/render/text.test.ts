import { describe, expect, test } from 'vitest';
import { displayWidth, padEnd, truncate } from '../../../src/cli/render/display-width.ts';
import { toPlainData, toPlainLine, toPlainText } from '../../../src/cli/render/plain-text.ts';
import { choosePaint, noPaint } from '../../../src/cli/render/paint.ts';
import { progressBar } from '../../../src/cli/render/progress-bar.ts';
import { shellQuote } from '../../../src/domain/shell-quote.ts';
import { renderTable } from '../../../src/cli/render/table.ts';
import { durationText, relativeTime } from '../../../src/cli/render/time-text.ts';

describe('text from others cannot steer the terminal', () => {
  test.each([
    ['a colour code', '\u001b[31mred', '�[31mred'],
    ['a window title', '\u001b]0;owned\u0007', '�]0;owned�'],
    ['a single-byte control sequence', '\u009b2J', '�2J'],
    ['a backspace', 'rm\u0008\u0008', 'rm��'],
    ['a lone carriage return becomes a line break', 'ok\rno', 'ok\nno'],
    ['a bidirectional override', 'a\u202eb', 'a�b'],
    ['line breaks and tabs stay', 'a\r\nb\tc', 'a\nb\tc'],
    ['other scripts stay', 'Grüße 世界 🙂', 'Grüße 世界 🙂'],
  ])('%s', (_, input, expected) => expect(toPlainText(input)).toBe(expected));

  test('every string of an answer is made safe, keys as well', () => {
    expect(toPlainData({ 'a\u0007': ['\u001b', 1, null, { b: '\u0000' }] })).toEqual({ 'a�': ['�', 1, null, { b: '�' }] });
  });

  test('a line has no breaks', () => expect(toPlainLine(' a\n  b\t c ')).toBe('a b c'));
});

describe('widths', () => {
  test.each([
    ['plain', 'abc', 3],
    ['accents by combining characters', 'e\u0301a', 2],
    ['wide characters', '世界', 4],
    ['emoji', '🙂', 2],
    ['colour codes', '\u001b[1mab\u001b[0m', 2],
  ])('%s', (_, text, width) => expect(displayWidth(text)).toBe(width));

  test.each([
    ['short enough', 'abc', 3, 'abc'],
    ['cut with a mark', 'abcdef', 4, 'abc…'],
    ['a wide character is not halved', '世界世', 4, '世…'],
    ['no room', 'abc', 0, ''],
  ])('truncate: %s', (_, text, width, expected) => expect(truncate(text, width)).toBe(expected));

  test('pads by cells, not by characters', () => expect(padEnd('世', 4)).toBe('世  '));
});

describe('progress bar', () => {
  test.each([
    [0, '░░░░░░░░░░   0%'],
    [49.9, '████░░░░░░  49%'],
    [100, '██████████ 100%'],
    [140, '██████████ 100%'],
    [-3, '░░░░░░░░░░   0%'],
    [Number.NaN, '░░░░░░░░░░   0%'],
  ])('%d%%', (value, expected) => expect(progressBar(value, 10)).toBe(expected));
});

describe('times', () => {
  const now = new Date('2026-12-01T10:00:00Z');

  test.each([
    [-5, '0 ms'],
    [850, '850 ms'],
    [12_900, '12 s'],
    [60_000, '1 min'],
    [250_000, '4 min 10 s'],
    [11_100_000, '3 h 5 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms', (ms, expected) => expect(durationText(ms)).toBe(expected));

  test.each([
    ['2026-12-01T10:04:00Z', 'in 4 min'],
    ['2026-12-01T08:00:00Z', '2 h ago'],
    ['soon', 'soon'],
  ])('%s', (iso, expected) => expect(relativeTime(iso, now)).toBe(expected));
});

describe('words of a shell', () => {
  test.each([
    ['plan.yaml', 'plan.yaml'],
    ['sign-off#1', 'sign-off#1'],
    ['#1', `'#1'`],
    ['two words', `'two words'`],
    ["it's", `'it'\\''s'`],
    ['$(rm -rf /)', `'$(rm -rf /)'`],
    ['', `''`],
  ])('%s', (word, expected) => expect(shellQuote(word)).toBe(expected));
});

describe('colours', () => {
  test.each([
    ['a terminal has them', true, {}, true],
    ['a pipe has none', false, {}, false],
    ['NO_COLOR wins', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['FORCE_COLOR gives them to a pipe', false, { FORCE_COLOR: '1' }, true],
    ['a dumb terminal has none', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTerminal, env, has) => expect(choosePaint(isTerminal, env) !== noPaint).toBe(has));
});

describe('tables', () => {
  const columns = [
    { title: 'name', text: (row: { a: string; b: string }) => row.a, flexible: true },
    { title: 'n', text: (row: { a: string; b: string }) => row.b, align: 'right' as const },
  ];

  test('columns are as wide as their widest cell, right-aligned where asked', () => {
    expect(
      renderTable(
        [
          { a: 'x', b: '1' },
          { a: 'longer', b: '22' },
        ],
        columns,
        80,
      ),
    ).toEqual(['name     n', 'x        1', 'longer  22']);
  });

  test('a table too wide takes from the flexible columns', () => {
    const lines = renderTable([{ a: 'a'.repeat(50), b: '12345' }], columns, 20);
    expect(lines[1]).toBe(`${'a'.repeat(12)}…  12345`);
    expect(Math.max(...lines.map(displayWidth))).toBe(20);
  });

  test('it never narrows a column to nothing', () => {
    expect(renderTable([{ a: 'a'.repeat(50), b: '12345' }], columns, 3)[1]).toContain('aaaaaaa…');
  });
});
