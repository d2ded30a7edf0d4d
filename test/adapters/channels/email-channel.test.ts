import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmailChannel, type EmailTarget } from '../../../src/adapters/channels/email-channel.ts';
import { makeCertificate, startSmtpReceiver, type Certificate, type Mail, type Receiver } from '../../support/receiver.ts';
import { message, openChannel } from './channel-fixture.ts';

const open: Receiver<unknown>[] = [];
let folder: string;
let certificate: Certificate;
let ca: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-mail-'));
  certificate = await makeCertificate(folder);
  ca = await readFile(certificate.cert, 'utf8');
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await rm(folder, { recursive: true, force: true });
});

async function receive(words: readonly string[] = [], isEncrypted = false): Promise<Receiver<Mail>> {
  const receiver = await startSmtpReceiver(words, isEncrypted ? { certificate } : {});
  open.push(receiver);
  return receiver;
}

const plain = (port: number, more: object = {}, variables = {}) =>
  openChannel(
    {
      kind: 'email',
      host: 'localhost',
      port,
      security: 'none',
      allowPrivate: true,
      from: 'pact@team.example',
      to: ['ops@team.example'],
      ...more,
    },
    variables,
  );
const target = (port: number, more: Partial<EmailTarget> = {}): EmailTarget => ({
  host: 'localhost',
  port,
  security: 'starttls',
  from: 'pact@team.example',
  to: ['ops@team.example'],
  allowPrivate: true,
  login: () => null,
  ...more,
});

describe('an email channel', () => {
  it('sends plain text with execution and phase in its subject, to all recipients', async () => {
    const { port, received, arrived } = await receive();
    const channel = plain(port, { to: ['ops@team.example', 'cto@team.example'] });
    expect(await channel.reachable()).toMatchObject({ ok: true, detail: 'localhost accepts mail' });
    expect(received).toEqual([]);
    expect(await channel.send(message)).toEqual({ ok: true, detail: 'localhost took it for 2 of 2 recipients' });
    expect(await arrived(1)).toMatchObject([
      { from: 'pact@team.example', to: ['ops@team.example', 'cto@team.example'], secure: false },
    ]);
    const raw = received[0]?.raw ?? '';
    expect(raw).toMatch(/^Subject: \[pact\] pact-1 running: ann: Sign off\r?$/m);
    expect(raw).toMatch(/^Content-Type: text\/plain/m);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(raw).toContain('Is it **good**?');
  });

  it('gives one message the same id however often it is sent', async () => {
    const { port, arrived } = await receive();
    for (const one of [message, message, { ...message, id: 'other' }]) await plain(port).send(one);
    const ids = (await arrived(3)).map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw)?.[1]);
    expect(ids[0]).toMatch(/^<[0-9a-f]{32}@team\.example>/);
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
  });

  it('lets nothing that people or agents write become a header or a command', async () => {
    const { port, received, arrived } = await receive();
    const evil = 'x\r\nBcc: all@world.example\r\n\r\nhello\u2028\u0000';
    const text = 'one\r\n.\r\nMAIL FROM:<a@b.example>\r\n.hidden';
    await plain(port).send({ ...message, executionId: evil, title: evil, text });
    expect(await arrived(1)).toHaveLength(1);
    expect(received[0]?.to).toEqual(['ops@team.example']);
    const [head = '', ...body] = (received[0]?.raw ?? '').split('\r\n\r\n');
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head.match(/^Subject:/gm)).toHaveLength(1);
    expect(body.join('\n')).toContain('.hidden');
  });

  it('names recipients that the server refuses, and fails when it refuses all', async () => {
    const { port, arrived } = await receive();
    expect(await plain(port, { to: ['gone@team.example', 'ops@team.example'] }).send(message)).toEqual({
      ok: true,
      detail: 'localhost took it for 1 of 2 recipients; it refused gone@team.example',
    });
    expect(await plain(port, { to: ['gone@team.example'] }).send(message)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/550 nobody here$/),
    });
    expect(await arrived(1)).toHaveLength(1);
  });

  it('tries again when the server has no room now, not when it refuses for good or is not there', async () => {
    const full = await plain((await receive(['full'])).port).send(message);
    expect(full).toMatchObject({ ok: false, detail: expect.stringMatching(/452 no room now \(3 tries\)$/) });
    const closed = await plain((await receive(['closed'])).port).send(message);
    expect(closed).toMatchObject({ ok: false, detail: expect.stringMatching(/554 no mail for us$/) });
    const gone = await receive();
    await gone.close();
    expect(await plain(gone.port).send(message)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/ECONNREFUSED.*3 tries/),
    });
    expect(await plain(gone.port).reachable()).toMatchObject({ ok: false });
  });

  it('logs in with what the variables hold', async () => {
    const { port, arrived } = await receive(['login']);
    const login = { userEnv: 'MAIL_USER', passwordEnv: 'MAIL_PASSWORD' };
    const variables = { MAIL_USER: 'pact', MAIL_PASSWORD: 'right horse' };
    expect(await plain(port, login, variables).send(message)).toMatchObject({ ok: true });
    expect((await arrived(1))[0]?.user).toBe('pact');
    const wrong = await plain(port, login, { ...variables, MAIL_PASSWORD: 'wrong horse' }).send(message);
    expect(wrong).toMatchObject({ ok: false, detail: expect.stringMatching(/wrong password$/) });
    expect(wrong.detail).not.toContain('horse');
    for (const name of ['MAIL_USER', 'MAIL_PASSWORD']) {
      const { ok, detail } = await plain(port, login, { ...variables, [name]: '' }).reachable();
      expect([ok, detail]).toEqual([false, `the worker's environment has no ${name}; channel ops of the config names it`]);
    }
  });

  it('insists on STARTTLS and on a certificate that it can trust', async () => {
    const encrypted = await receive([], true);
    expect(await createEmailChannel(target(encrypted.port, { ca })).send(message)).toMatchObject({ ok: true });
    expect(await encrypted.arrived(1)).toMatchObject([{ secure: true }]);
    expect(await createEmailChannel(target(encrypted.port)).send(message)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/self-signed certificate/),
    });
    const bare = await receive();
    expect(await createEmailChannel(target(bare.port, { ca })).send(message)).toMatchObject({ ok: false });
    expect(bare.received).toEqual([]);
    expect(encrypted.received).toHaveLength(1);
  });

  it('speaks TLS from the start where it is to', async () => {
    const { port, arrived } = await receive(['implicit'], true);
    expect(await createEmailChannel(target(port, { security: 'tls', ca })).send(message)).toMatchObject({ ok: true });
    expect(await arrived(1)).toMatchObject([{ secure: true }]);
  });

  it('waits no longer than its time for a server that says nothing, and no longer than wanted', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    expect(await createEmailChannel(target(port, { timeoutMs: 200 })).send(message)).toMatchObject({
      ok: false,
      isPassing: true,
      detail: `localhost:${port}: no end of the conversation within 200 ms`,
    });
    const abort = new AbortController();
    const sending = createEmailChannel(target(port)).send(message, abort.signal);
    setTimeout(() => abort.abort(), 50);
    expect((await sending).ok).toBe(false);
    await new Promise((resolve) => silent.close(resolve));
  });
});
