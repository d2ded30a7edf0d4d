import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { toReason } from './server-failure.ts';

/** The attributes that every execution carries, so that the Temporal UI's list is a dashboard. */
export const searchAttributeTypes = {
  PactPhase: 'Keyword',
  PactSprint: 'Keyword',
  PactProject: 'Keyword',
  PactNeedsPerson: 'Bool',
} as const;

type AttributeName = keyof typeof searchAttributeTypes;

/** Values of temporal.api.enums.v1.IndexedValueType. */
const indexedValueTypes = { Keyword: 2, Bool: 5 } as const;

/** gRPC status codes. */
const invalidArgument = 3;
const notFound = 5;
const alreadyExists = 6;

/** Refused by a front end that does not know one of them yet. */
const queryOfAll = 'PactPhase = "" AND PactSprint = "" AND PactProject = "" AND PactNeedsPerson = true';

/** Whether workflows may set our search attributes; if not, why, and which are missing. */
export type SearchAttributeState =
  | { readonly ok: true; readonly added: readonly string[] }
  | { readonly ok: false; readonly missing: readonly string[]; readonly reason: string };

/**
 * Registers what is missing in the namespace and waits until the server accepts it in a query: servers hold namespaces and
 * attributes in caches, and know nothing of a new one for some seconds. Any number of callers may do so at once and again.
 * Never throws: a service that does not permit it (Temporal Cloud wants its own tool for it) yields `ok: false`.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  limitMs = 30_000,
): Promise<SearchAttributeState> {
  const deadline = performance.now() + limitMs;
  const added = new Set<string>();
  for (;;) {
    try {
      const state = await registerMissing(connection, namespace, added);
      if (state.ok) await connection.workflowService.countWorkflowExecutions({ namespace, query: queryOfAll });
      return state;
    } catch (error) {
      const isCacheBehind = isGrpcServiceError(error) && (error.code === notFound || error.code === invalidArgument);
      if (!isCacheBehind || performance.now() > deadline) {
        return { ok: false, missing: Object.keys(searchAttributeTypes), reason: toReason(error) };
      }
      await delay(200);
    }
  }
}

/** What a person with the right to do so types to add them. */
export function searchAttributeAdvice(namespace: string): string {
  const parts = Object.entries(searchAttributeTypes).map(([name, type]) => `--name ${name} --type ${type}`);
  return `temporal operator search-attribute create --namespace ${namespace} ${parts.join(' ')}`;
}

function hasOtherType(type: number | null | undefined, name: AttributeName): boolean {
  return type !== undefined && type !== null && type !== indexedValueTypes[searchAttributeTypes[name]];
}

function wrongTypeReason(wrong: readonly AttributeName[]): string {
  const expected = wrong.map((name) => `${name} as ${searchAttributeTypes[name]}`).join(', ');
  return `the namespace has them with another type; expected ${expected}`;
}

async function registerMissing(connection: Connection, namespace: string, added: Set<string>): Promise<SearchAttributeState> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const names = Object.keys(searchAttributeTypes) as AttributeName[];
  const wrong = names.filter((name) => hasOtherType(customAttributes?.[name], name));
  if (wrong.length > 0) return { ok: false, missing: wrong, reason: wrongTypeReason(wrong) };
  const missing = names.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length > 0) {
    const types = missing.map((name) => [name, indexedValueTypes[searchAttributeTypes[name]]] as const);
    await connection.operatorService
      .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(types) })
      // Somebody else added them between our list and our request.
      .catch((error: unknown) => {
        if (!isGrpcServiceError(error) || error.code !== alreadyExists) throw error;
      });
    for (const name of missing) added.add(name);
  }
  return { ok: true, added: [...added] };
}
