import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { toReason } from './server-failure.ts';
import type { ServerLimits } from './server-options.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly path: string;
  readonly limits: Pick<ServerLimits, 'responseMs' | 'stallMs' | 'downloadMs'>;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each chunk; `total` is null when the server does not say. */
  readonly onProgress?: (received: number, total: number | null) => void;
}

export interface Downloaded {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Fetches a URL into a file, hashing on the way, in constant memory. Rejects, naming the URL and what happened, on a status
 * other than 2xx, a cut connection, too much data, or silence longer than the limits allow.
 */
export async function downloadFile(options: DownloadOptions): Promise<Downloaded> {
  const { url, limits } = options;
  const watch = watchdog(options.signal);
  const whole = setTimeout(() => watch.bark(`not finished within ${limits.downloadMs / 1000} s`), limits.downloadMs);
  try {
    watch.expect(limits.responseMs, `no answer within ${limits.responseMs / 1000} s`);
    const response = await fetch(url, { signal: watch.signal });
    if (!response.ok) throw new Error(`HTTP ${response.status} ${response.statusText}`.trim());
    if (response.body === null) throw new Error('an answer without a body');
    return await receive(response, options, watch);
  } catch (error) {
    throw new Error(`${url}: ${toReason(watch.signal.aborted ? watch.signal.reason : error)}`, { cause: error });
  } finally {
    clearTimeout(whole);
    watch.rest();
  }
}

async function receive(response: Response, options: DownloadOptions, watch: Watchdog): Promise<Downloaded> {
  const { limits, maxBytes, onProgress } = options;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(length) ? length : null;
  const hash = createHash('sha256');
  const file = await open(options.path, 'w');
  let bytes = 0;
  try {
    watch.expect(limits.stallMs, `no data for ${limits.stallMs / 1000} s after ${bytes} bytes`);
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
      onProgress?.(bytes, total);
      watch.expect(limits.stallMs, `no data for ${limits.stallMs / 1000} s after ${bytes} bytes`);
    }
  } catch (error) {
    if (watch.signal.aborted) throw error;
    throw new Error(`cut off after ${bytes} of ${total ?? 'unknown'} bytes`, { cause: error });
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

interface Watchdog {
  readonly signal: AbortSignal;
  /** Aborts with the reason unless called again, or put to rest, within the time. */
  expect(withinMs: number, reason: string): void;
  bark(reason: string): void;
  rest(): void;
}

function watchdog(outer: AbortSignal | undefined): Watchdog {
  const controller = new AbortController();
  const bark = (reason: string): void => controller.abort(new Error(reason));
  const onOuter = (): void => bark('interrupted');
  let timer: NodeJS.Timeout | undefined;
  outer?.addEventListener('abort', onOuter);
  if (outer?.aborted) onOuter();
  return {
    signal: controller.signal,
    bark,
    expect(withinMs, reason) {
      clearTimeout(timer);
      timer = setTimeout(bark, withinMs, reason);
    },
    rest() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
