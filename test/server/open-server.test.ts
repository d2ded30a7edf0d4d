import { Client, Connection } from '@temporalio/client';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureNamespace } from '../../src/server/namespace.ts';
import { freePort } from '../../src/server/port.ts';
import { identifyProcess } from '../../src/server/process-identity.ts';
import { withConnection } from '../../src/server/reachable-server.ts';
import { registerSearchAttributes, searchAttributeTypes } from '../../src/server/search-attributes.ts';
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
    const [one, other] = await Promise.all([open({ ephemeral: true }), open({ ephemeral: true })]);
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
      expect(state).toEqual({
        ok: false,
        missing: [name],
        reason: expect.stringContaining(`${name} as ${searchAttributeTypes[name]}`),
      });
    } finally {
      await connection.close();
    }
  });
});
