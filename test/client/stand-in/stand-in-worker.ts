import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { installQuietRuntime } from '../../support/quiet-runtime.ts';

const silent = new DefaultLogger('ERROR');
let bundle: Promise<WorkflowBundleWithSourceMap> | null = null;

export interface StandIn {
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** A worker of the scripted execution, on a task queue of its own unless one is named. */
export async function startStandIn(address: string, taskQueue = `stand-in-${randomUUID()}`): Promise<StandIn> {
  installQuietRuntime();
  bundle ??= bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)), logger: silent });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await bundle,
    stickyQueueScheduleToStartTimeout: '1s',
  });
  const running = worker.run();
  return {
    taskQueue,
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
