import type { temporal } from '@temporalio/proto';

interface Sizes {
  /** Bytes of the largest payload in the history. */
  readonly largest: number;
  /** Bytes of all payloads of the commands of one workflow task, of that with the most. */
  readonly largestTask: number;
}

/** How large the payloads of a history are, wherever in its events they stand. */
export function payloadSizes(history: temporal.api.history.v1.IHistory): Sizes {
  const perTask = new Map<string, number>();
  let largest = 0;
  for (const event of history.events ?? []) {
    const attributes = Object.entries(event).find(([name, value]) => name.endsWith('Attributes') && value)?.[1] as object;
    const sizes = payloadsIn(attributes);
    largest = Math.max(largest, ...sizes);
    const { workflowTaskCompletedEventId: task } = attributes as { readonly workflowTaskCompletedEventId?: unknown };
    if (task === undefined || task === null) continue;
    perTask.set(
      String(task),
      sizes.reduce((sum, size) => sum + size, perTask.get(String(task)) ?? 0),
    );
  }
  return { largest, largestTask: Math.max(0, ...perTask.values()) };
}

function payloadsIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if ('data' in value && 'metadata' in value && value.data instanceof Uint8Array) return [value.data.length];
  return Object.values(value).flatMap(payloadsIn);
}
