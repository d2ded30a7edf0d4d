import type { ServerLink } from './connection.ts';
import { UnknownExecutionError } from './errors.ts';

/** Every workflow of ours that knows of artifacts; a tether does not. */
const TYPES = ['execution', 'sprint', 'lane', 'reallocation', 'escalation', 'rollback'];
const LIST_WITHIN_MS = 300_000;
const EVENTS_AT_A_TIME = 100;

/** A run of a workflow of ours that the server still knows: open, or closed and within the namespace's retention. */
export interface KnownRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly isOpen: boolean;
}

/** All of a task queue, from the server's visibility store, which may lag by a second. @throws NoServerError */
export function listKnownRuns(link: ServerLink, taskQueue: string): Promise<readonly KnownRun[]> {
  const types = TYPES.map((type) => `WorkflowType = '${type}'`).join(' OR ');
  const query = `TaskQueue = '${taskQueue.replaceAll(/['\\]/g, '\\$&')}' AND (${types})`;
  const list = async (): Promise<KnownRun[]> => {
    const runs: KnownRun[] = [];
    for await (const { workflowId, runId, type, status } of link.client.workflow.list({ query, pageSize: 1_000 }))
      runs.push({ workflowId, runId, type, isOpen: status.name === 'RUNNING' });
    return runs;
  };
  return link.call(null, list, LIST_WITHIN_MS);
}

/**
 * What a run has been given, has had done and has answered: the values of all payloads in its history. Nothing of a run that the server has
 * deleted meanwhile.
 * @throws NoServerError; UnreadablePayloadError for what is encoded by somebody else, for instance encrypted
 */
export async function* readPayloads(link: ServerLink, { workflowId, runId }: KnownRun): AsyncGenerator<unknown> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = {
      namespace: link.namespace,
      execution: { workflowId, runId },
      maximumPageSize: EVENTS_AT_A_TIME,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    };
    const page = await link
      .call(workflowId, () => link.connection.workflowService.getWorkflowExecutionHistory(request))
      .catch((error: unknown) => {
        if (error instanceof UnknownExecutionError) return null;
        throw error;
      });
    if (page === null) return;
    for (const event of page.history?.events ?? []) yield* payloadsIn(event, workflowId);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken !== undefined && nextPageToken.length > 0);
}

/** A payload that only whoever has encoded it can read. */
export class UnreadablePayloadError extends Error {
  override readonly name = 'UnreadablePayloadError';
}

/** A payload, wherever in an event, is what has `data` in bytes. */
function* payloadsIn(event: object, workflowId: string): Generator<unknown> {
  const open: unknown[] = [event];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || next instanceof Uint8Array) continue;
    if ('data' in next && next.data instanceof Uint8Array) yield readPayload(next, next.data, workflowId);
    else open.push(...Object.values(next));
  }
}

/** What is no JSON, although it says so, is text: anyone may send it. */
function readPayload(payload: object, data: Uint8Array, workflowId: string): unknown {
  const metadata = 'metadata' in payload ? (payload.metadata as Readonly<Record<string, Uint8Array>> | null) : null;
  const encoding = toText(metadata?.['encoding'] ?? new Uint8Array());
  const text = toText(data);
  if (encoding === 'json/plain') {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }
  if (encoding === '' || PLAIN.includes(encoding)) return text;
  throw new UnreadablePayloadError(`a payload of "${workflowId}" is encoded as "${encoding}"`);
}

const PLAIN: readonly string[] = ['binary/null', 'binary/plain', 'json/protobuf', 'binary/protobuf'];

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
