import type { Readable } from 'node:stream';

const WINDOW_MS = 100;
/** Per window and stream; a program that prints faster is held back by its full pipe, and the worker stays free for others. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_BUSY_MS = 20;

/** Reads a stream to its end at a bounded share of the worker's time. `onChunk` must not throw. */
export function readPaced(stream: Readable, onChunk: (chunk: Buffer) => void): void {
  let windowStart = -Infinity;
  let bytes = 0;
  let busyMs = 0;
  stream.on('error', () => {}); // a reset pipe is an end like any other
  stream.on('data', (chunk: Buffer) => {
    const before = performance.now();
    if (before - windowStart >= WINDOW_MS) [windowStart, bytes, busyMs] = [before, 0, 0];
    onChunk(chunk);
    const after = performance.now();
    bytes += chunk.length;
    busyMs += after - before;
    if (bytes < MAX_BYTES && busyMs < MAX_BUSY_MS) return;
    stream.pause();
    setTimeout(() => stream.resume(), Math.max(1, windowStart + WINDOW_MS - after));
  });
}
