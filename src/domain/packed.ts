import { gunzipSync, gzipSync, strFromU8, strToU8 } from 'fflate';
import { fromBase64, toBase64 } from './base64.ts';

/** Larger values travel packed. */
export const MAX_PLAIN_BYTES = 64 * 1024;
/** Of compressed content in one payload: 240 KiB as base64, below the 256 KiB that a payload may hold. */
export const PAGE_BYTES = 180 * 1024;
/** Of lists of records level 6 saves no more, and takes twice as long. */
const LEVEL = 4;
/** What is packed may hold so much, that unpacking forged data cannot exhaust the memory. */
const MAX_CONTENT_BYTES = 128 * 1024 * 1024;

/** Content in the artifact store by its hash (hex); `size` in bytes, `uri` is `blob:<sha256>`. */
export interface BlobReference {
  readonly sha256: string;
  readonly size: number;
  readonly uri: string;
}

/** JSON compressed within the payload; `size` is that of the JSON in bytes. */
export interface Zipped {
  readonly packed: 'gzip';
  readonly size: number;
  readonly data: string;
}

/** JSON compressed, cut into pages and kept in the artifact store: a claim check. */
export interface Stored {
  readonly packed: 'blobs';
  readonly size: number;
  readonly pages: readonly BlobReference[];
}

/** Compressed and too large for one payload: it travels when its pages (base64) have been kept. */
export interface Paged {
  readonly packed: 'pages';
  readonly size: number;
  readonly pages: readonly string[];
}

/** A value as it travels: as it is, compressed, or by reference. No record of ours has a field `packed` of its own. */
export type Packable<T extends object> = T | Zipped | Stored;

/** Where pages are kept: activities in a workflow, the artifact store itself outside. Both take and give base64. */
export interface PageStore {
  readonly keep: (page: { readonly data: string }) => Promise<BlobReference>;
  readonly load: (page: BlobReference) => Promise<{ readonly data: string }>;
}

/**
 * The value itself when it is small, else compressed; the same bytes whenever and wherever it is done. Expects plain JSON data.
 * @returns `bytes`: what it takes in a payload as JSON
 */
export function pack<T extends object>(value: T): { readonly content: T | Zipped | Paged; readonly bytes: number } {
  const json = strToU8(JSON.stringify(value));
  const size = json.length;
  if (size <= MAX_PLAIN_BYTES) return { content: value, bytes: size };
  const zipped = gzipSync(json, { level: LEVEL, mtime: 0 });
  if (zipped.length <= PAGE_BYTES) {
    const data = toBase64(zipped);
    return { content: { packed: 'gzip', size, data }, bytes: data.length };
  }
  const pages: string[] = [];
  for (let at = 0; at < zipped.length; at += PAGE_BYTES) pages.push(toBase64(zipped.subarray(at, at + PAGE_BYTES)));
  return { content: { packed: 'pages', size, pages }, bytes: pages.reduce((sum, { length }) => sum + length, 0) };
}

export const isPaged = (value: object): value is Paged => 'packed' in value && value.packed === 'pages';
export const isPacked = (value: object): value is Zipped | Stored =>
  'packed' in value && (value.packed === 'gzip' || value.packed === 'blobs');

/** One page after the other, so that they never add up within one message to the server. */
export async function keepPages({ size, pages }: Paged, keep: PageStore['keep']): Promise<Stored> {
  const kept: BlobReference[] = [];
  for (const data of pages) kept.push(await keep({ data }));
  return { packed: 'blobs', size, pages: kept };
}

/** A value made ready to travel. Throws what `keep` throws. */
export async function stow<T extends object>(value: T, keep: PageStore['keep']): Promise<Packable<T>> {
  const { content } = pack(value);
  return isPaged(content) ? await keepPages(content, keep) : content;
}

/** The value that has travelled. Throws what `load` throws, and a RangeError when its data is damaged. */
export async function retrieve<T extends object>(packed: Packable<T>, load: PageStore['load']): Promise<T> {
  if (!isPacked(packed)) return packed;
  if (packed.packed === 'gzip') return unzip(fromBase64(packed.data), packed.size);
  const pages: Uint8Array[] = [];
  for (const page of packed.pages) pages.push(fromBase64((await load(page)).data));
  return unzip(concatenate(pages), packed.size);
}

function unzip<T>(zipped: Uint8Array, size: number): T {
  if (size > MAX_CONTENT_BYTES) throw new RangeError(`packed data of ${size} bytes; expected at most ${MAX_CONTENT_BYTES}`);
  try {
    return JSON.parse(strFromU8(gunzipSync(zipped, { out: new Uint8Array(size) }))) as T;
  } catch (error) {
    throw new RangeError(`packed data of ${size} bytes is damaged: ${(error as Error).message}`, { cause: error });
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
