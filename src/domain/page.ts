import { pageSchema } from './messages.ts';
import type { Page } from './views.ts';

/** One page of a list; `raw` is `{offset?, limit?}` from anyone, and what does not fit falls back to the defaults. */
export function toPage<T>(total: number, raw: unknown, itemAt: (position: number) => T): Page<T> {
  const { offset, limit } = pageSchema.parse(typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? raw : {});
  const end = Math.min(total, offset + limit);
  const items = Array.from({ length: Math.max(0, end - offset) }, (_, position) => itemAt(offset + position));
  return { items, total, nextOffset: end < total ? end : null };
}
