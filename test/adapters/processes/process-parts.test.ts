import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openOutputLog } from '../../../src/adapters/processes/output-log.ts';
import { membersOf } from '../../../src/adapters/processes/process-end.ts';
import { parsePs, readStartTime, scanProcesses, type ProcessEntry } from '../../../src/adapters/processes/process-table.ts';
import { checkProgram, programDigest } from '../../../src/adapters/processes/program.ts';
import { cleanLeftovers } from '../../../src/adapters/processes/leftovers.ts';
import { identifyWorker } from '../../../src/adapters/processes/running-journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'pact-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (pid: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  startTime: 100,
  marker: null,
  home: null,
  ...more,
});
const pidsOf = (table: readonly ProcessEntry[], startTime: number | null = 100): readonly number[] =>
  membersOf({ pgid: 50, startTime, marker: 'm', home: '/one/e/t/1/home' }, table).map(({ pid }) => pid);

test('members: the group, the session, the marker, and the descendants of these', () => {
  const table = [
    entry(50),
    entry(51, { group: 50 }),
    entry(52, { session: 50 }),
    entry(53, { marker: 'm' }),
    entry(54, { parent: 53 }),
    entry(55, { parent: 54 }),
    entry(60),
    entry(61, { marker: 'other' }),
    entry(62, { parent: 60 }),
  ];
  expect(pidsOf(table).toSorted()).toEqual([50, 51, 52, 53, 54, 55]);
});

test('members: a pid that was given to somebody else, and whoever is older than the attempt, are strangers', () => {
  expect(pidsOf([entry(50, { startTime: 200 }), entry(51, { group: 50, startTime: 200 })])).toEqual([]);
  expect(pidsOf([entry(53, { marker: 'm', startTime: 99 })])).toEqual([]);
  expect(pidsOf([entry(51, { group: 50, startTime: 150 })])).toEqual([51]);
  expect(pidsOf([entry(1, { marker: 'm' }), entry(process.pid, { marker: 'm' })])).toEqual([]);
});

test('members: an attempt of another service with the same ids is a stranger, whatever home an agent gives its own', () => {
  const marked = (pid: number, home: string | null): ProcessEntry => entry(pid, { marker: 'm', home });
  const namesake = marked(60, '/other/e/t/1/home');
  expect(pidsOf([marked(50, '/one/e/t/1/home'), marked(51, '/tmp/x'), marked(52, null), namesake])).toEqual([50, 51, 52]);
});

test('table: holds this process, and a second reading at once is the same one', async () => {
  const [first, second] = await Promise.all([scanProcesses(), scanProcesses()]);
  expect(first).toBe(second);
  expect(first.find(({ pid }) => pid === process.pid)).toMatchObject({ parent: process.ppid });
});

test('table from ps: groups, start times and markers; zombies are dead', () => {
  const table = '    7     1     7 0xffff S    Mon Nov  2 10:00:00 2026\n    8     7     7 7 Z+   Mon Nov  2 10:00:01 2026\n';
  const [only, ...rest] = parsePs(table, '    7 node agent.mjs PATH=/bin PACT_ATTEMPT=e/t/1 HOME=/h\n');
  expect(rest).toEqual([]);
  expect(only).toMatchObject({ pid: 7, parent: 1, group: 7, session: 7, marker: 'e/t/1', home: '/h' });
  expect(only?.startTime).toBe(Math.floor(Date.parse('Mon Nov  2 10:00:00 2026') / 1_000));
});

test('log: head and tail are kept, what is between is counted, notes stand on lines of their own', () => {
  const path = join(folder, 'log');
  const log = openOutputLog(path, { headBytes: 10, tailBytes: 8 });
  log.write(Buffer.from('0123456'));
  log.write(Buffer.from('789abcdefghij'));
  log.write(Buffer.from('klmn'));
  expect(log.tail(4)).toBe('klmn');
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('0123456789\n[pact] 6 of 24 bytes left out here: the log is capped\nghijklmn');
  const small = openOutputLog(join(folder, 'small'));
  small.write(Buffer.from('no feed'));
  small.note('noted');
  small.close();
  expect(readFileSync(join(folder, 'small'), 'utf8')).toBe('no feed\n[pact] noted\n');
});

test('log: the tail is printable and within its bytes, whatever was written', () => {
  const log = openOutputLog(null);
  log.write(Buffer.concat([Buffer.from('é'.repeat(3_000)), Buffer.alloc(2_000, 0xff), Buffer.from('\u001b[2Jend\r\n')]));
  const tail = log.tail(4_096);
  expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4_096);
  expect(tail.endsWith(' [2Jend\n')).toBe(true);
  log.close();
  const accents = openOutputLog(null);
  accents.write(Buffer.from('aé'.repeat(50)));
  expect(accents.tail(4)).toBe('aé'); // the 4th byte from the end is half a character
  accents.close();
});

test('program: found on the PATH or as a file, else the reason', async () => {
  const script = join(folder, 'bin', 'tool');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(script, '#!/bin/sh\n');
  const env = { PATH: `/nowhere:${join(folder, 'bin')}` };
  expect(await checkProgram(['tool'], folder, env)).toEqual({
    ok: false,
    error: expect.stringContaining(`Not executable: ${script}`),
  });
  chmodSync(script, 0o755);
  expect(await checkProgram(['tool'], folder, env)).toEqual({ ok: true, value: script });
  expect(await checkProgram(['bin/tool'], folder, {})).toEqual({ ok: true, value: script });
  expect(await checkProgram(['tool'], folder, {})).toEqual({ ok: false, error: expect.stringContaining('which is empty') });
  expect(await checkProgram(['./gone'], folder, env)).toEqual({ ok: false, error: expect.stringContaining('No such file') });
  expect(await checkProgram(['./bin'], folder, env)).toMatchObject({ ok: false });
  expect(await checkProgram([], folder, env)).toMatchObject({ ok: false });
});

test('digest: changes with the arguments and the content of the files they name, not with the place of the folder', async () => {
  const [one, two] = ['one', 'two'].map((name) => join(folder, name)) as [string, string];
  for (const place of [one, two]) {
    mkdirSync(place);
    writeFileSync(join(place, 'agent.mjs'), 'first');
  }
  const digest = await programDigest(['node', join(one, 'agent.mjs'), '--fast'], one);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await programDigest(['node', join(two, 'agent.mjs'), '--fast'], two)).toBe(digest);
  expect(await programDigest(['node', 'agent.mjs', '--fast'], two)).toBe(digest);
  expect(await programDigest(['node', 'agent.mjs', '--slow'], two)).not.toBe(digest);
  writeFileSync(join(two, 'agent.mjs'), 'second');
  expect(await programDigest(['node', 'agent.mjs', '--fast'], two)).not.toBe(digest);
});

test('left-overs: workers that cannot be looked at from here are left alone, damage is survived', async () => {
  const running = join(folder, 'running');
  const plant = (name: string, worker: object, attempt: string): void => {
    mkdirSync(join(running, name), { recursive: true });
    writeFileSync(join(running, name, 'worker.json'), JSON.stringify(worker));
    writeFileSync(join(running, name, '0.json'), attempt);
  };
  const self = identifyWorker();
  const noted = '{"note":{"token":"t"}}';
  plant('1-1', { ...self, host: 'elsewhere' }, noted);
  plant('2-2', { ...self, bootId: 'of-another-boot' }, noted);
  plant('3-3', { ...self, pidNamespace: 'of-another-container' }, noted);
  plant('4-4', self, '{"marker":');
  plant(`${process.pid}-${self.startTime}`, self, noted);
  const [damaged, ...rest] = await cleanLeftovers(running);
  expect(rest).toEqual([]);
  expect(damaged).toMatchObject({ markers: [], survivors: [], notes: [] });
  damaged?.forget();
  expect(readdirSync(running).toSorted()).toEqual(['1-1', '2-2', '3-3', `${process.pid}-${self.startTime}`].toSorted());
  expect(await cleanLeftovers(join(folder, 'no-such-folder'))).toEqual([]);
});

test('left-overs: pids that were given to other processes make a worker dead and an agent gone, and nobody is killed', async () => {
  const running = join(folder, 'reused');
  const strangers = [spawn('sleep', ['600']), spawn('sleep', ['600'])];
  const [worker, agent] = strangers.map(({ pid = 0 }) => ({ pid, startTime: (readStartTime(pid) ?? 0) - 100 }));
  if (worker === undefined || agent === undefined) throw new Error('two processes were started');
  const dead = join(running, `${worker.pid}-${worker.startTime}-0`);
  mkdirSync(dead, { recursive: true });
  writeFileSync(join(dead, 'worker.json'), JSON.stringify({ ...identifyWorker(), ...worker }));
  writeFileSync(join(dead, '0.json'), JSON.stringify({ pgid: agent.pid, startTime: agent.startTime, marker: 'm', home: null }));
  writeFileSync(join(dead, '1.json'), JSON.stringify({ note: { token: 't' } }));
  try {
    expect(await cleanLeftovers(running)).toMatchObject([{ markers: ['m'], survivors: [], notes: [{ token: 't' }] }]);
    expect(strangers.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null)).toBe(true);
  } finally {
    for (const stranger of strangers) stranger.kill('SIGKILL');
  }
});
