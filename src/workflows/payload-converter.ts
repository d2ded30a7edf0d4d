import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';
import { messageOf } from '../domain/error-message.ts';

/**
 * Stands in for a payload that does not decode. A converter that throws wedges the workflow for good: its later signals, cancels and
 * queries all stop (sdk-typescript#1174). With this one the message is refused like any other that does not fit.
 */
export interface Undecodable {
  readonly undecodable: string;
}

/**
 * A body may nest this deep: a plan needs a dozen. Whatever looks at JSON goes down its levels by recursion, `JSON.stringify` included, and
 * a body of 100 KiB that is nothing but brackets ends every such program in a stack overflow.
 */
const MAX_DEPTH = 256;

const OPENING = new Set([0x5b, 0x7b]); // [ {
const CLOSING = new Set([0x5d, 0x7d]); // ] }
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether JSON text in UTF-8 nests deeper than allowed; brackets within strings do not count. */
export function isTooDeep(json: Uint8Array): boolean {
  if (json.length < 2 * MAX_DEPTH) return false;
  let depth = 0;
  let isInString = false;
  for (let place = 0; place < json.length; place += 1) {
    const byte = json[place] as number;
    if (isInString) {
      if (byte === BACKSLASH) place += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (CLOSING.has(byte)) depth -= 1;
  }
  return false;
}

export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload<T>(payload: Payload): T {
    try {
      if (payload.data && isTooDeep(payload.data)) throw new RangeError(`the body nests deeper than ${MAX_DEPTH} levels`);
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      const undecodable: Undecodable = { undecodable: messageOf(error) };
      return undecodable as T;
    }
  },
};
