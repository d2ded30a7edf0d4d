import type { ChannelConfig } from '../../domain/config/config.ts';
import { assertNever } from '../../domain/result.ts';
import type { Channel } from './channel.ts';
import { createCommandChannel, type CommandChannelDeps } from './command-channel.ts';
import { createConsoleChannel } from './console-channel.ts';
import { createWebhookChannel } from './webhook-channel.ts';

export interface ChannelDeps extends CommandChannelDeps {
  /** Where console channels write. */
  readonly writeLine: (line: string) => void;
}

/** The channels of a config by id. */
export function createChannels(configs: readonly ChannelConfig[], deps: ChannelDeps): ReadonlyMap<string, Channel> {
  return new Map(configs.map((config) => [config.id, createChannel(config, deps)]));
}

function createChannel(config: ChannelConfig, deps: ChannelDeps): Channel {
  switch (config.kind) {
    case 'console':
      return createConsoleChannel(config.id, deps.writeLine);
    case 'command':
      return createCommandChannel(config.id, config.run, deps);
    case 'webhook':
      return createWebhookChannel(config.id, config.url);
    default:
      return assertNever(config);
  }
}
