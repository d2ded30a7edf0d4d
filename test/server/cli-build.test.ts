import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { probeBinary } from '../../src/server/cli-binary.ts';
import { buildCli } from '../../src/server/cli-build.ts';
import { identifyProcess } from '../../src/server/process-identity.ts';
import { createSandbox, fakeCli, until, type Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.remove());

const prelude = `const fs = require('node:fs'); const home = process.env.HOME;
fs.writeFileSync(home + '/go.json', JSON.stringify({ pid: process.pid, args: process.argv.slice(2), bin: process.env.GOBIN }));\n`;
/** Ends well as soon as the file "go-on" appears. */
const patientGo = `${prelude}setInterval(() => {
  if (!fs.existsSync(home + '/go-on')) return;
  fs.writeFileSync(process.env.GOBIN + '/temporal', ${JSON.stringify(`#!${process.execPath}\n${fakeCli()}`)}, { mode: 0o755 });
  process.exit(0);
}, 20);`;

const call = (): { pid: number; args: string[]; bin: string } =>
  JSON.parse(readFileSync(join(sandbox.folder, 'go.json'), 'utf8')) as { pid: number; args: string[]; bin: string };
const isCalled = (): boolean => existsSync(join(sandbox.folder, 'go.json'));

describe('cli-build', () => {
  test('builds the pinned module into the cache and says how long it has been building', async () => {
    const go = await sandbox.addProgram('go', patientGo);
    const building = buildCli(sandbox.context({ progressMs: 30 }));
    await until('a line of progress', () => sandbox.lines.some((line) => line.includes('still building')));
    await writeFile(join(sandbox.folder, 'go-on'), '');
    const path = await building;
    expect(path).toBe(join(sandbox.cache, 'bin', 'temporal'));
    expect((await probeBinary(path, sandbox.env)).ok).toBe(true);
    expect(call().args).toEqual(['install', 'github.com/temporalio/cli/cmd/temporal@v1.5.1']);
    expect(call().bin).toContain(join(sandbox.cache, 'incoming-'));
    expect(await readdir(sandbox.cache)).toEqual(['bin']);
    expect(sandbox.lines[0]).toContain(`Building Temporal CLI 1.5.1 with ${go} install`);
  });

  test('says what Go said when the build fails, and leaves the cache as it was', async () => {
    await sandbox.addProgram('go', `${prelude}console.error('go: module lookup disabled by GOPROXY=off'); process.exit(3);`);
    await expect(buildCli(sandbox.context())).rejects.toThrow(/ended with status 3:\ngo: module lookup disabled by GOPROXY=off/);
    expect(await readdir(sandbox.cache)).toEqual(['bin']);
    expect(await readdir(join(sandbox.cache, 'bin'))).toEqual([]);
  });

  test('without Go it says so', () => expect(buildCli(sandbox.context())).rejects.toThrow('Go is not on the PATH'));

  test('an abort ends the build, deaf to TERM as it may be', async () => {
    await sandbox.addProgram('go', `process.on('SIGTERM', () => {});\n${patientGo}`);
    const controller = new AbortController();
    const building = buildCli(sandbox.context({ graceMs: 100 }, {}, controller.signal));
    await until('the build runs', isCalled);
    controller.abort();
    await expect(building).rejects.toMatchObject({ kind: 'Interrupted' });
    expect(identifyProcess(call().pid)).toBeNull();
  });

  test('a build that takes too long is ended', async () => {
    await sandbox.addProgram('go', patientGo);
    await expect(buildCli(sandbox.context({ buildMs: 500 }))).rejects.toThrow('not finished within 0.5 s');
    expect(await readdir(sandbox.cache)).toEqual(['bin']);
  });
});
