import { takeWithin } from './json-size.ts';
import { pageSchema } from './messages.ts';
import type { Page } from './views.ts';

/** Bytes of JSON in a page: an answer to a query should stay below 1 MiB. */
const MAX_PAGE_BYTES = 512 * 1024;

/**
 * One page of a list: so many items as asked for, or fewer that fit; `nextOffset` says where to go on. `raw` is `{offset?,
 * limit?}` from anyone, and what does not fit falls back to the defaults.
 */
export function toPage<T>(total: number, raw: unknown, itemAt: (position: number) => T): Page<T> {
  const { offset, limit } = pageSchema.parse(typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? raw : {});
  const end = Math.min(total, offset + limit);
  const asked = Array.from({ length: Math.max(0, end - offset) }, (_, position) => itemAt(offset + position));
  const fitting = takeWithin(asked, MAX_PAGE_BYTES);
  // One that is too large for a page has a page of its own, or nobody would ever come past it.
  const items = fitting.length === 0 ? asked.slice(0, 1) : fitting;
  const next = offset + items.length;
  return { items, total, nextOffset: next < total ? next : null };
}
