import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelEvent } from '../../../src/adapters/channels/channel.ts';
import { createChannels } from '../../../src/adapters/channels/config-channels.ts';
import { createWebhookChannel } from '../../../src/adapters/channels/webhook-channel.ts';
import { checkProgram } from '../../../src/adapters/processes/program.ts';
import { runCommand } from '../../../src/adapters/processes/run-command.ts';
import type { ChannelConfig } from '../../../src/domain/config/config.ts';

const event: ChannelEvent = {
  kind: 'personNeeded',
  executionId: 'pact-1',
  title: 'Sign off',
  text: 'Is it **good**?',
  url: 'http://127.0.0.1/x',
};

let baseDir: string;
let lines: string[];
beforeEach(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'pact-channels-'));
  lines = [];
});
afterEach(() => rm(baseDir, { recursive: true, force: true }));

function channelOf(config: ChannelConfig) {
  const env = { PATH: process.env['PATH'] ?? '' };
  const channels = createChannels([config], {
    runCommand,
    checkProgram: (argv) => checkProgram(argv, baseDir, env),
    baseDir,
    env,
    writeLine: (line) => lines.push(line),
  });
  const channel = channels.get(config.id);
  if (channel === undefined) throw new Error('the channel was not made');
  return channel;
}

describe('a console channel', () => {
  it('writes one line', async () => {
    const channel = channelOf({ id: 'log', kind: 'console' });
    expect(await channel.send(event)).toMatchObject({ ok: true });
    expect(lines).toEqual(['[personNeeded] pact-1: Sign off: Is it **good**? http://127.0.0.1/x']);
    expect(await channel.reachable()).toMatchObject({ ok: true });
  });
});

describe('a command channel', () => {
  it('gives the event as a line of JSON on stdin', async () => {
    const channel = channelOf({ id: 'mail', kind: 'command', run: ['sh', '-c', 'cat > got.json'] });
    expect(await channel.send(event)).toMatchObject({ ok: true });
    expect(JSON.parse(await readFile(join(baseDir, 'got.json'), 'utf8'))).toEqual(event);
    expect((await channel.reachable()).detail).toMatch(/\/sh$/);
  });

  it('says how the command failed and what it said', async () => {
    const channel = channelOf({ id: 'mail', kind: 'command', run: ['sh', '-c', 'echo no route; exit 4'] });
    const { ok, detail } = await channel.send(event);
    expect(ok).toBe(false);
    expect(detail).toMatch(/Exited with 4; expected exit code 0\. It said: no route/);
  });

  it('that does not exist is not reachable, and sending to it is an answer and no error', async () => {
    const channel = channelOf({ id: 'mail', kind: 'command', run: ['no-such-program-here'] });
    expect(await channel.reachable()).toMatchObject({ ok: false, detail: expect.stringContaining('no-such-program-here') });
    expect(await channel.send(event)).toMatchObject({ ok: false });
  });

  it('that does not read its input succeeds all the same', async () => {
    await writeFile(join(baseDir, 'deaf.sh'), 'exit 0');
    const channel = channelOf({ id: 'mail', kind: 'command', run: ['sh', 'deaf.sh'] });
    expect(await channel.send({ ...event, text: 'x'.repeat(300_000) })).toMatchObject({ ok: true });
  });
});

describe('a webhook channel', () => {
  let server: Server;
  let origin: string;
  let received: { method: string; type: string; body: unknown }[];
  let answers: (number | 'silence' | 'hangup')[];

  beforeEach(async () => {
    received = [];
    answers = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        received.push({ method: request.method ?? '', type: request.headers['content-type'] ?? '', body });
        const answer = answers.shift() ?? 204;
        if (answer === 'hangup') request.socket.destroy();
        else if (answer !== 'silence') response.writeHead(answer, { location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const webhook = () => createWebhookChannel('ops', `${origin}/secret-path`, { timeoutMs: 400, tries: 3, pauseMs: 5 });

  it('posts the event as JSON', async () => {
    expect(await webhook().send(event)).toEqual({ ok: true, detail: `${origin} answered 204` });
    expect(received).toEqual([{ method: 'POST', type: 'application/json', body: event }]);
  });

  it.each([[[503, 'hangup']], [[429, 500]], [['silence', 408]]] as const)('tries again after %j', async (bad) => {
    answers = [...bad];
    expect(await webhook().send(event)).toEqual({ ok: true, detail: `${origin} answered 204 (3 tries)` });
    expect(received).toHaveLength(3);
  });

  it('gives up after three tries, and never says the path of the URL', async () => {
    answers = [503, 503, 503];
    expect(await webhook().send(event)).toEqual({ ok: false, detail: `${origin} answered 503; expected 2xx (3 tries)` });
    answers = ['silence', 'silence', 'silence'];
    expect(await webhook().send(event)).toEqual({ ok: false, detail: `${origin}: no answer within 400 ms (3 tries)` });
  });

  it.each([404, 401, 302])('does not try again after %d, which would end the same way', async (status) => {
    answers = [status];
    expect(await webhook().send(event)).toEqual({ ok: false, detail: `${origin} answered ${status}; expected 2xx` });
    expect(received).toHaveLength(1);
  });

  it('stops trying when it is aborted', async () => {
    answers = [503, 503, 503];
    const channel = createWebhookChannel('ops', origin, { timeoutMs: 400, tries: 3, pauseMs: 60_000 });
    const abort = new AbortController();
    const sending = channel.send(event, abort.signal);
    setTimeout(() => abort.abort(), 50);
    expect((await sending).ok).toBe(false);
    expect(received.length).toBeLessThan(3);
  });

  it('is reachable when its port accepts, and not when nothing listens', async () => {
    expect(await webhook().reachable()).toEqual({ ok: true, detail: `${origin} accepts connections` });
    expect(received).toEqual([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await webhook().reachable()).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') });
    server.listen(0, '127.0.0.1');
  });

  it.each([
    ['ftp://127.0.0.1/x', /got one with ftp:/],
    ['not a url', /expected an absolute http or https URL/],
    ['http://me:secret@127.0.0.1/x', /without user and password/],
  ])('refuses %s', async (url, message) => {
    for (const { ok, detail } of [
      await createWebhookChannel('x', url).send(event),
      await createWebhookChannel('x', url).reachable(),
    ]) {
      expect(ok).toBe(false);
      expect(detail).toMatch(message);
      expect(detail).not.toContain('secret');
    }
  });
});
