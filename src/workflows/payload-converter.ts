import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/**
 * Stands in for a payload that does not decode. A converter that throws wedges the workflow for good: its later signals, cancels and
 * queries all stop (sdk-typescript#1174). With this one the message is refused like any other that does not fit.
 */
export interface Undecodable {
  readonly undecodable: string;
}

export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      const undecodable: Undecodable = { undecodable: error instanceof Error ? error.message : String(error) };
      return undecodable as T;
    }
  },
};
