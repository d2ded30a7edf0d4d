import type { Client } from '@temporalio/client';
import { inject } from 'vitest';

/** A payload as it goes over the wire, right or wrong. */
export interface RawPayload {
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly data?: Uint8Array;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const rawPayload = (encoding: string | null, data?: string | Uint8Array): RawPayload => ({
  metadata: encoding === null ? {} : { encoding: bytes(encoding) },
  ...(data === undefined ? {} : { data: typeof data === 'string' ? bytes(data) : data }),
});

export const rawJson = (text: string): RawPayload => rawPayload('json/plain', text);

/** Sends a signal past every converter. */
export async function signalRaw(
  client: Client,
  workflowId: string,
  signalName: string,
  payloads: readonly RawPayload[] | null,
): Promise<void> {
  await client.workflowService.signalWorkflowExecution({
    namespace: inject('temporalNamespace'),
    workflowExecution: { workflowId },
    signalName,
    ...(payloads === null ? {} : { input: { payloads: [...payloads] } }),
  });
}

let count = 0;

/** Sends an update past every converter; answers the type of its failure, or null when it was accepted. */
export async function updateRaw(
  client: Client,
  workflowId: string,
  name: string,
  payloads: readonly RawPayload[] | null,
): Promise<string | null> {
  const { outcome } = await client.workflowService.updateWorkflowExecution({
    namespace: inject('temporalNamespace'),
    workflowExecution: { workflowId },
    waitPolicy: { lifecycleStage: 3 },
    request: {
      meta: { updateId: `raw-${process.pid}-${count++}` },
      input: { name, ...(payloads === null ? {} : { args: { payloads: [...payloads] } }) },
    },
  });
  const failure = outcome?.failure;
  return failure ? (failure.applicationFailureInfo?.type ?? failure.message ?? 'failure') : null;
}
