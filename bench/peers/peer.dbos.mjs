// DBOS: one workflow, a step per task (https://docs.dbos.dev/typescript/tutorials/step-tutorial), its system database in PostgreSQL.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { runFifo } from './fifo.mjs';

const silent = { debug() {}, info() {}, warn() {}, error: (message) => process.stderr.write(`DBOS: ${message}\n`) };

export async function openPeer({ databaseUrl, work }) {
  const fifo = DBOS.registerWorkflow(
    ({ tasks, slots }) => runFifo(tasks, slots, (task) => DBOS.runStep(() => work(task), { name: task.id })),
    { name: 'fifo' },
  );
  DBOS.setConfig({ name: 'pact-bench', systemDatabaseUrl: databaseUrl, logger: silent });
  await DBOS.launch();
  let runs = 0;
  return {
    prepare: async (graph) => async () => {
      const handle = await DBOS.startWorkflow(fifo, { workflowID: `fifo-${runs++}` })(graph);
      await handle.getResult();
    },
    close: () => DBOS.shutdown(),
  };
}
