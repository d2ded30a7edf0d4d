// What a user of Temporal would write: one workflow, an activity per task, a semaphore.
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

export async function openPeer({ temporal: { connectionOptions, namespace }, slots, work }) {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const taskQueue = `bench-fifo-${process.pid}`;
  const [connection, native, workflowBundle] = await Promise.all([
    Connection.connect(connectionOptions),
    NativeConnection.connect(connectionOptions),
    bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('fifo-workflow.mjs', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    }),
  ]);
  const client = new Client({ connection, namespace });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    workflowBundle,
    activities: { perform: work },
    maxConcurrentActivityTaskExecutions: Math.max(...slots),
  });
  const ended = worker.run();
  let runs = 0;
  return {
    prepare: async (graph) => async () => {
      await client.workflow.execute('fifo', { taskQueue, workflowId: `${taskQueue}-${runs++}`, args: [graph] });
    },
    async close() {
      worker.shutdown();
      await ended;
      await native.close();
      await connection.close();
    },
  };
}
