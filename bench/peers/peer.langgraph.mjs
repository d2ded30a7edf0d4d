// LangGraph.js, functional API: an entrypoint, a task per task, checkpoints in PostgreSQL, written before the run goes on.
import { entrypoint, task } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { runFifo } from './fifo.mjs';

export async function openPeer({ databaseUrl, work }) {
  const checkpointer = PostgresSaver.fromConnString(databaseUrl);
  await checkpointer.setup();
  const perform = task('perform', async (one) => {
    await work(one);
    return one.id;
  });
  const fifo = entrypoint({ name: 'fifo', checkpointer }, async ({ tasks, slots }) => {
    await runFifo(tasks, slots, perform);
    return tasks.length;
  });
  let runs = 0;
  return {
    prepare: async (graph) => () => fifo.invoke(graph, { configurable: { thread_id: `fifo-${runs++}` }, durability: 'sync' }),
    close: () => checkpointer.end(),
  };
}
