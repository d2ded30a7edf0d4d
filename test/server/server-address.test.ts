import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openServer } from '../../src/server/open-server.ts';
import { freePort } from '../../src/server/port.ts';
import { withConnection } from '../../src/server/reachable-server.ts';
import type { OpenServer, OpenServerOptions } from '../../src/server/server-options.ts';
import { createOpener, type Opener } from './opener.ts';
import { realBinary, type Sandbox } from './sandbox.ts';

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
const open = (options: Partial<OpenServerOptions> = {}): Promise<OpenServer> => opener.open({ binary, ...options });

describe('server-address: ports', () => {
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
    const theirs = await open({ ephemeral: true });
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

describe('server-address: a configured server', () => {
  test('is used, by variable or by temporal.toml, and never ended', async () => {
    const { address } = await open({ ephemeral: true });
    const byVariable = await open({ env: { ...sandbox.env, TEMPORAL_ADDRESS: address } });
    expect(byVariable).toMatchObject({ road: 'configured', address, started: false, binary: null });
    const file = join(sandbox.folder, 'temporal.toml');
    await writeFile(file, `[profile.work]\naddress = "${address}"\nnamespace = "team"\n`);
    const env = { ...sandbox.env, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'work' };
    const byFile = await open({ env });
    expect(byFile).toMatchObject({ road: 'configured', address, namespace: 'team', searchAttributes: { ok: true } });
    await byFile.stop();
    await expect(withConnection({ address }, 5_000, async () => 'answers')).resolves.toBe('answers');
  });

  test('that does not answer is an error, even with a binary at hand', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const opening = open({ env: { ...sandbox.env, TEMPORAL_ADDRESS: address }, limits: { answerMs: 1_000 } });
    await expect(opening).rejects.toMatchObject({
      kind: 'Unreachable',
      message: expect.stringMatching(
        new RegExp(`${address}, configured by TEMPORAL_ADDRESS, does not answer: .*remove the setting`),
      ),
    });
  });

  test('in a profile that does not exist is an error', async () => {
    const file = join(sandbox.folder, 'temporal.toml');
    await writeFile(file, '[profile.work]\naddress = "127.0.0.1:1"\n');
    const opening = open({ env: { ...sandbox.env, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'play' } });
    await expect(opening).rejects.toMatchObject({
      kind: 'BadConfiguration',
      message: expect.stringContaining("Profile 'play' not found"),
    });
  });
});
