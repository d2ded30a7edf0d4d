import type { Channel } from './channel.ts';

/** Events as lines of the worker's log. */
export function createConsoleChannel(id: string, writeLine: (line: string) => void): Channel {
  return {
    id,
    async send(event) {
      const url = event.url === undefined ? '' : ` ${event.url}`;
      writeLine(`[${event.kind}] ${event.executionId}: ${event.title}: ${event.text}${url}`);
      return { ok: true, detail: 'written to the log' };
    },
    reachable: async () => ({ ok: true, detail: 'the log of the worker' }),
  };
}
