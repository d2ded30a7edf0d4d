import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toSlackMessage } from '../../../src/adapters/channels/slack-channel.ts';
import { startHttpReceiver, type HttpRequest, type Receiver } from '../../support/receiver.ts';
import { message, openChannel } from './channel-fixture.ts';

interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly { readonly type: string; readonly text?: { readonly type: string; readonly text: string } }[];
}

describe('a slack channel', () => {
  let receiver: Receiver<HttpRequest>;
  beforeAll(async () => {
    receiver = await startHttpReceiver(['204', '429', '200']);
  });
  afterAll(() => receiver.close());

  it('posts text and blocks to the address in the variable, and waits when it is told to', async () => {
    const address = `http://127.0.0.1:${receiver.port}/services/T0/B0/token`;
    const channel = openChannel({ kind: 'slack', urlEnv: 'CHAT', allowPrivate: true }, { CHAT: address });
    expect(await channel.reachable()).toMatchObject({ ok: true });
    expect(await channel.send(message)).toMatchObject({ ok: true });
    const startedAt = performance.now();
    const second = await channel.send(message);
    expect(second).toMatchObject({ ok: true, detail: expect.stringContaining('(2 tries)') });
    expect(performance.now() - startedAt).toBeGreaterThan(45);
    expect(second.detail).not.toContain('token');
    expect(await receiver.arrived(3)).toHaveLength(3);
    expect(receiver.received[0]).toMatchObject({ url: '/services/T0/B0/token', headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
      text: '```\nann: Sign off\nIs it **good**?\nDue tomorrow.\npact-1 · running · personNeeded\n```',
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'ann: Sign off', emoji: false } },
        { type: 'section', text: { type: 'plain_text', text: message.text, emoji: false } },
        { type: 'context', elements: [{ type: 'plain_text', text: 'pact-1 · running · personNeeded', emoji: false }] },
      ],
    });
  });

  it('without its variable says which one is missing', async () => {
    const channel = openChannel({ kind: 'slack', urlEnv: 'CHAT' });
    for (const { ok, detail } of [await channel.reachable(), await channel.send(message)]) {
      expect([ok, detail]).toEqual([false, "the worker's environment has no CHAT; channel ops of the config names it"]);
    }
    expect(await openChannel({ kind: 'slack', url: 'https://127.0.0.1/x' }).send(message)).toMatchObject({ ok: false });
  });

  it('calls nobody, links nothing and ends no code block, whatever an agent writes', () => {
    const text = 'see <!channel> & <https://evil.example|here> @everyone ``` *bold*';
    const slack = toSlackMessage({ ...message, title: text, text }) as SlackMessage;
    expect(slack.text).not.toMatch(/<|>|@[a-z]/);
    expect(slack.text.match(/```/g)).toHaveLength(2);
    expect(slack.blocks.flatMap((block) => block.text?.type ?? [])).toEqual(['plain_text', 'plain_text']);
  });

  it('keeps within the limits of Slack', () => {
    const slack = toSlackMessage({ ...message, title: 't'.repeat(500), text: 'é'.repeat(50_000) }) as SlackMessage;
    expect(slack.blocks.map((block) => block.text?.text.length)).toEqual([150, 3_000, undefined]);
    expect(slack.text.length).toBeLessThan(4_000);
    expect((toSlackMessage({ ...message, text: '' }) as SlackMessage).blocks.map(({ type }) => type)).toEqual([
      'header',
      'context',
    ]);
  });
});
