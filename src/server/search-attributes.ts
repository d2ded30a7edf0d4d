import type { Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { toReason } from './server-failure.ts';

/** The attributes that every execution carries, so that the Temporal UI's list is a dashboard. */
export const searchAttributeTypes = {
  PactPhase: 'Keyword',
  PactSprint: 'Keyword',
  PactProject: 'Keyword',
  PactNeedsPerson: 'Bool',
} as const;

/** Values of temporal.api.enums.v1.IndexedValueType. */
const indexedValueTypes = { Keyword: 2, Bool: 5 } as const;

/** Whether workflows may set our search attributes; if not, why, and which are missing. */
export type SearchAttributeState =
  | { readonly ok: true; readonly added: readonly string[] }
  | { readonly ok: false; readonly missing: readonly string[]; readonly reason: string };

/**
 * Registers what is missing in the namespace and waits until the server accepts it in a query: servers hold such
 * metadata in caches for some seconds. Any number of callers may do so at once and again. Never throws: a service that
 * does not permit it (Temporal Cloud wants its own tool for it) yields `ok: false` with the reason.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  limitMs = 20_000,
): Promise<SearchAttributeState> {
  let missing = Object.keys(searchAttributeTypes) as (keyof typeof searchAttributeTypes)[];
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const wrong = missing.filter((name) => hasOtherType(customAttributes?.[name], name));
    if (wrong.length > 0) return { ok: false, missing: wrong, reason: wrongTypeReason(wrong) };
    missing = missing.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length > 0) await addSearchAttributes(connection, namespace, missing);
    await waitUntilUsable(connection, namespace, limitMs);
    return { ok: true, added: missing };
  } catch (error) {
    return { ok: false, missing, reason: toReason(error) };
  }
}

/** What a person with the right to do so types to add them. */
export function searchAttributeAdvice(namespace: string): string {
  const parts = Object.entries(searchAttributeTypes).map(([name, type]) => `--name ${name} --type ${type}`);
  return `temporal operator search-attribute create --namespace ${namespace} ${parts.join(' ')}`;
}

function hasOtherType(type: number | null | undefined, name: keyof typeof searchAttributeTypes): boolean {
  return type !== undefined && type !== null && type !== indexedValueTypes[searchAttributeTypes[name]];
}

function wrongTypeReason(wrong: readonly (keyof typeof searchAttributeTypes)[]): string {
  const expected = wrong.map((name) => `${name} as ${searchAttributeTypes[name]}`).join(', ');
  return `the namespace has them with another type; expected ${expected}`;
}

async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  names: readonly (keyof typeof searchAttributeTypes)[],
): Promise<void> {
  const searchAttributes = Object.fromEntries(
    names.map((name) => [name, indexedValueTypes[searchAttributeTypes[name]]]),
  );
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Somebody else added them between our list and our request.
    if (!/already exist/i.test(toReason(error))) throw error;
  }
}

/** The front end refuses a query that names an attribute it does not know yet. */
async function waitUntilUsable(connection: Connection, namespace: string, limitMs: number): Promise<void> {
  const query = 'PactPhase = "" AND PactSprint = "" AND PactProject = "" AND PactNeedsPerson = true';
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}
