import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createWebhookChannel } from '../../../src/adapters/channels/webhook-channel.ts';
import { makeCertificate, startHttpReceiver, type HttpRequest, type Receiver } from '../../support/receiver.ts';
import { blocksOf, readPage } from '../../docs/doc-page.ts';
import { message, openChannel } from './channel-fixture.ts';

const open: Receiver<unknown>[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

async function receive(...answers: string[]): Promise<Receiver<HttpRequest> & { readonly origin: string }> {
  const receiver = await startHttpReceiver(answers);
  open.push(receiver);
  return Object.assign(receiver, { origin: `http://127.0.0.1:${receiver.port}` });
}
const webhook = (origin: string, more: object = {}, variables = {}) =>
  openChannel({ kind: 'webhook', url: `${origin}/secret-path`, allowPrivate: true, ...more }, variables);

describe('a webhook channel', () => {
  it('posts the message as JSON', async () => {
    const { origin, received, arrived } = await receive();
    expect(await webhook(origin).send(message)).toEqual({ ok: true, detail: `${origin} answered 204` });
    expect(await arrived(1)).toMatchObject([
      { method: 'POST', url: '/secret-path', headers: { 'content-type': 'application/json' } },
    ]);
    expect(received[0]?.headers['webhook-signature']).toBeUndefined();
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(message);
  });

  it('tries again after what may pass, with the same id, and gives up after three tries without the path of the URL', async () => {
    const { origin, arrived } = await receive('503', 'hangup', '204', '429', '500', '408');
    expect(await webhook(origin).send(message)).toEqual({ ok: true, detail: `${origin} answered 204 (3 tries)` });
    const received = await arrived(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received[0]?.headers['idempotency-key']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(await webhook(origin).send({ ...message, id: 'näme\nwith break' })).toEqual({
      ok: false,
      detail: `${origin} answered 408; expected 2xx (3 tries)`,
    });
    expect((await arrived(6))[3]?.headers['webhook-id']).not.toBe(received[0]?.headers['webhook-id']);
  });

  it('does not follow a redirect, nor try again what would end the same way', async () => {
    const { origin, arrived } = await receive('302', '404', '401');
    for (const status of [302, 404, 401]) {
      expect(await webhook(origin).send(message)).toEqual({ ok: false, detail: `${origin} answered ${status}; expected 2xx` });
    }
    expect(await arrived(3)).toHaveLength(3);
  });

  it('waits no longer than its time for an answer, and reads none that does not end', async () => {
    const { origin } = await receive('silence', 'endless');
    const target = { url: origin, allowPrivate: true, timeoutMs: 300, secret: () => null };
    expect(await createWebhookChannel(target).send(message)).toMatchObject({
      ok: false,
      detail: `${origin}: no answer within 300 ms`,
    });
    expect(await createWebhookChannel({ ...target, timeoutMs: 5_000 }).send(message)).toMatchObject({ ok: true });
  });

  it('speaks only to a server whose certificate it can trust', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pact-webhook-'));
    const receiver = await startHttpReceiver([], { certificate: await makeCertificate(folder) });
    open.push(receiver);
    const channel = webhook(`https://localhost:${receiver.port}`);
    expect(await channel.send(message)).toMatchObject({ ok: false, detail: expect.stringContaining('self-signed certificate') });
    expect(receiver.received).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('stops trying when it is aborted', async () => {
    const { origin, arrived } = await receive('503', '503', '503');
    const channel = openChannel(
      { kind: 'webhook', url: origin, allowPrivate: true },
      {},
      { timing: { tries: 3, pauseMs: 60_000, longestPauseMs: 1 } },
    );
    const abort = new AbortController();
    const sending = channel.send(message, abort.signal);
    await arrived(1);
    abort.abort();
    expect((await sending).ok).toBe(false);
    expect(await arrived(1)).toHaveLength(1);
  });

  it('is reachable when its port accepts, and not when nothing listens or its secret is missing', async () => {
    const receiver = await receive();
    const { origin, received } = receiver;
    expect(await webhook(origin).reachable()).toEqual({ ok: true, detail: `${origin} accepts connections` });
    const unsigned = webhook(origin, { secretEnv: 'HOOK_SECRET' });
    for (const { ok, detail } of [await unsigned.reachable(), await unsigned.send(message)]) {
      expect(ok).toBe(false);
      expect(detail).toBe("the worker's environment has no HOOK_SECRET; channel ops of the config names it");
    }
    await receiver.close();
    expect(received).toEqual([]);
    expect(await webhook(origin).reachable()).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') });
  });

  it.each([
    ['ftp://127.0.0.1/x', /got one with ftp:/],
    ['not a url', /expected an absolute http or https URL/],
    ['http://me:secret@127.0.0.1/x', /without user and password/],
  ])('refuses %s', async (url, expected) => {
    const channel = createWebhookChannel({ url, allowPrivate: true, secret: () => null });
    for (const { ok, detail } of [await channel.send(message), await channel.reachable()]) {
      expect(ok).toBe(false);
      expect(detail).toMatch(expected);
      expect(detail).not.toContain('secret');
    }
  });
});

describe('the signature of a webhook', () => {
  const [code = ''] = blocksOf(readPage('plan.md'), 'js');
  // The verifier as it stands on the page, with what it imports handed in.
  const source = code.replace(/^import .*$/m, '').replace('export function', 'return function');
  const isFromPact = new Function('createHmac', 'timingSafeEqual', source)(createHmac, timingSafeEqual) as (
    secret: string,
    headers: object,
    body: string,
  ) => boolean;

  it.each(['a long secret of words', `whsec_${Buffer.from('binary \u0000 secret').toString('base64')}`])(
    'is taken by the verifier that the page shows, with the right secret, body and time only: %s',
    async (secret) => {
      const { origin, arrived } = await receive();
      expect(await webhook(origin, { secretEnv: 'HOOK_SECRET' }, { HOOK_SECRET: secret }).send(message)).toMatchObject({
        ok: true,
      });
      const { headers, body } = (await arrived(1))[0] as HttpRequest;
      expect(isFromPact(secret, headers, body)).toBe(true);
      expect(isFromPact('another', headers, body)).toBe(false);
      expect(isFromPact(secret, headers, `${body} `)).toBe(false);
      expect(isFromPact(secret, { ...headers, 'webhook-timestamp': '1700000000' }, body)).toBe(false);
    },
  );

  it('keeps the secret out of everything that is sent or said', async () => {
    const { origin, arrived } = await receive('500', '500', '500');
    const { detail } = await webhook(origin, { secretEnv: 'HOOK_SECRET' }, { HOOK_SECRET: 'hush-hush' }).send(message);
    const received = await arrived(3);
    expect(JSON.stringify([received, detail])).not.toContain('hush-hush');
  });
});
