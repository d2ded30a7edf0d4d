import { closeSync, openSync, writeSync } from 'node:fs';

export interface OutputLogLimits {
  /** Bytes from the start that are kept. */
  readonly headBytes: number;
  /** Bytes from the end that are kept. */
  readonly tailBytes: number;
}

export const DEFAULT_OUTPUT_LOG_LIMITS: OutputLogLimits = { headBytes: 10 * 1024 * 1024, tailBytes: 64 * 1024 };

/** Output of a process: its beginning in a file, its end in memory and, on closing, in the file too. Memory is flat. */
export interface OutputLog {
  write(chunk: Buffer): void;
  /** A line of the engine's own, `[pact] …`, between those of the process. */
  note(text: string): void;
  /** The last bytes as printable text, at most `maxBytes` of UTF-8. */
  tail(maxBytes: number): string;
  close(): void;
}

/**
 * Opens the log; `path` null keeps the tail only. Throws when the file cannot be created. A write that fails later (disk
 * full) ends the file, never the process that writes.
 *
 * Writing is synchronous on purpose: it goes to the page cache, is bounded by `headBytes`, keeps the order of stdout and
 * stderr, needs no buffers, and nothing is lost when the worker is killed.
 */
export function openOutputLog(path: string | null, limits: OutputLogLimits = DEFAULT_OUTPUT_LOG_LIMITS): OutputLog {
  const ring = createRing(limits.tailBytes);
  let file = path === null ? null : openSync(path, 'w', 0o600);
  let total = 0;
  let endsLine = true;

  const toFile = (bytes: Buffer): void => {
    if (file === null) return;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    } catch {
      closeSync(file);
      file = null;
    }
  };
  const write = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    const room = limits.headBytes - total;
    if (room > 0) toFile(chunk.length <= room ? chunk : chunk.subarray(0, room));
    ring.write(chunk);
    total += chunk.length;
    endsLine = chunk[chunk.length - 1] === 0x0a;
  };
  return {
    write,
    note: (text) => write(Buffer.from(`${endsLine ? '' : '\n'}[pact] ${text}\n`)),
    tail: (maxBytes) => toPrintableTail(ring.read(maxBytes), maxBytes),
    close: () => {
      const beyond = total - limits.headBytes;
      if (beyond > 0) {
        const kept = ring.read(Math.min(beyond, limits.tailBytes));
        const leftOut = beyond - kept.length;
        if (leftOut > 0) toFile(Buffer.from(`\n[pact] ${leftOut} of ${total} bytes left out here: the log is capped\n`));
        toFile(kept);
      }
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** The last `size` bytes written. */
function createRing(size: number): { write(chunk: Buffer): void; read(maxBytes: number): Buffer } {
  const ring = Buffer.alloc(size);
  let next = 0;
  let filled = 0;
  return {
    write: (chunk) => {
      const last = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
      const untilEnd = Math.min(last.length, size - next);
      last.copy(ring, next, 0, untilEnd);
      last.copy(ring, 0, untilEnd);
      next = (next + last.length) % size;
      filled = Math.min(size, filled + last.length);
    },
    read: (maxBytes) => {
      const length = Math.min(maxBytes, filled);
      const start = (next - length + size) % size;
      return start + length <= size
        ? Buffer.from(ring.subarray(start, start + length))
        : Buffer.concat([ring.subarray(start), ring.subarray(0, next)]);
    },
  };
}

/** Bad UTF-8 becomes U+FFFD (3 bytes for 1, hence the second cut), control characters blanks; a cut first character goes. */
function toPrintableTail(bytes: Buffer, maxBytes: number): string {
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  const text = toPrintable(bytes.toString('utf8', start));
  const encoded = Buffer.from(text);
  if (encoded.length <= maxBytes) return text;
  let cut = encoded.length - maxBytes;
  while (((encoded[cut] ?? 0) & 0xc0) === 0x80) cut += 1;
  return encoded.toString('utf8', cut);
}

/** Without control characters other than line feed and tab: what an agent prints must not steer a person's terminal. */
export function toPrintable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the point
  return text.replace(/\r\n/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ' ');
}
