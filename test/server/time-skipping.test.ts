import { Worker } from '@temporalio/worker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openTimeSkippingServer, startTimeSkipping } from '../support/time-skipping.ts';

const empty = await mkdtemp(join(tmpdir(), 'pact-no-java-'));
afterAll(() => rm(empty, { recursive: true, force: true }));

const server = await openTimeSkippingServer();
if (!server.ok) console.log(`[time-skipping] skipped: ${server.reason}`);

test.skipIf(!server.ok)('time-skipping server: a workflow that sleeps 30 days ends at once', { timeout: 120_000 }, async () => {
  if (!server.ok) return;
  const env = await startTimeSkipping(server.executablePath);
  try {
    const workflowsPath = fileURLToPath(new URL('./fixtures/long-sleep.workflow.ts', import.meta.url));
    const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'skip', workflowsPath });
    const start = { taskQueue: 'skip', workflowId: 'skip', args: ['30 days'] };
    const startedAt = performance.now();
    const slept = await worker.runUntil(env.client.workflow.execute('longSleep', start));
    expect(slept).toBeGreaterThanOrEqual(30 * 86_400_000);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  } finally {
    await env.teardown();
  }
});

test('time-skipping server: without Java the reason is said', async () => {
  const refused = await openTimeSkippingServer({ PATH: empty, PACT_CACHE_DIR: empty });
  expect(refused).toEqual({ ok: false, reason: expect.stringContaining('"java" is not on the PATH') });
});
