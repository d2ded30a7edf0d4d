import { clip } from '../clip.ts';
import { takeWithin } from '../json-size.ts';
import type { Notice, NoticeKind } from './notice.ts';
import { MOST_A_MINUTE } from './outbox.ts';

/** One message to one channel: a notice as it is, or a digest of several. Goes out as this JSON object. */
export interface ChannelMessage extends Omit<Notice, 'kind'> {
  readonly kind: NoticeKind | 'digest';
  /** What a digest holds, as much as fits. */
  readonly notices?: readonly Notice[];
}

const MOST_LINES = 50;
const MOST_DIGEST_BYTES = 64 * 1024;
const MOST_LINE = 300;

/**
 * What a channel is to send of these notices of one execution; null when it takes none of their kinds.
 * @param events Kinds that the channel takes.
 * @param dropped Older ones that nobody will be told of one by one.
 */
export function toChannelMessage(
  notices: readonly Notice[],
  events: readonly NoticeKind[],
  dropped: number,
): ChannelMessage | null {
  const wanted = notices.filter(({ kind }) => events.includes(kind));
  const [first] = wanted;
  const last = wanted.at(-1);
  if (first === undefined || last === undefined) return null;
  if (wanted.length === 1 && dropped === 0) return first;
  return {
    id: `${first.id}+${wanted.length - 1}`,
    kind: 'digest',
    executionId: last.executionId,
    phase: last.phase,
    at: last.at,
    title: `${wanted.length + dropped} events: ${countKinds(wanted)}`,
    text: toDigestText(wanted, dropped, last.executionId),
    item: null,
    notices: takeWithin(wanted, MOST_DIGEST_BYTES),
  };
}

function countKinds(notices: readonly Notice[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of notices) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

/** What happened once is a line; what happened again and again is one line with how often. What asks for an answer comes first. */
function toDigestText(notices: readonly Notice[], dropped: number, executionId: string): string {
  const times = new Map<string, { readonly notice: Notice; count: number }>();
  for (const notice of notices) {
    const key = JSON.stringify([notice.kind, notice.title, notice.text]);
    const same = times.get(key);
    if (same) same.count += 1;
    else times.set(key, { notice, count: 1 });
  }
  const distinct = [...times.values()].toSorted((a, b) => Number(b.notice.item !== null) - Number(a.notice.item !== null));
  const lines = distinct.slice(0, MOST_LINES).map(({ notice, count }) => toLine(notice, count));
  const left = distinct.length - lines.length + dropped;
  return [
    `More happened than ${MOST_A_MINUTE} messages a minute can tell, so this is one message for all of it.`,
    ...lines,
    ...(left === 0 ? [] : [`- and ${left} more: see "pact status" and "pact inbox" of ${executionId}`]),
  ].join('\n');
}

function toLine({ at, kind, title, text, item }: Notice, count: number): string {
  const said = clip(text.replaceAll(/\s+/g, ' '), MOST_LINE);
  const often = count === 1 ? '' : ` (${count} times)`;
  const answer = item === null ? '' : ` [item ${item.itemId}, due ${item.deadline}]`;
  return `- ${at} ${kind}: ${title}${often}${answer}${said === '' ? '' : `: ${said}`}`;
}
