// 1,000 no-op tasks, 100 at a time: the product's sprint against a bare Temporal workflow with the same activities, options and input
// sizes on the same server and worker. Runs alternate, and who comes first as well, so that both meet the same machine.
import proto from '@temporalio/proto';
import { bundleWithBare } from './bare-bundle.mjs';
import { createProject, NOTHING_DONE, startBenchWorker, startExecution } from './project.mjs';
import { atMost } from './rows.mjs';
import { cpuClock } from './cpu-clock.mjs';

const TASKS = 1_000;
const WIDTH = 100;

export async function benchNoop({ server, isShort, rounds, say, detail }) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  const inputs = [];
  const performTask = async (input) => {
    inputs.push(input);
    return NOTHING_DONE;
  };
  const worker = await startBenchWorker(server, project, { performTask, workflowBundle: await bundleWithBare() });
  try {
    const ours = [];
    const bare = [];
    const runs = rounds ?? (isShort ? 1 : 6);
    let template = null;
    // The first pair warms the server, the worker and the compiler, and does not count.
    for (let round = 0; round <= runs; round += 1) {
      const pair = {};
      for (const kind of round % 2 === 0 ? ['sprint', 'bare'] : ['bare', 'sprint']) {
        inputs.length = 0;
        pair[kind] = await (kind === 'sprint' ? runSprint(server, project) : runBare(server, project, template));
        if (kind === 'sprint') template = typicalOf(inputs);
      }
      say(`  ${round === 0 ? 'warm-up' : `round ${round}`}: sprint ${describe(pair.sprint)}; bare ${describe(pair.bare)}`);
      if (round === 0) continue;
      ours.push(pair.sprint);
      bare.push(pair.bare);
    }
    detail('rounds', { ours, bare });
    return toRows(ours, bare, isShort);
  } finally {
    await worker.shutdown();
    project.remove();
  }
}

const describe = ({ ms, events, cpu }) =>
  `${ms} ms, CPU ${cpu.worker} + ${cpu.server ?? '?'} ms, ${(events / TASKS).toFixed(3)} events a task`;

function toRows(ours, bare, isShort) {
  const row = (name, unit, samples, required = null, shortLimit = required) =>
    atMost({ name, unit, samples, required, shortLimit }, isShort);
  const each = (runs, valueOf) => runs.map(valueOf);
  // Neighbours in time are compared, since the load of the machine changes from minute to minute.
  const ratios = (valueOf) => ours.map((run, round) => valueOf(run) / valueOf(bare[round]));
  const msOf = ({ ms }) => ms;
  const perTask = ({ events }) => events / TASKS;
  const hasServer = ours.every(({ cpu }) => cpu.server !== null);
  const cpuOf = ({ cpu }) => cpu.worker + (cpu.server ?? 0);
  return [
    row(`${TASKS} no-op tasks, ${WIDTH} at a time: time of the sprint`, '× bare', ratios(msOf), 1.15, 3),
    row('its history events per task', 'events', each(ours, perTask), 3.8),
    row("the bare workflow's history events per task", 'events', each(bare, perTask)),
    row('time of the sprint', 'ms', each(ours, msOf)),
    row('time of the bare workflow', 'ms', each(bare, msOf)),
    row(
      'time of the execution from its authorization',
      'ms',
      each(ours, ({ executionMs }) => executionMs),
    ),
    // Hardly depends on what else the machine does, so this is what a short run relies on.
    row(`CPU time of worker${hasServer ? ' and server' : ''}`, '× bare', ratios(cpuOf), null, 1.5),
    row(
      'CPU time of the worker alone',
      '× bare',
      ratios(({ cpu }) => cpu.worker),
    ),
  ];
}

async function runSprint(server, project) {
  const tasks = Array.from({ length: TASKS }, (_, number) => ({
    id: `task-${String(number).padStart(4, '0')}`,
    agent: 'worker',
  }));
  const { handle, sprint, authorize } = await startExecution(server, project, tasks);
  const cpu = cpuClock(server.pid);
  const authorizedAt = performance.now();
  await authorize();
  const { phase } = await handle.result();
  if (phase !== 'completed') throw new Error(`the execution ended ${phase}, expected completed`);
  const executionMs = Math.round(performance.now() - authorizedAt);
  return { cpu: cpu(), executionMs, ...(await measure(sprint)) };
}

async function runBare(server, project, template) {
  const cpu = cpuClock(server.pid);
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
  return { cpu: cpu(), ...(await measure(handle)) };
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
  for (const { eventType } of events) {
    const kind = proto.temporal.api.enums.v1.EventType[eventType];
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** The input whose size is the median of all. */
function typicalOf(inputs) {
  const sized = inputs.map((input) => ({ input, bytes: JSON.stringify(input).length })).toSorted((a, b) => a.bytes - b.bytes);
  return sized[sized.length >> 1].input;
}
