import type { z } from 'zod';
import type { Refusal } from './failure.ts';
import { err, ok, type Result } from './result.ts';

/** Reads a message body, or says in one line what was expected of each field that does not fit. Never throws. */
export function parseMessage<T>(schema: z.ZodType<T>, raw: unknown): Result<T, Refusal> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return ok(parsed.data);
  const faults = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  return err({ type: 'InvalidMessage', message: faults.join('; ') });
}
