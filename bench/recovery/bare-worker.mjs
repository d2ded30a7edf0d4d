// A plain Temporal worker whose activity runs the same agent program as the product's: bare-worker.mjs <task queue> <bundle> <agent program>
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';

const [taskQueue, codePath, program] = process.argv.slice(2);

async function work({ id, gate }) {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 500);
  const { attempt, workflowExecution } = context.info;
  const agent = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'] });
  const task = { id, input: { steps: [{ until: gate }] }, deliverables: [] };
  agent.stdin.end(`${JSON.stringify({ execution: workflowExecution.workflowId, attempt, task })}\n`);
  await once(agent, 'exit').finally(() => clearInterval(beat));
}

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS }),
  namespace: process.env.TEMPORAL_NAMESPACE,
  taskQueue,
  workflowBundle: { codePath },
  activities: { work },
  maxHeartbeatThrottleInterval: 500,
  stickyQueueScheduleToStartTimeout: '1s',
});
process.once('SIGTERM', () => worker.shutdown());
const running = worker.run();
process.stdout.write('serves the task queues\n');
await running;
