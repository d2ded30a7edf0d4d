// 1,000 no-op tasks, 100 at a time: the product's sprint against a bare Temporal workflow with the same activities, options and input
// sizes on the same server and worker. Runs alternate, so that both meet the same machine.
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createProject, startBenchWorker, startExecution } from './project.mjs';
import { atMost } from './rows.mjs';
import { median } from './statistics.mjs';

const TASKS = 1_000;
const WIDTH = 100;
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function benchNoop({ server, isShort, rounds, say, detail }) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  const inputs = [];
  const performTask = async (input) => {
    inputs.push(input);
    return NOTHING_DONE;
  };
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: pathOf('bare-workflows.mjs'),
    payloadConverterPath: pathOf('../dist/workflows/payload-converter.js'),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await startBenchWorker(server, project, { performTask, workflowBundle });
  try {
    const ours = [];
    const bare = [];
    const runs = rounds ?? (isShort ? 2 : 5);
    // The first pair warms the server, the worker and the compiler, and does not count.
    for (let round = 0; round <= runs; round += 1) {
      const first = await runSprint(server, project);
      const template = typicalOf(inputs.splice(0));
      const second = await runBare(server, project, template);
      inputs.length = 0;
      say(
        `  ${round === 0 ? 'warm-up' : `round ${round}`}: sprint ${describe(first)} of ${first.executionMs} ms, bare ${describe(second)}`,
      );
      if (round === 0) continue;
      ours.push(first);
      bare.push(second);
    }
    detail('rounds', { ours, bare });
    return toRows(ours, bare, isShort);
  } finally {
    await worker.shutdown();
    project.remove();
  }
}

/** What an agent without deliverables, checks and words comes to. */
const NOTHING_DONE = {
  summary: null,
  notes: null,
  deliverables: [],
  checks: [],
  usage: null,
  lastStatus: null,
  durationMs: 0,
  log: 'none',
};

const describe = ({ ms, events }) => `${ms} ms, ${(events / TASKS).toFixed(3)} events a task`;

function toRows(ours, bare, isShort) {
  const msOf = (runs) => runs.map(({ ms }) => ms);
  const perTask = (runs) => runs.map(({ events }) => events / TASKS);
  const ratios = ours.map(({ ms }, round) => ms / bare[round].ms);
  const ratio = { ...atMost({ name: '', unit: '× bare', samples: ratios, required: 1.15, shortLimit: 1.5 }, isShort) };
  // The ratio of the medians is steadier than the median of the ratios of neighbours; the range is that of the neighbours.
  const measured = median(msOf(ours)) / median(msOf(bare));
  return [
    {
      ...ratio,
      name: `${TASKS} no-op tasks, ${WIDTH} at a time: time of the sprint`,
      measured,
      ratio: measured / 1.15,
      ok: measured <= ratio.limit,
    },
    atMost({ name: 'its history events per task', unit: 'events', samples: perTask(ours), required: 3.8 }, isShort),
    atMost(
      { name: "the bare workflow's history events per task", unit: 'events', samples: perTask(bare), required: null },
      isShort,
    ),
    atMost({ name: 'time of the sprint', unit: 'ms', samples: msOf(ours), required: null }, isShort),
    atMost({ name: 'time of the bare workflow', unit: 'ms', samples: msOf(bare), required: null }, isShort),
    atMost(
      {
        name: 'time of the execution from its authorization',
        unit: 'ms',
        samples: ours.map(({ executionMs }) => executionMs),
        required: null,
      },
      isShort,
    ),
  ];
}

async function runSprint(server, project) {
  const tasks = Array.from({ length: TASKS }, (_, number) => ({
    id: `task-${String(number).padStart(4, '0')}`,
    agent: 'worker',
  }));
  const { handle, sprint, authorize } = await startExecution(server, project, tasks);
  const authorizedAt = performance.now();
  await authorize();
  const { phase } = await handle.result();
  if (phase !== 'completed') throw new Error(`the execution ended ${phase}, expected completed`);
  return { ...(await measure(sprint)), executionMs: Math.round(performance.now() - authorizedAt) };
}

async function runBare(server, project, template) {
  const handle = await server.client.workflow.start('bare', {
    taskQueue: project.taskQueue,
    workflowId: `${project.taskQueue}-bare-${bareRuns++}`,
    args: [
      {
        template,
        count: TASKS,
        width: WIDTH,
        queue: project.taskQueues.agents,
        summary: `worker: ${template.task.title}`,
        heartbeatTimeoutMs: 10_000,
      },
    ],
  });
  await handle.result();
  return measure(handle);
}

let bareRuns = 0;

/** From the history: time between its first and last event, number of events. */
async function measure(handle) {
  const { events } = await handle.fetchHistory();
  const at = ({ eventTime }) => Number(eventTime.seconds) * 1_000 + eventTime.nanos / 1e6;
  const ran = new Set(
    events.flatMap((event) =>
      event.activityTaskScheduledEventAttributes?.activityType?.name === 'performTask'
        ? [event.activityTaskScheduledEventAttributes.activityId]
        : [],
    ),
  );
  if (ran.size !== TASKS) throw new Error(`${handle.workflowId} ran ${ran.size} tasks, expected ${TASKS}`);
  return { ms: Math.round(at(events.at(-1)) - at(events[0])), events: events.length, kinds: countKinds(events) };
}

/** Events by kind, for the results file: where a difference comes from. */
function countKinds(events) {
  const counts = {};
  for (const { eventType } of events) counts[eventType] = (counts[eventType] ?? 0) + 1;
  return counts;
}

/** The input whose size is the median of all. */
function typicalOf(inputs) {
  const sized = inputs.map((input) => ({ input, bytes: JSON.stringify(input).length })).toSorted((a, b) => a.bytes - b.bytes);
  return sized[sized.length >> 1].input;
}
