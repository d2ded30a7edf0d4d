import { clip } from '../../domain/clip.ts';
import type { ChannelMessage } from '../../domain/notices/channel-message.ts';
import type { Transport } from './channel.ts';
import { canConnect, postJson, type HttpTarget } from './http-post.ts';

export interface SlackTarget extends Omit<HttpTarget, 'url'> {
  /** The address of the incoming webhook, which is a secret; a failure: why there is none. */
  readonly url: () => string | Error;
}

/** Slack's limits for a header, a section and the text beside them. */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
const MAX_TEXT = 3_500;

/** An incoming webhook of Slack, Mattermost, Rocket.Chat, or Discord's `/slack` endpoint. */
export function createSlackChannel({ url, ...rest }: SlackTarget): Transport {
  return {
    async send(message, signal) {
      const address = url();
      if (address instanceof Error) return { ok: false, detail: address.message, isPassing: false };
      return await postJson({ ...rest, url: address }, JSON.stringify(toSlackMessage(message)), {}, signal);
    },
    async reachable(signal) {
      const address = url();
      return address instanceof Error
        ? { ok: false, detail: address.message }
        : await canConnect({ ...rest, url: address }, signal);
    },
  };
}

/**
 * Slack shows the blocks, all of them plain text: nothing that agents or people write becomes a link, a mention or a format. The
 * others show `text`, where a code block does the same.
 */
export function toSlackMessage({ kind, executionId, phase, title, text }: ChannelMessage): object {
  const origin = `${executionId} · ${phase} · ${kind}`;
  return {
    text: toCodeBlock(`${title}\n${text}\n${origin}`),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(title, MAX_HEADER) },
      ...(text === '' ? [] : [{ type: 'section', text: plain(text, MAX_SECTION) }]),
      { type: 'context', elements: [plain(origin, MAX_SECTION)] },
    ],
  };
}

const plain = (text: string, length: number) => ({ type: 'plain_text', text: clip(text, length), emoji: false });

/** Slack reads `&`, `<` and `>` as markup in a code block, too; a zero-width space after `@` calls nobody anywhere. */
function toCodeBlock(text: string): string {
  const shown = clip(text, MAX_TEXT)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'")
    .replaceAll('@', '@\u200B');
  return `\`\`\`\n${shown}\n\`\`\``;
}
