import type { Channel } from '../../../src/adapters/channels/channel.ts';
import { createChannels, type ChannelDeps } from '../../../src/adapters/channels/config-channels.ts';
import { checkProgram } from '../../../src/adapters/processes/program.ts';
import { runCommand } from '../../../src/adapters/processes/run-command.ts';
import { toChannel } from '../../../src/domain/config/channel-config.ts';
import { channelSchema } from '../../../src/domain/config/channel-schema.ts';
import type { ChannelMessage } from '../../../src/domain/notices/channel-message.ts';

export const message: ChannelMessage = {
  id: 'pact-1/notice/7',
  kind: 'personNeeded',
  executionId: 'pact-1',
  phase: 'running',
  at: '2026-12-01T09:00:00.000Z',
  title: 'ann: Sign off',
  text: 'Is it **good**?\nDue tomorrow.',
  item: null,
};

/** A channel as a config writes it, with quick tries and variables of the test instead of the environment's. */
export function openChannel(
  written: Record<string, unknown>,
  variables: Readonly<Record<string, string>> = {},
  deps: Partial<ChannelDeps> = {},
): Channel {
  const config = toChannel(channelSchema.parse({ id: 'ops', ...written }), (run) => [...run]);
  const env = { PATH: process.env['PATH'] ?? '' };
  const baseDir = deps.baseDir ?? '.';
  const channel = createChannels([config], {
    runCommand,
    checkProgram: (argv) => checkProgram(argv, baseDir, env),
    baseDir,
    env,
    readVariable: (name) => variables[name],
    writeLine: () => undefined,
    timing: { tries: 3, pauseMs: 5, longestPauseMs: 50 },
    ...deps,
  }).get('ops');
  if (channel === undefined) throw new Error('the channel was not made');
  return channel;
}
