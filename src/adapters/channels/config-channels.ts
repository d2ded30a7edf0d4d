import type { ChannelConfig } from '../../domain/config/channel-config.ts';
import { assertNever } from '../../domain/result.ts';
import type { Channel, Transport } from './channel.ts';
import { createCommandChannel, type CommandChannelDeps } from './command-channel.ts';
import { createConsoleChannel } from './console-channel.ts';
import { createEmailChannel } from './email-channel.ts';
import { createSlackChannel } from './slack-channel.ts';
import { DEFAULT_TRIES, tryAgain, type TryTiming } from './tries.ts';
import { createWebhookChannel } from './webhook-channel.ts';

export interface ChannelDeps extends CommandChannelDeps {
  /** Where console channels write. */
  readonly writeLine: (line: string) => void;
  readonly timing?: TryTiming;
}

/** The channels of a config by id. */
export function createChannels(configs: readonly ChannelConfig[], deps: ChannelDeps): ReadonlyMap<string, Channel> {
  return new Map(configs.map((config) => [config.id, toChannel(config, createTransport(config, deps), deps.timing)]));
}

function toChannel({ id, events, fallback }: ChannelConfig, transport: Transport, timing = DEFAULT_TRIES): Channel {
  return {
    id,
    events,
    fallback,
    send: (message, signal) => tryAgain(() => transport.send(message, signal), timing, signal),
    reachable: (signal) => transport.reachable(signal),
  };
}

function createTransport(config: ChannelConfig, deps: ChannelDeps): Transport {
  // Read when it is needed: the worker starts, and says what is missing, without it.
  const read = (name: string): string | Error =>
    deps.readVariable(name) || new Error(`the worker's environment has no ${name}; channel ${config.id} of the config names it`);
  switch (config.kind) {
    case 'console':
      return createConsoleChannel(deps.writeLine);
    case 'command':
      return createCommandChannel(config.run, config.passEnv, deps);
    case 'webhook': {
      const { url, allowPrivate, secretEnv } = config;
      return createWebhookChannel({ url, allowPrivate, secret: () => (secretEnv === null ? null : read(secretEnv)) });
    }
    case 'slack': {
      const { url, urlEnv, allowPrivate } = config;
      return createSlackChannel({ allowPrivate, url: () => (urlEnv === null ? (url ?? '') : read(urlEnv)) });
    }
    case 'email':
      return createEmailChannel({ ...config, login: () => readLogin(config, read) });
    default:
      return assertNever(config);
  }
}

function readLogin(
  { userEnv, passwordEnv }: Extract<ChannelConfig, { kind: 'email' }>,
  read: (name: string) => string | Error,
): { user: string; pass: string } | null | Error {
  if (userEnv === null || passwordEnv === null) return null;
  const [user, pass] = [read(userEnv), read(passwordEnv)];
  if (user instanceof Error) return user;
  return pass instanceof Error ? pass : { user, pass };
}
