import { Context } from '@temporalio/activity';
import type { Channel, ChannelEvent } from '../adapters/channels/channel.ts';

export interface NotifyInput {
  /** Ids of channels of the config. */
  readonly channels: readonly string[];
  readonly event: ChannelEvent;
}

export interface NotifyResult {
  readonly channel: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * The activity `notify`: tells each channel of an event and answers how each took it, in the order asked. A channel that is
 * unknown or cannot be reached is an answer, never a failure: nothing waits on a notification.
 */
export function createNotify(channels: ReadonlyMap<string, Channel>): (input: NotifyInput) => Promise<readonly NotifyResult[]> {
  return async ({ channels: ids, event }) => {
    const signal = Context.current().cancellationSignal;
    return await Promise.all(ids.map((id) => tell(channels.get(id), id, event, signal)));
  };
}

async function tell(channel: Channel | undefined, id: string, event: ChannelEvent, signal: AbortSignal): Promise<NotifyResult> {
  if (channel === undefined) return { channel: id, ok: false, detail: `The config of this worker has no channel "${id}".` };
  try {
    return { channel: id, ...(await channel.send(event, signal)) };
  } catch (error) {
    return { channel: id, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
