import type { SearchAttributes } from '@temporalio/common';

/** What an execution keeps on the server itself for clients without a worker. */
export interface Exposed {
  readonly phase: string | null;
  readonly project: string | null;
  readonly needsPerson: boolean | null;
  readonly planHash: string | null;
}

/**
 * From the search attributes `PactPhase`, `PactProject`, `PactNeedsPerson` and, where a server does not have them, the memo
 * `pact`. Both may be of any program: what is not of the right type counts as absent.
 */
export function toExposed(info: {
  readonly searchAttributes: SearchAttributes;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}): Exposed {
  const own = info.memo?.['pact'];
  const memo: Readonly<Record<string, unknown>> = typeof own === 'object' && own !== null ? { ...own } : {};
  const attribute = (name: string): unknown => info.searchAttributes[name]?.[0];
  return {
    phase: toText(attribute('PactPhase')) ?? toText(memo['phase']),
    project: toText(attribute('PactProject')) ?? toText(memo['project']) ?? toText(info.memo?.['project']),
    needsPerson: toFlag(attribute('PactNeedsPerson')) ?? toFlag(memo['needsPerson']),
    planHash: toText(memo['planHash']),
  };
}

const toText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const toFlag = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
