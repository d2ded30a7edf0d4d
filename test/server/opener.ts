import { openServer } from '../../src/server/open-server.ts';
import { freePort } from '../../src/server/port.ts';
import type { OpenServer, OpenServerOptions } from '../../src/server/server-options.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

export interface Opener {
  readonly sandbox: Sandbox;
  /** Opens a server in the sandbox, headless on free ports unless told otherwise. */
  open(options?: Partial<OpenServerOptions>): Promise<OpenServer>;
  /** Stops what was opened, newest first, and removes the sandbox. */
  close(): Promise<void>;
}

export async function createOpener(): Promise<Opener> {
  const sandbox = await createSandbox();
  const opened: OpenServer[] = [];
  return {
    sandbox,
    async open(options = {}) {
      const { env, say, folder: baseDir } = sandbox;
      const ports = { port: await freePort(), httpPort: await freePort() };
      const server = await openServer({ baseDir, env, say, headless: true, ...ports, ...options });
      opened.push(server);
      return server;
    },
    async close() {
      for (const server of opened.splice(0).toReversed()) await server.stop();
      await sandbox.remove();
    },
  };
}
