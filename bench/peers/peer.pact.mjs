// The product: a plan of one sprint, carried out by its own worker; only the agents are functions instead of programs.
import { heartbeat } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { createProject, NOTHING_DONE, startBenchWorker, startExecution } from '../project.mjs';
import { agentFor, toPlanTasks } from './graph.mjs';

const HEARTBEAT_MS = 2_000;

/** Every number of slots that will be asked for is an agent of that capacity. */
export async function openPeer({ temporal, slots, work }) {
  const agents = slots.map((count) => ({
    id: agentFor(count),
    capacity: count,
    adapter: { kind: 'command', run: ['node', '--version'] },
  }));
  const project = createProject(agents);
  const connection = await Connection.connect(temporal.connectionOptions);
  const server = { ...temporal, client: new Client({ connection, namespace: temporal.namespace }) };
  let graph = new Map();
  const performTask = async ({ task: { id } }) => {
    const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
    await work(graph.get(id));
    clearInterval(beat);
    return NOTHING_DONE;
  };
  const worker = await startBenchWorker(server, project, { performTask });
  return {
    async prepare({ tasks, slots: count }) {
      graph = new Map(tasks.map((task) => [task.id, task]));
      const { handle, authorize } = await startExecution(server, project, toPlanTasks(tasks, count));
      return async () => {
        await authorize();
        const { phase } = await handle.result();
        if (phase !== 'completed') throw new Error(`the execution ended ${phase}, expected completed`);
      };
    },
    async close() {
      await worker.shutdown();
      await connection.close();
      project.remove();
    },
  };
}
