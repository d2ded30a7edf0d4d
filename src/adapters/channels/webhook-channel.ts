import { createHash, createHmac } from 'node:crypto';
import type { ChannelMessage } from '../../domain/notices/channel-message.ts';
import type { Transport } from './channel.ts';
import { canConnect, postJson, type HttpTarget } from './http-post.ts';

export interface WebhookTarget extends HttpTarget {
  /** The secret that signs; null: nothing is signed; a failure: why there is none. */
  readonly secret: () => string | null | Error;
}

/**
 * POSTs each message as JSON, signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com): any of its verifiers takes it.
 * The id is the same for every try, so that a receiver can drop what it has had.
 */
export function createWebhookChannel(target: WebhookTarget): Transport {
  return {
    async send(message, signal) {
      const secret = target.secret();
      if (secret instanceof Error) return { ok: false, detail: secret.message, isPassing: false };
      const body = JSON.stringify(message);
      const id = toWebhookId(message);
      const headers = secret === null ? {} : sign(secret, id, Math.floor(Date.now() / 1000), body);
      return await postJson(target, body, { 'webhook-id': id, 'idempotency-key': id, ...headers }, signal);
    },
    async reachable(signal) {
      const secret = target.secret();
      return secret instanceof Error ? { ok: false, detail: secret.message } : await canConnect(target, signal);
    },
  };
}

/** The name of an execution is anyone's, and may hold what a header cannot. */
const toWebhookId = ({ id }: ChannelMessage): string => `msg_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;

/** @param timestamp Unix seconds. */
function sign(secret: string, id: string, timestamp: number, body: string): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
