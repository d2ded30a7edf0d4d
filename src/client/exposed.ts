import { z } from 'zod';
import type { SearchAttributes } from '@temporalio/common';

/** What an execution keeps on the server itself for clients without a worker. */
export interface Exposed {
  readonly phase: string | null;
  readonly project: string | null;
  readonly needsPerson: boolean | null;
  readonly planHash: string | null;
}

const text = z.string().nullable().catch(null);
const flag = z.boolean().nullable().catch(null);
/** The memo may be of any program: what does not fit counts as absent. */
const memoSchema = z.object({ phase: text, project: text, needsPerson: flag, planHash: text }).nullable().catch(null);

/** From the search attributes `PactPhase`, `PactProject`, `PactNeedsPerson` and, where a server does not have them, the memo `pact`. */
export function toExposed(info: {
  readonly searchAttributes: SearchAttributes;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}): Exposed {
  const memo = memoSchema.parse(info.memo?.['pact'] ?? null);
  const attribute = (name: string): unknown => info.searchAttributes[name]?.[0];
  return {
    phase: text.parse(attribute('PactPhase') ?? null) ?? memo?.phase ?? null,
    project: text.parse(attribute('PactProject') ?? null) ?? memo?.project ?? text.parse(info.memo?.['project'] ?? null),
    needsPerson: flag.parse(attribute('PactNeedsPerson') ?? null) ?? memo?.needsPerson ?? null,
    planHash: memo?.planHash ?? null,
  };
}
