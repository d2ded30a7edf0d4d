// From the spawn of a worker process with the prebuilt bundle until it says that it serves its queues, and until the server sees
// pollers on all of them.
import { readCpuMs } from './cpu-clock.mjs';
import { createProject, scriptedAgent, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { spawnWorker } from './worker-process.mjs';

const WORKFLOW_QUEUE = 1;
const ACTIVITY_QUEUE = 2;

export async function benchWorkerStart({ server, isShort, rounds, say }) {
  const said = [];
  const polled = [];
  const used = [];
  const runs = rounds ?? (isShort ? 2 : 9);
  for (let round = 0; round <= runs; round += 1) {
    // Queues of its own each time: the pollers of the last one are remembered by the server for minutes.
    const project = createProject([scriptedAgent('worker', 1)]);
    const worker = spawnWorker(server, project.configPath);
    const polling = untilPolled(server, project.taskQueues).then(() => performance.now() - worker.startedAt);
    try {
      const [serves, polls] = await Promise.all([worker.serving, polling]);
      const cpuMs = readCpuMs(worker.pid);
      say(
        `  ${round === 0 ? 'warm-up' : `round ${round}`}: says so after ${Math.round(serves)} ms, polls after ${Math.round(polls)} ms, CPU ${cpuMs ?? '?'} ms`,
      );
      if (round === 0) continue;
      said.push(serves);
      if (cpuMs !== null) used.push(cpuMs);
      polled.push(Math.max(serves, polls));
    } finally {
      await worker.end();
      project.remove();
    }
  }
  return [
    atMost(
      {
        name: 'worker ready: it says so and the server sees its pollers',
        unit: 'ms',
        samples: polled,
        required: 2_000,
        shortLimit: 20_000,
      },
      isShort,
    ),
    atMost({ name: 'worker says that it serves its queues', unit: 'ms', samples: said, required: null }, isShort),
    // Hardly depends on what else the machine does, so this is what a short run relies on.
    ...(used.length > 0
      ? [atMost({ name: 'CPU time of its start', unit: 'ms', samples: used, required: null, shortLimit: 5_000 }, isShort)]
      : []),
  ];
}

async function untilPolled(server, { workflows, agents }) {
  await Promise.all([
    untilSeen(server, workflows, WORKFLOW_QUEUE),
    untilSeen(server, workflows, ACTIVITY_QUEUE),
    untilSeen(server, agents, ACTIVITY_QUEUE),
  ]);
}

function untilSeen({ client, namespace }, name, taskQueueType) {
  const ask = () => client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  return until(`a poller on ${name}`, ask, ({ pollers }) => (pollers ?? []).length > 0, { everyMs: 10 });
}
