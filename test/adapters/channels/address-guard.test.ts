import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permittedAddresses } from '../../../src/adapters/channels/address-guard.ts';
import { createEmailChannel } from '../../../src/adapters/channels/email-channel.ts';
import { createWebhookChannel } from '../../../src/adapters/channels/webhook-channel.ts';
import { startHttpReceiver, type HttpRequest, type Receiver } from '../../support/receiver.ts';
import { message } from './channel-fixture.ts';

const at = (...addresses: string[]): readonly LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const PUBLIC = '93.184.215.14';

const end = (): AbortSignal => AbortSignal.timeout(10_000);

describe('what a channel may connect to', () => {
  it.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.5.4',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '192.0.2.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    'fe80::1',
    'fec0::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    '4000::1',
  ])('%s is not public: it takes allowPrivate', async (address) => {
    const resolve = async () => at(address);
    const refused = await permittedAddresses('inside.example', { allowPrivate: false, isEncrypted: true, resolve }, end());
    expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('"allowPrivate: true"') });
    expect(await permittedAddresses('inside.example', { allowPrivate: true, isEncrypted: false, resolve }, end())).toEqual({
      ok: true,
      value: at(address),
    });
  });

  it.each([PUBLIC, '2606:4700::1111'])('%s is public: it takes encryption', async (address) => {
    const resolve = async () => at(address);
    expect(await permittedAddresses('out.example', { allowPrivate: false, isEncrypted: true, resolve }, end())).toMatchObject({
      ok: true,
    });
    expect(await permittedAddresses('out.example', { allowPrivate: true, isEncrypted: false, resolve }, end())).toMatchObject({
      ok: false,
      error: expect.stringContaining('expected an encrypted connection'),
    });
  });

  it('of several addresses only those that are permitted are left, and a name without any is refused', async () => {
    const reach = { allowPrivate: false, isEncrypted: true };
    expect(await permittedAddresses('both.example', { ...reach, resolve: async () => at('10.0.0.1', PUBLIC) }, end())).toEqual({
      ok: true,
      value: at(PUBLIC),
    });
    expect(await permittedAddresses('none.example', { ...reach, resolve: async () => [] }, end())).toEqual({
      ok: false,
      error: 'none.example has no address',
    });
    expect(await permittedAddresses('odd.example', { ...reach, resolve: async () => at('no address') }, end())).toMatchObject({
      ok: false,
    });
  });
});

describe('a webhook that must stay outside', () => {
  let receiver: Receiver<HttpRequest>;
  beforeAll(async () => {
    receiver = await startHttpReceiver();
  });
  afterAll(() => receiver.close());

  it.each(['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', 'localhost'])(
    'does not reach a receiver here as %s, however its address is written',
    async (host) => {
      const channel = createWebhookChannel({ url: `https://${host}:${receiver.port}/`, allowPrivate: false, secret: () => null });
      for (const { ok, detail } of [await channel.send(message), await channel.reachable()]) {
        expect(ok).toBe(false);
        expect(detail).toContain('"allowPrivate: true"');
      }
      expect(receiver.received).toEqual([]);
    },
  );

  it('is not fooled by a name that is public when checked and private a moment later', async () => {
    const answers = [at(PUBLIC), at('127.0.0.1')];
    let asked = 0;
    const resolve = async () => answers[Math.min(asked++, 1)] as readonly LookupAddress[];
    const url = `https://rebinding.example:${receiver.port}/`;
    const channel = createWebhookChannel({ url, allowPrivate: false, secret: () => null, resolve, timeoutMs: 500 });
    expect((await channel.send(message)).ok).toBe(false);
    expect([asked, receiver.received]).toEqual([1, []]);
    // The next try asks again, and is refused.
    expect(await channel.send(message)).toMatchObject({ isPassing: false, detail: expect.stringContaining('(loopback)') });
    expect(receiver.received).toEqual([]);
  });

  it('does not wait for a name that nobody answers for', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    const channel = createWebhookChannel({
      url: 'https://x.example/',
      allowPrivate: false,
      secret: () => null,
      resolve,
      timeoutMs: 100,
    });
    expect(await channel.send(message)).toMatchObject({ detail: 'https://x.example: no answer within 100 ms', isPassing: true });
    expect(await channel.reachable()).toMatchObject({ ok: false, detail: 'https://x.example: no address in time' });
  });

  it('reaches a name only where it was checked to be', async () => {
    const resolve = async () => at('127.0.0.1');
    const url = `http://some.example:${receiver.port}/`;
    expect(await createWebhookChannel({ url, allowPrivate: true, secret: () => null, resolve }).send(message)).toMatchObject({
      ok: true,
    });
    expect(await receiver.arrived(1)).toMatchObject([{ headers: { host: `some.example:${receiver.port}` } }]);
  });

  it('nor does mail go where it may not', async () => {
    const target = {
      host: 'localhost',
      port: receiver.port,
      security: 'starttls',
      from: 'a@b.example',
      to: ['c@d.example'],
    } as const;
    const channel = createEmailChannel({ ...target, allowPrivate: false, login: () => null });
    expect(await channel.send(message)).toMatchObject({
      ok: false,
      isPassing: false,
      detail: expect.stringContaining('"allowPrivate: true"'),
    });
  });
});
