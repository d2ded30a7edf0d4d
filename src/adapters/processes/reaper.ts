/**
 * The reaper: a small program beside each worker, in a session of its own, that learns of every running attempt over its
 * stdin. When that pipe closes, the worker is dead, however it died, and the reaper ends what is left of it.
 */
import { createInterface } from 'node:readline';
import { endProcesses } from './process-end.ts';
import { parseReaperLine, REAPER_GRACE_MS, REAPER_READY, type ReaperLine } from './reaper-protocol.ts';

const watched = new Map<number, Extract<ReaperLine, { op: 'watch' }>>();

// It outlives Ctrl-C and the end of the terminal: it ends when it has nothing more to do.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdout.on('error', () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = parseReaperLine(line);
    if (message?.op === 'watch') watched.set(message.key, message);
    if (message?.op === 'release') watched.delete(message.key);
  })
  .on('close', () => {
    const ends = [...watched.values()].map((target) => endProcesses(target, REAPER_GRACE_MS));
    void Promise.allSettled(ends).then(() => process.exit(0));
  });
process.stdout.write(`${REAPER_READY}\n`);
