import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identifyProcess } from '../../src/server/process-identity.ts';
import type { OpenServer, OpenServerOptions } from '../../src/server/server-options.ts';
import { archive, listing, makeArchive, send, startStandIn } from './download-stand-in.ts';
import { createOpener, type Opener } from './opener.ts';
import { fakeCli, realBinary, type Sandbox } from './sandbox.ts';

let binary: string;
let opener: Opener;
let sandbox: Sandbox;
beforeAll(async () => {
  binary = await realBinary();
}, 20 * 60_000);
beforeEach(async () => {
  opener = await createOpener();
  sandbox = opener.sandbox;
});
afterEach(() => opener.close());
const open = (options: Partial<OpenServerOptions> = {}): Promise<OpenServer> => opener.open(options);
const pactFile = (name: string): string => join(sandbox.folder, '.pact', name);

describe('server-binary', () => {
  test('one that was found is remembered; a remembered one that broke is dropped for the next road', async () => {
    const link = await sandbox.addProgram('temporal', runReal());
    const first = await open();
    expect(sandbox.lines).toEqual([expect.stringContaining(`(${link}, on the PATH)`)]);
    await first.stop();
    const second = await open({ env: { ...sandbox.env, PATH: '' } });
    expect(sandbox.lines.slice(1)).toEqual([expect.stringContaining(`(${link}, remembered)`)]);
    await second.stop();
    await writeFile(pactFile('temporal-binary.json'), JSON.stringify({ path: '/gone/temporal', version: '1' }));
    const third = await open();
    expect(third.binary).toBe(link);
    expect(sandbox.lines[2]).toContain('is forgotten: /gone/temporal does not exist');
  });

  test('one that is downloaded serves, and is found in the cache the next time', async () => {
    const program = `#!${process.execPath}\n${runReal()}`;
    const body = await makeArchive({ temporal: program, 'temporal.exe': program });
    const standIn = await startStandIn({ [archive]: send(body), 'checksums.txt': send(listing(body)) });
    try {
      const env = { ...sandbox.env, PACT_TEMPORAL_DOWNLOAD_URL: standIn.url };
      expect(await open({ env, ephemeral: true })).toMatchObject({ road: 'downloaded', searchAttributes: { ok: true } });
      expect(await open({ env, ephemeral: true })).toMatchObject({ road: 'found' });
      expect(standIn.requests).toHaveLength(2);
    } finally {
      await standIn.close();
    }
  });

  test('one that is named but broken is an error, not a reason to take another', async () => {
    await sandbox.addProgram('temporal', runReal());
    const opening = open({ env: { ...sandbox.env, PACT_TEMPORAL_BINARY: '/no/such/temporal' } });
    await expect(opening).rejects.toMatchObject({
      kind: 'BadBinary',
      message: expect.stringMatching(/PACT_TEMPORAL_BINARY names .*: \/no\/such\/temporal does not exist\./),
    });
  });

  test('without any road, each one is listed with its reason, and what can be done', async () => {
    await sandbox.addProgram('temporal', 'console.log("a weather report");');
    const env = { ...sandbox.env, PACT_TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:9' };
    const error: unknown = await open({ env }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'NoBinary' });
    const message = (error as Error).message;
    for (const part of [
      'configured address: none',
      'PATH: ',
      'expected "temporal version',
      'cache: ',
      'download: http://127.0.0.1:9/',
      'build with Go: Go is not on the PATH',
      'PACT_TEMPORAL_BINARY',
      'TEMPORAL_ADDRESS',
      'PACT_TEMPORAL_DOWNLOAD_URL',
    ]) {
      expect(message).toContain(part);
    }
    expect(sandbox.lines.join('\n')).toMatch(
      /No Temporal CLI here: PATH: .*\n.*Downloading.*\nThe download did not work: .*\nThe build with Go did not work/,
    );
  });

  test('a server that ends at once: its own words are in the error', async () => {
    await sandbox.addProgram('temporal', fakeCli('console.error("disk is full"); process.exit(4);'));
    await expect(open()).rejects.toMatchObject({
      kind: 'ServerDied',
      message: expect.stringMatching(/ended before it served, with status 4; the end of its log:\ndisk is full/),
    });
  });

  test('a server that never serves is ended at the deadline', async () => {
    const source = fakeCli(
      `require('node:fs').writeFileSync(process.env.HOME + '/pid', String(process.pid)); setInterval(() => {}, 1e6);`,
    );
    await sandbox.addProgram('temporal', source);
    await mkdir(join(sandbox.folder, '.pact'));
    await expect(open({ limits: { startMs: 1_500 } })).rejects.toMatchObject({ kind: 'NotServing' });
    expect(identifyProcess(Number(await readFile(join(sandbox.folder, 'pid'), 'utf8')))).toBeNull();
  });
});

/** A launcher as version managers install it: a program whose child is the real one. */
function runReal(): string {
  return `require('node:child_process').spawn(${JSON.stringify(binary)}, process.argv.slice(2), { stdio: 'inherit' })
    .on('exit', (code) => process.exit(code ?? 1));`;
}
