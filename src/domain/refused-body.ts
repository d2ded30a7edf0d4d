import { sha256Hex } from './canonical-hash.ts';
import { clip } from './clip.ts';
import type { JsonObject } from './plan/plan.ts';

const MAX_EXCERPT = 1024;
/** Deeper ones cannot be written as JSON without exhausting the stack, which would end the workflow task again and again. */
const MAX_DEPTH = 200;

/** What is kept of a refused body: its first 1 KiB and the SHA-256 of the whole, so that a flood of junk fills nothing. Never throws. */
export function toRefusedBody(raw: unknown): JsonObject {
  if (isDeeperThan(raw, MAX_DEPTH))
    return { excerpt: `nested more than ${MAX_DEPTH} levels deep`, sha256: null, characters: null };
  const text = JSON.stringify(raw) ?? 'undefined';
  return { excerpt: clip(text, MAX_EXCERPT), sha256: sha256Hex(text), characters: text.length };
}

/** Walks without recursion, one level at a time. */
function isDeeperThan(raw: unknown, levels: number): boolean {
  let level: unknown[] = [raw];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

/** Who a body of any shape says it is from. */
export function senderOf(raw: unknown): string | null {
  const by = typeof raw === 'object' && raw !== null && 'by' in raw ? raw.by : null;
  return typeof by === 'string' ? clip(by, 128) : null;
}
