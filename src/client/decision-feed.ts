import type { DecisionView, Page } from '../domain/views.ts';

/** How far the decisions have been read: the place after the last one, and that one itself. */
export interface DecisionCursor {
  readonly offset: number;
  readonly last: string | null;
}

export const FIRST_DECISION: DecisionCursor = { offset: 0, last: null };

type ReadPage = (offset: number) => Promise<Page<DecisionView>>;

/**
 * Decisions made since the cursor, each once. The engine keeps the newest ones only, so that places move once it drops old ones:
 * the last one read is read again, and looked for in all of them when it is no longer where it was.
 */
export async function readNewDecisions(
  readPage: ReadPage,
  cursor: DecisionCursor,
): Promise<{ readonly items: readonly DecisionView[]; readonly cursor: DecisionCursor }> {
  const from = Math.max(0, cursor.offset - 1);
  const items = await readFrom(readPage, from);
  if (cursor.last === null) return advance(items, items, from);
  const [first, ...rest] = items;
  if (first !== undefined && keyOf(first) === cursor.last) return advance(rest, items, from);
  const all = await readFrom(readPage, 0);
  const known = all.findLastIndex((decision) => keyOf(decision) === cursor.last);
  return advance(all.slice(known + 1), all, 0);
}

async function readFrom(readPage: ReadPage, from: number): Promise<readonly DecisionView[]> {
  const items: DecisionView[] = [];
  for (let offset: number | null = from; offset !== null;) {
    const page: Page<DecisionView> = await readPage(offset);
    items.push(...page.items);
    offset = page.items.length === 0 ? null : page.nextOffset;
  }
  return items;
}

function advance(fresh: readonly DecisionView[], read: readonly DecisionView[], from: number) {
  const last = read.at(-1);
  return { items: fresh, cursor: last === undefined ? FIRST_DECISION : { offset: from + read.length, last: keyOf(last) } };
}

const keyOf = (decision: DecisionView): string => JSON.stringify([decision.at, decision.event, decision.text]);
