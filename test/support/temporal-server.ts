import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openServer } from '../../src/server/open-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the run's Temporal server. */
    temporalAddress: string;
    temporalNamespace: string;
    /** Base URL of its HTTP API; null when the server is configured elsewhere. */
    temporalHttpUrl: string | null;
    /** Path of the `temporal` binary; null when the server is configured elsewhere. */
    temporalCli: string | null;
  }
}

/**
 * vitest globalSetup: one Temporal server for the whole run, by the same roads as the product takes. Its database is temporary
 * and goes with it, even if the run is killed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const baseDir = await mkdtemp(join(tmpdir(), 'pact-test-run-'));
  const say = (line: string): void => console.log(`[server] ${line}`);
  const server = await openServer({ baseDir, ephemeral: true, headless: true, say });
  project.provide('temporalAddress', server.address);
  project.provide('temporalNamespace', server.namespace);
  project.provide('temporalHttpUrl', server.httpUrl);
  project.provide('temporalCli', server.binary);
  return async () => {
    await server.stop();
    await rm(baseDir, { recursive: true, force: true });
  };
}
