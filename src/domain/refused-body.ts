import { sha256Hex } from './canonical-hash.ts';
import type { JsonObject } from './plan/plan.ts';

const MAX_EXCERPT = 1024;

/** What is kept of a refused body: its first 1 KiB and the SHA-256 of the whole, so that a flood of junk fills nothing. */
export function toRefusedBody(raw: unknown): JsonObject {
  const text = JSON.stringify(raw) ?? 'undefined';
  return { excerpt: text.slice(0, MAX_EXCERPT), sha256: sha256Hex(text), characters: text.length };
}

/** Who a body of any shape says it is from. */
export function senderOf(raw: unknown): string | null {
  const by = typeof raw === 'object' && raw !== null && 'by' in raw ? raw.by : null;
  return typeof by === 'string' ? by.slice(0, 128) : null;
}
