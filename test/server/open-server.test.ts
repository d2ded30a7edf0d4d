import { Client, Connection } from '@temporalio/client';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureNamespace } from '../../src/server/namespace.ts';
import { openServer } from '../../src/server/open-server.ts';
import { freePort } from '../../src/server/port.ts';
import { identifyProcess } from '../../src/server/process-identity.ts';
import { withConnection } from '../../src/server/reachable-server.ts';
import { registerSearchAttributes, searchAttributeTypes } from '../../src/server/search-attributes.ts';
import type { OpenServer, OpenServerOptions } from '../../src/server/server-options.ts';
import { createSandbox, fakeCli, realBinary, type Sandbox } from './sandbox.ts';

let binary: string;
let sandbox: Sandbox;
const opened: OpenServer[] = [];
beforeAll(async () => {
  binary = await realBinary();
}, 20 * 60_000);
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  for (const server of opened.splice(0).reverse()) await server.stop();
  await sandbox.remove();
});

/** Opens in the sandbox, headless on free ports, with the machine's real binary unless told otherwise. */
async function open(options: Partial<OpenServerOptions> = {}): Promise<OpenServer> {
  const ports = { port: await freePort(), httpPort: await freePort() };
  const { env, say, folder: baseDir } = sandbox;
  const server = await openServer({ baseDir, env, say, binary, headless: true, ...ports, ...options });
  opened.push(server);
  return server;
}
const withoutNamed = async (options: Partial<OpenServerOptions> = {}): Promise<OpenServer> => {
  const { env, say, folder: baseDir } = sandbox;
  const server = await openServer({ baseDir, env, say, headless: true, port: await freePort(), httpPort: await freePort(), ...options });
  opened.push(server);
  return server;
};
const pactFile = (name: string): string => join(sandbox.folder, '.pact', name);

describe('open-server: a dev server of the folder', () => {
  test('keeps workflows across stop and start, with attributes set, over gRPC and HTTP', async () => {
    const first = await open();
    expect(first).toMatchObject({ started: true, road: 'found', namespace: 'default', uiUrl: null });
    await withConnection(first.connectionOptions, 5_000, async (connection) => {
      const workflow = new Client({ connection }).workflow;
      await workflow.start('anything', { taskQueue: 'nobody', workflowId: 'kept', searchAttributes: { PactPhase: ['running'] } });
    });
    await first.stop();
    expect(identifyProcess(first.pid ?? -1)).toBeNull();

    const second = await open();
    await withConnection(second.connectionOptions, 5_000, async (connection) => {
      const description = await new Client({ connection }).workflow.getHandle('kept').describe();
      expect(description.status.name).toBe('RUNNING');
      expect(description.searchAttributes['PactPhase']).toEqual(['running']);
    });
    const overHttp = await fetch(`${second.httpUrl}/api/v1/namespaces/default/workflows/kept`);
    expect(await overHttp.json()).toMatchObject({ workflowExecutionInfo: { execution: { workflowId: 'kept' } } });
  });

  test('a second open in the same folder uses the server that runs and does not end it', async () => {
    const first = await open();
    const second = await open();
    expect(second).toMatchObject({ address: first.address, pid: first.pid, started: false });
    expect(sandbox.lines.at(-1)).toContain('already running');
    await second.stop();
    expect(identifyProcess(first.pid ?? -1)).not.toBeNull();
  });

  test('has a Web UI unless headless', async () => {
    const server = await open({ headless: false, uiPort: await freePort() });
    const page = await fetch(server.uiUrl ?? '');
    expect(page.status).toBe(200);
  });

  test('tells when the server ends unasked, with the next start fit for use', async () => {
    const first = await open();
    process.kill(first.pid ?? -1, 'SIGKILL');
    expect(await first.ended).toContain('The Temporal server ended with status 137');
    const second = await open();
    expect(second.started).toBe(true);
    expect(second.pid).not.toBe(first.pid);
  });

  test('an ephemeral one shares nothing with the folder', async () => {
    const [one, other] = await Promise.all([withoutNamed({ ephemeral: true, binary }), withoutNamed({ ephemeral: true, binary })]);
    expect(one.address).not.toBe(other.address);
    await expect(readFile(pactFile('server.json'))).rejects.toThrow('ENOENT');
  });
});

describe('open-server: namespace and search attributes', () => {
  test('are registered once, however often and by however many it is asked', async () => {
    const server = await open({ env: { ...sandbox.env, TEMPORAL_NAMESPACE: 'mine' } });
    expect(server).toMatchObject({ namespace: 'mine', searchAttributes: { ok: true } });
    const connection = await Connection.connect(server.connectionOptions);
    try {
      expect(await ensureNamespace(connection, 'mine')).toBe(false);
      await Promise.all([1, 2, 3].map(() => ensureNamespace(connection, 'later')));
      const states = await Promise.all([1, 2, 3].map(() => registerSearchAttributes(connection, 'later')));
      expect(states).toEqual([1, 2, 3].map(() => expect.objectContaining({ ok: true })));
      expect(await registerSearchAttributes(connection, 'later')).toEqual({ ok: true, added: [] });
    } finally {
      await connection.close();
    }
  });

  test('an attribute of another type is reported, not overwritten', async () => {
    const server = await open();
    const connection = await Connection.connect(server.connectionOptions);
    try {
      const name = 'PactNeedsPerson';
      await connection.operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes: [name] });
      await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { [name]: 3 } });
      const state = await registerSearchAttributes(connection, 'default');
      expect(state).toEqual({ ok: false, missing: [name], reason: expect.stringContaining(`${name} as ${searchAttributeTypes[name]}`) });
    } finally {
      await connection.close();
    }
  });
});

describe('open-server: ports', () => {
  const listen = (): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((socket) => socket.end('SSH-2.0-other\r\n')).listen(0, '127.0.0.1', () => resolve(server));
    });
  let other: Server;
  let port: number;
  beforeAll(async () => {
    other = await listen();
    port = (other.address() as { port: number }).port;
  });
  afterAll(() => void other.close());

  test.each([
    ['port', 'gRPC', '--port or PACT_TEMPORAL_PORT'],
    ['httpPort', 'HTTP API', '--http-port or PACT_TEMPORAL_HTTP_PORT'],
    ['uiPort', 'Web UI', '--ui-port or PACT_TEMPORAL_UI_PORT'],
  ])('a taken %s is refused before anything starts, naming the port and how to change it', async (option, what, advice) => {
    const message = new RegExp(`Port ${port}, wanted for Temporal's ${what}, is taken by another program\\. .*${advice}`);
    const opening = open({ headless: false, uiPort: await freePort(), [option]: port, binary: '/never/looked/at' });
    await expect(opening).rejects.toMatchObject({ kind: 'PortTaken', message: expect.stringMatching(message) });
  });

  test('a Temporal server of someone else on the port is named as such', async () => {
    const theirs = await withoutNamed({ ephemeral: true, binary });
    const taken = Number(theirs.address.split(':')[1]);
    const opening = open({ env: { ...sandbox.env, PACT_TEMPORAL_PORT: String(taken) }, port: taken });
    await expect(opening).rejects.toThrow(`set TEMPORAL_ADDRESS=127.0.0.1:${taken} to use that server`);
  });

  test('a variable that is no port is refused', async () => {
    const env = { ...sandbox.env, PACT_TEMPORAL_PORT: '72x3' };
    const opening = openServer({ baseDir: sandbox.folder, env, say: sandbox.say });
    await expect(opening).rejects.toThrow('PACT_TEMPORAL_PORT is "72x3"; expected a port from 0 to 65535');
  });
});

describe('open-server: a configured server', () => {
  test('is used, by variable or by temporal.toml, and never ended', async () => {
    const { address } = await withoutNamed({ ephemeral: true, binary });
    const byVariable = await withoutNamed({ env: { ...sandbox.env, TEMPORAL_ADDRESS: address } });
    expect(byVariable).toMatchObject({ road: 'configured', address, started: false, binary: null });
    const file = join(sandbox.folder, 'temporal.toml');
    await writeFile(file, `[profile.work]\naddress = "${address}"\nnamespace = "team"\n`);
    const env = { ...sandbox.env, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'work' };
    const byFile = await withoutNamed({ env });
    expect(byFile).toMatchObject({ road: 'configured', address, namespace: 'team', searchAttributes: { ok: true } });
    await byFile.stop();
    await expect(withConnection({ address }, 5_000, async () => 'answers')).resolves.toBe('answers');
  });

  test('that does not answer is an error, even with a binary at hand', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const opening = open({ env: { ...sandbox.env, TEMPORAL_ADDRESS: address }, limits: { answerMs: 1_000 } });
    await expect(opening).rejects.toMatchObject({
      kind: 'Unreachable',
      message: expect.stringMatching(new RegExp(`${address}, configured by TEMPORAL_ADDRESS, does not answer: .*remove the setting`)),
    });
  });

  test('in a profile that does not exist is an error', async () => {
    const file = join(sandbox.folder, 'temporal.toml');
    await writeFile(file, '[profile.work]\naddress = "127.0.0.1:1"\n');
    const opening = open({ env: { ...sandbox.env, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'play' } });
    await expect(opening).rejects.toMatchObject({ kind: 'BadConfiguration', message: expect.stringContaining("Profile 'play' not found") });
  });
});

describe('open-server: the binary', () => {
  test('one that was found is remembered; a remembered one that broke is dropped for the next road', async () => {
    const link = await sandbox.addProgram('temporal', runReal());
    const first = await withoutNamed();
    expect(sandbox.lines).toEqual([expect.stringContaining(`(${link}, on the PATH)`)]);
    await first.stop();
    const second = await withoutNamed({ env: { ...sandbox.env, PATH: '' } });
    expect(sandbox.lines.slice(1)).toEqual([expect.stringContaining(`(${link}, remembered)`)]);
    await second.stop();
    await writeFile(pactFile('temporal-binary.json'), JSON.stringify({ path: '/gone/temporal', version: '1' }));
    const third = await withoutNamed();
    expect(third.binary).toBe(link);
    expect(sandbox.lines[2]).toContain('is forgotten: /gone/temporal is not an executable file');
  });

  test('one that is named but broken is an error, not a reason to take another', async () => {
    await sandbox.addProgram('temporal', runReal());
    const opening = withoutNamed({ env: { ...sandbox.env, PACT_TEMPORAL_BINARY: '/no/such/temporal' } });
    await expect(opening).rejects.toMatchObject({
      kind: 'BadBinary',
      message: expect.stringMatching(/PACT_TEMPORAL_BINARY names .*: \/no\/such\/temporal is not an executable file\./),
    });
  });

  test('without any road, each one is listed with its reason, and what can be done', async () => {
    await sandbox.addProgram('temporal', 'console.log("a weather report");');
    const env = { ...sandbox.env, PACT_TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:9' };
    const error: unknown = await withoutNamed({ env }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'NoBinary' });
    const message = (error as Error).message;
    for (const part of ['configured address: none', 'PATH: ', 'expected "temporal version', 'cache: ', 'download: http://127.0.0.1:9/',
      'build with Go: Go is not on the PATH', 'PACT_TEMPORAL_BINARY', 'TEMPORAL_ADDRESS', 'PACT_TEMPORAL_DOWNLOAD_URL']) {
      expect(message).toContain(part);
    }
    expect(sandbox.lines.join('\n')).toMatch(/No Temporal CLI here: PATH: .*\n.*Downloading.*\nThe download did not work: .*\nThe build with Go did not work/);
  });

  test('a server that ends at once: its own words are in the error', async () => {
    await sandbox.addProgram('temporal', fakeCli('console.error("disk is full"); process.exit(4);'));
    await expect(withoutNamed()).rejects.toMatchObject({
      kind: 'ServerDied',
      message: expect.stringMatching(/ended before it served, with status 4; the end of its log:\ndisk is full/),
    });
  });

  test('a server that never serves is ended at the deadline', async () => {
    const source = fakeCli(`require('node:fs').writeFileSync(process.env.HOME + '/pid', String(process.pid)); setInterval(() => {}, 1e6);`);
    await sandbox.addProgram('temporal', source);
    await mkdir(join(sandbox.folder, '.pact'));
    await expect(withoutNamed({ limits: { startMs: 1_500 } })).rejects.toMatchObject({ kind: 'NotServing' });
    expect(identifyProcess(Number(await readFile(join(sandbox.folder, 'pid'), 'utf8')))).toBeNull();
  });
});

/** A launcher as version managers install it: a program whose child is the real one. */
function runReal(): string {
  return `require('node:child_process').spawn(${JSON.stringify(binary)}, process.argv.slice(2), { stdio: 'inherit' })
    .on('exit', (code) => process.exit(code ?? 1));`;
}
