import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { err, ok, type Result } from '../../domain/result.ts';
import { connectWithin, lookupFixed, NotPermittedError, permittedAddresses, type Reach } from './address-guard.ts';
import type { Delivery, Try } from './channel.ts';
import { causeOf } from './failure-cause.ts';

export interface HttpTarget {
  /** The path may hold a secret: no message contains more than its origin. */
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  readonly resolve?: Reach['resolve'];
}

const TIMEOUT_MS = 10_000;

/**
 * One POST of JSON. 2xx is success; 408, 429, 5xx, no answer in time and no connection are passing. A redirect is a failure: the
 * address in the config is the one that people have checked. Of the answer nothing but its status is read. Never throws.
 */
export async function postJson(
  target: HttpTarget,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Try> {
  const parsed = toUrl(target.url);
  if (!parsed.ok) return { ok: false, detail: parsed.error, isPassing: false };
  const url = parsed.value;
  const timeoutMs = target.timeoutMs ?? TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const end = endOf(timeout, signal);
    const addresses = await permittedAddresses(hostOf(url), reachOf(target, url), end);
    if (!addresses.ok) throw new NotPermittedError(addresses.error);
    const response = await exchange(url, body, headers, lookupFixed(addresses.value), end);
    return toTry(url, response);
  } catch (error) {
    const said = timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error);
    return { ok: false, detail: `${url.origin}: ${said}`, isPassing: !(error instanceof NotPermittedError) };
  }
}

/** A permitted address whose port accepts: as much as can be known without sending something. */
export async function canConnect(target: HttpTarget, signal?: AbortSignal): Promise<Delivery> {
  const parsed = toUrl(target.url);
  if (!parsed.ok) return { ok: false, detail: parsed.error };
  const url = parsed.value;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const timeout = AbortSignal.timeout(target.timeoutMs ?? TIMEOUT_MS);
  try {
    const socket = await connectWithin(reachOf(target, url), hostOf(url), port, endOf(timeout, signal));
    socket.destroy();
    return { ok: true, detail: `${url.origin} accepts connections` };
  } catch (error) {
    return { ok: false, detail: `${url.origin}: ${causeOf(error)}` };
  }
}

/** The URL, or why it is none to post to. */
function toUrl(text: string): Result<URL> {
  if (!URL.canParse(text)) return err('expected an absolute http or https URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return err('expected a URL without user and password in it');
  if (url.protocol === 'http:' || url.protocol === 'https:') return ok(url);
  return err(`expected an http or https URL, got one with ${url.protocol}`);
}

const hostOf = (url: URL): string => url.hostname.replaceAll(/^\[|\]$/g, '');

const reachOf = ({ allowPrivate, resolve }: HttpTarget, url: URL): Reach => ({
  allowPrivate,
  isEncrypted: url.protocol === 'https:',
  ...(resolve === undefined ? {} : { resolve }),
});

const endOf = (timeout: AbortSignal, signal?: AbortSignal): AbortSignal =>
  signal === undefined ? timeout : AbortSignal.any([timeout, signal]);

async function exchange(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  lookup: ReturnType<typeof lookupFixed>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'pact-temporal',
        ...headers,
      },
      agent: false,
      lookup,
      signal,
    });
    request.on('error', reject);
    request.once('response', (response) => {
      response.destroy();
      resolve(response);
    });
    request.end(body);
  });
}

function toTry(url: URL, { statusCode = 0, headers }: IncomingMessage): Try {
  const detail = `${url.origin} answered ${statusCode}`;
  if (statusCode >= 200 && statusCode < 300) return { ok: true, detail, isPassing: false };
  const seconds = Number(headers['retry-after']);
  return {
    ok: false,
    detail: `${detail}; expected 2xx`,
    isPassing: statusCode >= 500 || statusCode === 408 || statusCode === 429,
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
  };
}
