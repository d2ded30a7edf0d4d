import type { Transport } from './channel.ts';

/** All but line breaks: what agents write must not steer a terminal. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g;

/** Messages as lines of the worker's log. */
export function createConsoleChannel(writeLine: (line: string) => void): Transport {
  return {
    async send({ kind, executionId, title, text }) {
      const lines = `[${kind}] ${executionId}: ${title}\n${text}`.replaceAll(CONTROLS, ' ').trim();
      writeLine(lines.replaceAll(/\n+/g, '\n  '));
      return { ok: true, detail: 'written to the log', isPassing: false };
    },
    reachable: async () => ({ ok: true, detail: 'the log of the worker' }),
  };
}
