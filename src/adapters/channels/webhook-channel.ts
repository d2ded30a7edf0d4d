import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Channel, ChannelEvent, Delivery } from './channel.ts';

export interface WebhookTiming {
  readonly timeoutMs: number;
  readonly tries: number;
  /** Pause before the second try; doubles for each further one. */
  readonly pauseMs: number;
}

const DEFAULT_TIMING: WebhookTiming = { timeoutMs: 10_000, tries: 3, pauseMs: 500 };

/**
 * POSTs each event as JSON. A status of 2xx is success; 408, 429, 5xx, no answer in time and no connection are tried again.
 * A redirect is a failure: the URL in the config is the one that people have checked. The path of the URL may hold a secret, so
 * no message contains more than its origin.
 */
export function createWebhookChannel(id: string, url: string, timing: WebhookTiming = DEFAULT_TIMING): Channel {
  return {
    id,
    async send(event, signal) {
      const target = toTarget(url);
      if (typeof target === 'string') return { ok: false, detail: target };
      let last: Attempt = { ok: false, detail: 'not tried', isFinal: true };
      for (let n = 1; n <= timing.tries; n += 1) {
        last = await post(target, event, timing.timeoutMs, signal);
        if (last.ok || last.isFinal || signal?.aborted === true) return toDelivery(last, n);
        if (n < timing.tries) await pause(timing.pauseMs * 2 ** (n - 1), signal);
      }
      return toDelivery(last, timing.tries);
    },
    async reachable(signal) {
      const target = toTarget(url);
      return typeof target === 'string' ? { ok: false, detail: target } : await canConnect(target, timing.timeoutMs, signal);
    },
  };
}

interface Attempt extends Delivery {
  /** Another try would end the same way. */
  readonly isFinal: boolean;
}

const toDelivery = ({ ok, detail }: Attempt, tries: number): Delivery => ({
  ok,
  detail: tries === 1 ? detail : `${detail} (${tries} tries)`,
});

/** The URL, or why it is none to post to. */
function toTarget(url: string): URL | string {
  if (!URL.canParse(url)) return 'expected an absolute http or https URL in the config';
  const target = new URL(url);
  if (target.username !== '' || target.password !== '') return 'expected a URL without user and password in it';
  if (target.protocol === 'http:' || target.protocol === 'https:') return target;
  return `expected an http or https URL in the config, got one with ${target.protocol}`;
}

async function post(target: URL, event: ChannelEvent, timeoutMs: number, signal?: AbortSignal): Promise<Attempt> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'pact-temporal' },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    await response.body?.cancel();
    const detail = `${target.origin} answered ${response.status}`;
    if (response.ok) return { ok: true, detail, isFinal: true };
    const isPassing = response.status >= 500 || response.status === 408 || response.status === 429;
    return { ok: false, detail: `${detail}; expected 2xx`, isFinal: !isPassing };
  } catch (error) {
    return {
      ok: false,
      detail: `${target.origin}: ${timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error)}`,
      isFinal: false,
    };
  }
}

/** A name that resolves and a port that accepts: as much as can be known without sending something. */
async function canConnect(target: URL, timeoutMs: number, signal?: AbortSignal): Promise<Delivery> {
  const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { address } = await lookup(target.hostname.replace(/^\[|\]$/g, ''));
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: address, port });
      const end = AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]);
      const give = (): void =>
        void socket.destroy(new Error(timeout.aborted ? `no connection within ${timeoutMs} ms` : 'stopped'));
      end.addEventListener('abort', give, { once: true });
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
      socket.once('close', () => end.removeEventListener('abort', give));
    });
    return { ok: true, detail: `${target.origin} accepts connections` };
  } catch (error) {
    return { ok: false, detail: `${target.origin}: ${causeOf(error)}` };
  }
}

async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** `fetch` says only "fetch failed"; the reason is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
