import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';

/** RFC 8785 (JCS) text of plain JSON data. Throws on what JSON cannot hold: undefined, functions, NaN, cycles. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`Not JSON data: ${typeof value}`);
  return text;
}

/** SHA-256 of the text's UTF-8 bytes in lower-case hex. Runs in the workflow sandbox, where `node:crypto` is missing. */
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** SHA-256 (hex) over the RFC 8785 JSON: equal for equal data, whatever the order of its keys. */
export const canonicalHash = (value: unknown): string => sha256Hex(canonicalJson(value));
