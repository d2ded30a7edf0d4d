const LINE_FEED = 0x0a;
const BRACE = 0x7b;
/** Blank, tab, carriage return, and the three bytes of a byte order mark. */
const SKIPPED = new Set([0x20, 0x09, 0x0d, 0xef, 0xbb, 0xbf]);
const MAX_PARTS = 64;

export interface LineSplitterOptions {
  /** A longer line is log. */
  readonly maxLineBytes: number;
  /** A whole line that begins with `{`, without its line feed: perhaps protocol. */
  readonly onCandidate: (line: Buffer) => void;
  /** Some bytes that are certainly log; called at least once for each chunk that has any. */
  readonly onLog: () => void;
  /** A line that began with `{` and is longer than the limit: log as well. Called once for it. */
  readonly onOverlong: () => void;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** A last line without line feed counts as well. */
  end(): void;
}

/**
 * Cuts a stream into lines and hands out those that may be protocol. Only these are ever kept in memory, at most `maxLineBytes`;
 * everything else is passed over byte by byte, however long.
 */
export function createLineSplitter({ maxLineBytes, onCandidate, onLog, onOverlong }: LineSplitterOptions): LineSplitter {
  let mode: 'start' | 'candidate' | 'log' = 'start';
  let parts: Buffer[] = [];
  let size = 0;

  const drop = (): void => {
    parts = [];
    size = 0;
  };
  const keep = (bytes: Buffer): void => {
    size += bytes.length;
    if (size > maxLineBytes) {
      drop();
      mode = 'log';
      return onOverlong();
    }
    parts.push(bytes);
    // Output byte by byte must not cost an object per byte.
    if (parts.length >= MAX_PARTS) parts = [Buffer.concat(parts)];
  };
  const finish = (): void => {
    if (mode === 'candidate') onCandidate(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    drop();
    mode = 'start';
  };
  const begin = (byte: number): void => {
    mode = byte === BRACE ? 'candidate' : 'log';
    if (mode === 'log') onLog();
  };

  return {
    push: (chunk) => {
      if (mode === 'log') onLog();
      for (let at = 0; at < chunk.length;) {
        if (mode === 'start') {
          while (at < chunk.length && SKIPPED.has(chunk[at] as number)) at += 1;
          if (at === chunk.length) return;
          if (chunk[at] === LINE_FEED) onLog();
          else begin(chunk[at] as number);
        }
        const feed = chunk.indexOf(LINE_FEED, at);
        if (mode === 'candidate') keep(chunk.subarray(at, feed === -1 ? chunk.length : feed));
        if (feed === -1) return;
        finish();
        at = feed + 1;
      }
    },
    end: finish,
  };
}
