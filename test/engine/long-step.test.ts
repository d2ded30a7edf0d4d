import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { openEngine } from '../support/engine.ts';

const workflowsPath = fileURLToPath(new URL('fixtures/long-step.ts', import.meta.url));

test('a step that takes longer than the SDK lets it is not broken off, which would end the process', async () => {
  const engine = await openEngine({ worker: { workflowBundle: await bundleWorkflowCode({ workflowsPath }) } });
  try {
    const [workflowId, args] = [`${engine.taskQueue}-long`, [6_000]];
    const result = engine.client.workflow.execute('longStep', { taskQueue: engine.taskQueue, workflowId, args });
    await expect(result).resolves.toBe('done');
  } finally {
    await engine.close();
  }
});
