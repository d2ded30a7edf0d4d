import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_DECISION, readNewDecisions } from '../../src/client/decision-feed.ts';
import type { DecisionView } from '../../src/domain/views.ts';

const decision = (n: number): DecisionView => ({ at: `t${n}`, event: 'e', text: `decision ${n}`, data: {} });

/** Keeps the newest `kept` of what is made, and answers in pages like the engine. */
function createLog(kept: number, pageSize: number) {
  let made: DecisionView[] = [];
  let count = 0;
  return {
    make: (n: number): void => {
      for (let i = 0; i < n; i += 1) made.push(decision(count++));
      made = made.slice(-kept);
    },
    read: async (offset: number) => {
      const items = made.slice(offset, offset + pageSize);
      return { items, total: made.length, nextOffset: offset + pageSize < made.length ? offset + pageSize : null };
    },
  };
}

test('every decision is told once and in order, as long as no more are made between two looks than are kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.nat(30)),
      async (kept, pageSize, steps) => {
        const log = createLog(kept, pageSize);
        const told: string[] = [];
        let cursor = FIRST_DECISION;
        let total = 0;
        for (const step of steps) {
          // One that has been read must still be there to be found again.
          const made = Math.min(step, kept - 1);
          log.make(made);
          total += made;
          const fresh = await readNewDecisions(log.read, cursor);
          told.push(...fresh.items.map((each) => each.text));
          cursor = fresh.cursor;
        }
        expect(told).toEqual(Array.from({ length: total }, (_, n) => `decision ${n}`));
      },
    ),
  );
});

test('when more were made than are kept, those that are still there are told', async () => {
  const log = createLog(3, 2);
  log.make(2);
  const first = await readNewDecisions(log.read, FIRST_DECISION);
  log.make(10);
  const second = await readNewDecisions(log.read, first.cursor);
  expect(second.items.map((each) => each.text)).toEqual(['decision 9', 'decision 10', 'decision 11']);
});
