import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Channel } from '../adapters/channels/channel.ts';
import { toChannelMessage } from '../domain/notices/channel-message.ts';
import { toUncarried, type ChannelResult, type Notice } from '../domain/notices/notice.ts';
import { messageOf } from '../domain/error-message.ts';

export interface NotifyInput {
  /** Ids of channels of the config: they are told of every notice that names no others. */
  readonly channels: readonly string[];
  /** Of one execution, oldest first. */
  readonly notices: readonly Notice[];
  /** Older ones that nobody will be told of one by one. */
  readonly dropped: number;
}

const HEARTBEAT_MS = 1_000;

/**
 * The activity `notify`: gives each channel what it takes of the notices, as one message, and where one fails the first of its
 * fallbacks that can be told. Answers how each took it. A channel that is unknown or cannot be reached is an answer, never a failure:
 * nothing waits on a notice. Only the end of the worker is one, so that the next worker takes it up.
 */
export function createNotify(channels: ReadonlyMap<string, Channel>): (input: NotifyInput) => Promise<readonly ChannelResult[]> {
  return async (input) => {
    const context = Context.current();
    // So that the death of the worker is noticed. That the workflow has ended meanwhile stops nothing: people still want to know.
    const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    const shutdown = new AbortController();
    const { cancellationSignal } = context;
    cancellationSignal.addEventListener('abort', () => {
      if (String(cancellationSignal.reason).includes('WORKER_SHUTDOWN')) shutdown.abort();
    });
    try {
      const results = await tellAll(channels, input, shutdown.signal);
      if (!shutdown.signal.aborted || results.every(({ ok }) => ok)) return results;
      throw ApplicationFailure.retryable('the worker ended before everybody was told');
    } finally {
      clearInterval(timer);
    }
  };
}

async function tellAll(
  channels: ReadonlyMap<string, Channel>,
  { channels: usual, notices, dropped }: NotifyInput,
  signal: AbortSignal,
): Promise<readonly ChannelResult[]> {
  /** What each channel has been told already, as a fallback of several too. */
  const told = new Map<string, Promise<ChannelResult>>();
  const ids = new Set([...usual, ...notices.flatMap(({ via }) => via ?? [])]);
  const noticesFor = (id: string): readonly Notice[] => notices.filter(({ via }) => (via ?? usual).includes(id));
  const tell = (id: string, named: Channel, insteadOf: string | null): Promise<ChannelResult> | null => {
    const message = toChannelMessage(noticesFor(named.id), named.events, usual.includes(named.id) ? dropped : 0);
    if (message === null) return null;
    const key = JSON.stringify([id, message.id]);
    const telling = told.get(key) ?? send(channels.get(id), id, (channel) => channel.send(message, signal));
    told.set(key, telling);
    const wanted = noticesFor(named.id).filter(({ kind }) => named.events.includes(kind));
    return telling.then((result) => ({ ...result, insteadOf, ...(result.ok ? {} : { what: toUncarried(wanted) }) }));
  };
  const tellWithFallback = async (id: string): Promise<readonly ChannelResult[]> => {
    const channel = channels.get(id);
    if (channel === undefined) return [{ ...unknown(id), what: toUncarried(noticesFor(id)) }];
    const results: ChannelResult[] = [];
    for (const next of [id, ...channel.fallback]) {
      const result = await tell(next, channel, next === id ? null : id);
      if (result !== null) results.push(result);
      if (result === null || result.ok) break;
    }
    return results;
  };
  return (await Promise.all([...ids].map(tellWithFallback))).flat();
}

async function send(
  channel: Channel | undefined,
  id: string,
  deliver: (channel: Channel) => Promise<{ ok: boolean; detail: string }>,
): Promise<ChannelResult> {
  if (channel === undefined) return unknown(id);
  try {
    return { channel: id, insteadOf: null, ...(await deliver(channel)) };
  } catch (error) {
    return { channel: id, ok: false, detail: messageOf(error), insteadOf: null };
  }
}

const unknown = (id: string): ChannelResult => ({
  channel: id,
  ok: false,
  detail: `The config of this worker has no channel "${id}".`,
  insteadOf: null,
});
