import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import type { Notice } from '../../../src/domain/notices/notice.ts';
import { createOutbox, MOST_A_MINUTE, outboxDueAt, putNotice, takeDue } from '../../../src/domain/notices/outbox.ts';
import { toNotice } from './notice-fixture.ts';

const START = 1_796_115_600_000;

describe('outbox', () => {
  it('lets the first few of a minute go at once, then holds the rest for one call a minute after the first of them', () => {
    const outbox = createOutbox();
    for (let n = 1; n <= 10; n += 1) {
      putNotice(outbox, toNotice(n));
      const due = takeDue(outbox, START + n * 1_000, false);
      if (n <= MOST_A_MINUTE) expect(due).toEqual({ notices: [toNotice(n)], dropped: 0 });
      else expect(due).toBeNull();
      outbox.isSending = false;
    }
    expect(outboxDueAt(outbox)).toBe(START + 61_000);
    expect(takeDue(outbox, START + 60_999, false)).toBeNull();
    expect(takeDue(outbox, START + 61_000, false)?.notices.map(({ title }) => title)).toEqual(
      [6, 7, 8, 9, 10].map((n) => `title ${n}`),
    );
  });

  it('makes one call at a time', () => {
    const outbox = createOutbox();
    putNotice(outbox, toNotice(1));
    expect(takeDue(outbox, START, false)).not.toBeNull();
    putNotice(outbox, toNotice(2));
    expect([outboxDueAt(outbox), takeDue(outbox, START + 3_600_000, true)]).toEqual([null, null]);
    outbox.isSending = false;
    expect(takeDue(outbox, START + 1, false)?.notices).toHaveLength(1);
    outbox.isSending = false;
    expect(takeDue(outbox, START + 2, false)).toBeNull();
  });

  it('does not hold up the last call', () => {
    const outbox = createOutbox();
    outbox.sentAt = Array.from({ length: MOST_A_MINUTE }, () => START);
    putNotice(outbox, toNotice(1));
    expect(takeDue(outbox, START, false)).toBeNull();
    expect(takeDue(outbox, START, true)?.notices).toHaveLength(1);
  });

  it('keeps the newest 128 KiB and counts what it drops', () => {
    const outbox = createOutbox();
    for (let round = 1; round <= 2; round += 1) {
      for (let n = 1; n <= 1_000; n += 1) putNotice(outbox, toNotice(n, { text: 'ü'.repeat(500) }));
      outbox.isSending = false;
      const due = takeDue(outbox, START, false);
      expect(jsonBytes(due?.notices)).toBeGreaterThan(120 * 1024);
      expect(jsonBytes(due?.notices)).toBeLessThan(129 * 1024);
      expect([(due?.notices.length ?? 0) + (due?.dropped ?? 0), due?.notices.at(-1)?.title]).toEqual([1_000, 'title 1000']);
      expect([outbox.dropped, outbox.bytes]).toEqual([0, 0]);
    }
  });

  it('never makes more than five calls within a minute, loses none, and grows with nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.nat(20_000), puts: fc.nat(3), answers: fc.boolean() }), { maxLength: 60 }),
        (steps) => {
          const outbox = createOutbox();
          const calls: number[] = [];
          const told: Notice[] = [];
          let now = START;
          let put = 0;
          for (const { waitMs, puts, answers } of steps) {
            now += waitMs;
            for (let n = 0; n < puts; n += 1) putNotice(outbox, toNotice((put += 1)));
            if (answers) outbox.isSending = false;
            const due = takeDue(outbox, now, false);
            if (due === null) continue;
            calls.push(now);
            told.push(...due.notices);
          }
          for (const [place, at] of calls.entries()) {
            const sixth = calls[place + MOST_A_MINUTE];
            if (sixth !== undefined) expect(sixth - at).toBeGreaterThanOrEqual(60_000);
          }
          expect([...told, ...outbox.waiting].map(({ id }) => id)).toEqual(
            Array.from({ length: put }, (_, n) => toNotice(n + 1).id),
          );
          expect(outbox.sentAt.length).toBeLessThanOrEqual(MOST_A_MINUTE);
        },
      ),
      { verbose: true },
    );
  });
});
