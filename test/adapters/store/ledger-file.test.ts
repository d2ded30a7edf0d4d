import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../src/adapters/store/file-lock.ts';
import { createLedgerWriter } from '../../../src/adapters/store/ledger-file.ts';
import type { LedgerEntry } from '../../../src/domain/ledger.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-ledger-'));
  file = join(folder, 'e', 'ledger.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry = (source: string, seq: number): LedgerEntry => ({
  at: '2026-12-01T00:00:00.000Z',
  source,
  run: 'r1',
  seq,
  event: 'taskStarted',
  text: `line\n${seq} of ${source}`,
  data: { seq },
});
const entries = (source: string, from: number, to: number): LedgerEntry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(source, from + index));

async function readKeys(): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { source, seq } = JSON.parse(line) as LedgerEntry;
      return `${source}:${seq}`;
    });
}

describe('the ledger', () => {
  it('has each entry once, in order, however often it is appended', async () => {
    const ledger = createLedgerWriter();
    await ledger.append(file, entries('core', 1, 3));
    await ledger.append(file, entries('core', 2, 5));
    await ledger.append(file, entries('execution', 1, 1));
    await createLedgerWriter().append(file, entries('core', 4, 6));
    expect(await readKeys()).toEqual(['core:1', 'core:2', 'core:3', 'core:4', 'core:5', 'execution:1', 'core:6']);
  });

  it('has the entries of every run of an id that is used again', async () => {
    const ledger = createLedgerWriter();
    await ledger.append(file, [entry('core', 1), { ...entry('core', 1), run: 'r2' }]);
    await createLedgerWriter().append(file, [
      { ...entry('core', 1), run: 'r2' },
      { ...entry('core', 1), run: 'r3' },
    ]);
    expect(await readKeys()).toEqual(['core:1', 'core:1', 'core:1']);
  });

  it('takes an entry that comes late, after later ones', async () => {
    const ledger = createLedgerWriter();
    await ledger.append(file, [entry('core', 7)]);
    await ledger.append(file, [entry('core', 3)]);
    expect(await readKeys()).toEqual(['core:7', 'core:3']);
  });

  it('an entry that comes twice in one batch is written once', async () => {
    await createLedgerWriter().append(file, [entry('core', 1), entry('core', 1)]);
    expect(await readKeys()).toEqual(['core:1']);
  });

  it('cuts off a line that a killed process left unfinished, at every possible place', async () => {
    await createLedgerWriter().append(file, entries('core', 1, 2));
    const whole = await readFile(file);
    const firstLine = whole.indexOf(0x0a) + 1;
    for (let length = firstLine; length <= whole.length; length += 1) {
      await writeFile(file, whole.subarray(0, length));
      await createLedgerWriter().append(file, entries('core', 1, 3));
      expect(await readKeys()).toEqual(['core:1', 'core:2', 'core:3']);
    }
  });

  it('cuts off an unfinished line that appears while this writer remembers the file', async () => {
    const ledger = createLedgerWriter();
    await ledger.append(file, [entry('core', 1)]);
    await appendFile(file, '{"at":"2026');
    await ledger.append(file, [entry('core', 2)]);
    expect(await readKeys()).toEqual(['core:1', 'core:2']);
  });

  it('sees what another process has appended, and what one has cut', async () => {
    const [one, two] = [createLedgerWriter(), createLedgerWriter()];
    await one.append(file, entries('core', 1, 2));
    await two.append(file, entries('core', 1, 4));
    await one.append(file, entries('core', 3, 5));
    expect(await readKeys()).toEqual(['core:1', 'core:2', 'core:3', 'core:4', 'core:5']);
    await writeFile(file, '');
    await one.append(file, [entry('core', 1)]);
    expect(await readKeys()).toEqual(['core:1']);
  });

  it('leaves a line that is no entry where it is', async () => {
    await createLedgerWriter().append(file, [entry('core', 1)]);
    await appendFile(file, 'a note by hand\nnull\n');
    await createLedgerWriter().append(file, entries('core', 1, 2));
    expect((await readFile(file, 'utf8')).split('\n').slice(1, 3)).toEqual(['a note by hand', 'null']);
  });

  it('has each entry once when writers append the same at the same time', async () => {
    const writers = Array.from({ length: 4 }, createLedgerWriter);
    await Promise.all(
      writers.flatMap((writer) => [writer.append(file, entries('core', 1, 20)), writer.append(file, entries('x', 1, 20))]),
    );
    const keys = await readKeys();
    expect(keys).toHaveLength(40);
    expect(new Set(keys).size).toBe(40);
  });
});

describe('the lock', () => {
  it('is taken over from a process that is dead, and from no living one', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const lock = join(folder, 'a.lock');
    await writeFile(lock, `${hostname()} ${dead} claim`);
    expect(await withFileLock(lock, async () => 'done')).toBe('done');
    await expect(stat(lock)).rejects.toThrow(/ENOENT/);

    await writeFile(lock, `${hostname()} ${process.pid} claim`);
    await expect(withFileLock(lock, async () => 'done', 100)).rejects.toThrow(/Gave up waiting for the lock/);
  });
});
