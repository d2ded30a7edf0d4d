import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { connect, type LookupFunction, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { err, ok, type Result } from '../../domain/result.ts';

/** What a channel may connect to. Every name is resolved once, and only addresses that were checked are connected to. */
export interface Reach {
  /** Addresses that are not public are allowed, as the config says for this channel. */
  readonly allowPrivate: boolean;
  /** What goes over the wire is encrypted. A public address needs it. */
  readonly isEncrypted: boolean;
  /** Answers with all addresses of a name; for tests. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

const resolveAll = (host: string): Promise<readonly LookupAddress[]> => lookup(host, { all: true });

/**
 * The addresses of a host that may be connected to, or why there is none. Loopback, private, link-local (and with it the metadata
 * services of clouds), reserved, and IPv6 that stands for IPv4 are not public. Throws when the name cannot be resolved in time.
 */
export async function permittedAddresses(
  host: string,
  reach: Reach,
  end: AbortSignal,
): Promise<Result<readonly LookupAddress[]>> {
  const addresses = await within(end, (reach.resolve ?? resolveAll)(host));
  const objections = addresses.map(({ address }) => objectionTo(address, reach));
  const permitted = addresses.filter((_, place) => objections[place] === null);
  if (permitted.length > 0) return ok(permitted);
  return err(`${host} ${objections[0] ?? 'has no address'}`);
}

/** A lookup cannot be stopped, only left alone. */
function within<T>(end: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (end.aborted) reject(new Error('stopped'));
    end.addEventListener('abort', () => reject(new Error('no address in time')), { once: true });
    work.then(resolve, reject);
  });
}

function objectionTo(address: string, { allowPrivate, isEncrypted }: Reach): string | null {
  const range = rangeOf(address);
  if (range === null) return isEncrypted ? null : `is at the public address ${address}: expected an encrypted connection there`;
  if (allowPrivate) return null;
  return `is at ${address} (${range}); expected a public address, or "allowPrivate: true" on the channel if that is meant`;
}

/** Why an address is not public; null for a public one. Of IPv6 only 2000::/3 is handed out to the public (RFC 4291). */
function rangeOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'not an IP address';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  const isGlobal = parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] as number) >> 5 === 1;
  return isGlobal ? null : 'reserved';
}

/** In place of a name lookup: only the addresses that were checked. */
export const lookupFixed = (addresses: readonly LookupAddress[]): LookupFunction =>
  ((_host, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  }) as LookupFunction;

/** A connection to a permitted address of the host. Throws when there is none, or it cannot be made before the signal ends it. */
export async function connectWithin(reach: Reach, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const permitted = await permittedAddresses(host, reach, signal);
  if (!permitted.ok) throw new NotPermittedError(permitted.error);
  signal.throwIfAborted();
  return await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, lookup: lookupFixed(permitted.value) });
    const give = (): void => void socket.destroy(new Error('no connection in time'));
    signal.addEventListener('abort', give, { once: true });
    // It stays: an error that nobody listens for would end the worker.
    socket.on('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', give));
    socket.once('connect', () => {
      signal.removeEventListener('abort', give);
      resolve(socket);
    });
  });
}

/** The config does not let the channel go there: no further try helps. */
export class NotPermittedError extends Error {}
