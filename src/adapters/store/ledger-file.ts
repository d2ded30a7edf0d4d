import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LedgerEntry } from '../../domain/ledger.ts';
import { withFileLock } from './file-lock.ts';

const NEWLINE = 0x0a;

/** Ledgers whose entries are remembered between appends; others are read again from disk. */
const REMEMBERED_LEDGERS = 32;

/** What a ledger file holds up to `bytes`, so that an append reads only what other processes have added since. */
interface LedgerIndex {
  bytes: number;
  readonly entries: Set<string>;
}

export interface LedgerWriter {
  /**
   * Appends each entry that the file does not have yet, known by its source, run and seq, and syncs. A last line that a killed process
   * left unfinished is cut off: its append was never acknowledged and comes again. Throws system errors.
   */
  append(file: string, entries: readonly LedgerEntry[]): Promise<void>;
}

export function createLedgerWriter(): LedgerWriter {
  const indexes = new Map<string, LedgerIndex>();
  const lastAppend = new Map<string, Promise<void>>();
  return {
    async append(file, entries) {
      const before = lastAppend.get(file) ?? Promise.resolve();
      const append = before.catch(() => undefined).then(() => appendLocked(indexes, file, entries));
      lastAppend.set(file, append);
      try {
        await append;
      } finally {
        if (lastAppend.get(file) === append) lastAppend.delete(file);
      }
    },
  };
}

async function appendLocked(indexes: Map<string, LedgerIndex>, file: string, entries: readonly LedgerEntry[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await withFileLock(`${file}.lock`, async () => {
    const handle = await open(file, 'a+');
    try {
      const index = await readIndex(indexes, file, handle);
      const fresh = entries.filter((entry) => {
        const key = keyOf(entry);
        return !index.entries.has(key) && index.entries.add(key);
      });
      // Until the write is known to be on disk the index is in doubt; the next append then reads the file again.
      indexes.delete(file);
      if (fresh.length > 0) {
        const lines = Buffer.from(fresh.map((entry) => `${JSON.stringify(entry)}\n`).join(''), 'utf8');
        await handle.writeFile(lines);
        index.bytes += lines.length;
      }
      await handle.sync();
      remember(indexes, file, index);
    } finally {
      await handle.close();
    }
  });
}

/** Brings the index up to the end of the file and cuts off an unfinished last line. */
async function readIndex(indexes: Map<string, LedgerIndex>, file: string, handle: FileHandle): Promise<LedgerIndex> {
  const { size } = await handle.stat();
  const known = indexes.get(file);
  const index = known !== undefined && known.bytes <= size ? known : { bytes: 0, entries: new Set<string>() };
  if (index.bytes === size) return index;
  const added = Buffer.alloc(size - index.bytes);
  const { bytesRead } = await handle.read(added, 0, added.length, index.bytes);
  const end = added.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
  for (const line of added.subarray(0, end).toString('utf8').split('\n')) {
    const key = keyOfLine(line);
    if (key !== null) index.entries.add(key);
  }
  index.bytes += end;
  if (index.bytes < size) await handle.truncate(index.bytes);
  return index;
}

function remember(indexes: Map<string, LedgerIndex>, file: string, index: LedgerIndex): void {
  indexes.set(file, index);
  const oldest = indexes.keys().next().value;
  if (indexes.size > REMEMBERED_LEDGERS && oldest !== undefined) indexes.delete(oldest);
}

const keyOf = ({ source, run, seq }: Pick<LedgerEntry, 'source' | 'run' | 'seq'>): string => `${seq} ${run} ${source}`;

/** A line that is no entry, written by someone else, stays in the file and counts for nothing. */
function keyOfLine(line: string): string | null {
  try {
    const entry = JSON.parse(line) as Partial<LedgerEntry> | null;
    return typeof entry?.source === 'string' && typeof entry.seq === 'number'
      ? keyOf({ source: entry.source, run: String(entry.run), seq: entry.seq })
      : null;
  } catch {
    return null;
  }
}
