import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { obtainBinary } from '../../src/server/binary-roads.ts';
import { probeBinary } from '../../src/server/cli-binary.ts';
import { downloadCli, findChecksum } from '../../src/server/cli-download.ts';
import type { ServerLimits } from '../../src/server/server-options.ts';
import {
  archive,
  listing,
  makeArchive,
  send,
  sendHalf,
  startStandIn,
  type Answer,
  type DownloadStandIn,
} from './download-stand-in.ts';
import { createSandbox, fakeCli, isGone, type Sandbox } from './sandbox.ts';

const program = `#!${process.execPath}\n${fakeCli()}`;
const good = await makeArchive({ temporal: program, LICENSE: 'MIT', 'temporal.exe': program });

let sandbox: Sandbox;
let standIn: DownloadStandIn | undefined;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
  await sandbox.remove();
});

async function download(
  answers: Record<string, Answer>,
  limits: Partial<ServerLimits> = {},
  signal?: AbortSignal,
): Promise<string> {
  standIn = await startStandIn(answers);
  return downloadCli(sandbox.context(limits, { PACT_TEMPORAL_DOWNLOAD_URL: `${standIn.url}/` }, signal));
}

const published = (body: Buffer, checksums = listing(body)): Record<string, Answer> => ({
  [archive]: send(body),
  'checksums.txt': send(checksums),
});

describe('cli-download: what is used', () => {
  test('a good archive: the binary is in the cache, runs, and nothing else is left', async () => {
    const path = await download(published(good), { progressMs: 0 });
    expect(path).toBe(join(sandbox.cache, 'bin', 'temporal'));
    expect(await probeBinary(path, sandbox.env)).toEqual({ ok: true, value: { path, version: '9.9.9 (Server 1.0.0)' } });
    expect(await readdir(sandbox.cache)).toEqual(['bin']);
    expect(standIn?.requests).toEqual(['/v1.5.1/checksums.txt', `/v1.5.1/${archive}`]);
    expect(sandbox.lines.join('\n')).toMatch(
      /Downloading Temporal CLI 1\.5\.1 from .*\n.* MB.*\(100 %\)\nDownloaded .* SHA-256 as published/,
    );
  });

  test('several first starts at once download once', async () => {
    standIn = await startStandIn(published(good));
    const env = { PACT_TEMPORAL_DOWNLOAD_URL: standIn.url };
    const got = await Promise.all([1, 2, 3].map(() => obtainBinary(sandbox.context({}, env), undefined)));
    expect(got.map(({ road }) => road).toSorted()).toEqual(['downloaded', 'found', 'found']);
    expect(standIn.requests).toHaveLength(2);
    expect(sandbox.lines).toContainEqual(expect.stringContaining('is already getting the Temporal CLI; waiting for it'));
  });
});

describe('cli-download: what is refused, with the cache untouched', () => {
  const refused = async (pending: Promise<string>, reason: RegExp): Promise<void> => {
    await expect(pending).rejects.toThrow(reason);
    expect(isGone(join(sandbox.cache, 'bin', 'temporal'))).toBe(true);
    expect(await readdir(sandbox.cache)).toEqual(['bin']);
  };

  test('an archive with another checksum', () =>
    refused(
      download(published(good, listing(Buffer.from('other')))),
      /SHA-256 is [0-9a-f]{64}, but checksums\.txt says [0-9a-f]{64}; not used/,
    ));
  test('a list of checksums without our archive', () =>
    refused(download(published(good, listing(good, 'other.tar.gz'))), /checksums\.txt has no SHA-256 for temporal_cli_/));
  test('a missing file', () =>
    refused(download({ 'checksums.txt': send(listing(good)) }), /temporal_cli_.*: HTTP 404 Not Found/));
  test('a connection cut in the middle', () =>
    refused(
      download({ ...published(good), [archive]: sendHalf(good, (response) => response.destroy()) }),
      new RegExp(`cut off after \\d+ of ${good.length} bytes`),
    ));
  test('something that is no archive', () => {
    const page = Buffer.from('<html>Please log in</html>'.repeat(50));
    return refused(download(published(page)), /not a readable tar\.gz archive/);
  });
  test('an archive without the binary', async () => {
    const other = await makeArchive({ LICENSE: 'MIT' });
    await refused(download(published(other)), /does not contain the file "temporal"/);
  });
  test('a server that does not answer', () =>
    refused(download({ 'checksums.txt': () => {} }, { responseMs: 200 }), /checksums\.txt: no answer within 0\.2 s/));
  test('a server that falls silent in the middle', () =>
    refused(
      download({ ...published(good), [archive]: sendHalf(good, () => {}) }, { stallMs: 200 }),
      /no data for 0\.2 s after \d+ bytes/,
    ));
  test('a download that takes too long as a whole', () =>
    refused(
      download({ ...published(good), [archive]: sendHalf(good, () => {}) }, { downloadMs: 300 }),
      /not finished within 0\.3 s/,
    ));
  test('a host that nobody listens on', async () => {
    const env = { PACT_TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:1' };
    await refused(downloadCli(sandbox.context({}, env)), /127\.0\.0\.1:1\/v1\.5\.1\/checksums\.txt: .*(ECONNREFUSED|bad port)/);
  });
  test('an interrupted one', async () => {
    const controller = new AbortController();
    const hang: Answer = () => controller.abort();
    await refused(download({ 'checksums.txt': hang }, {}, controller.signal), /interrupted/);
  });
});

test('cli-download: checksums are read as sha256sum writes them', () => {
  const hash = 'AB'.repeat(32);
  expect(findChecksum(`${hash} *a.tar.gz\r\n`, 'a.tar.gz')).toBe(hash.toLowerCase());
  expect(findChecksum(`${hash}  b/a.tar.gz`, 'a.tar.gz')).toBeNull();
  expect(findChecksum('abc  a.tar.gz', 'a.tar.gz')).toBeNull();
});
