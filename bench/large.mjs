// Sprints of 100, 1,000 and 10,000 no-op tasks, 100 at a time: whether cost grows with the tasks and no faster, and whether the history of
// any run stays within bounds while lanes carry attempts over from one run to the next.
import { measureLiveMemory } from './live-memory.mjs';
import { createProject, NOTHING_DONE, numberedTasks, startBenchWorker, startExecution } from './project.mjs';
import { atLeast, atMost } from './rows.mjs';

const WIDTH = 100;
const SIZES = [100, 1_000, 10_000];
const SHORT_SIZES = [100, 1_000];
const MAX_RUN_EVENTS = 15_000;

export async function benchLarge({ server, isShort, rounds, say, detail }) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  const done = new Map();
  const performTask = async (input) => {
    done.set(`${input.executionId} ${input.task.id}`, (done.get(`${input.executionId} ${input.task.id}`) ?? 0) + 1);
    return NOTHING_DONE;
  };
  const worker = await startBenchWorker(server, project, { performTask });
  const sizes = isShort ? SHORT_SIZES : SIZES;
  const figures = new Map();
  try {
    // Round 0 warms up with the smallest and does not count.
    await runOnce(server, project, done, SIZES[0]);
    for (let round = 1; round <= (rounds ?? (isShort ? 1 : 3)); round += 1) {
      for (const size of sizes) {
        const figure = await runOnce(server, project, done, size);
        figures.set(size, [...(figures.get(size) ?? []), figure]);
        say(`  round ${round}, ${size} tasks: ${describe(figure)}`);
      }
    }
  } finally {
    await worker.shutdown();
    project.remove();
  }
  for (const [size, memoryPerTask] of await measureLiveMemory(server, sizes))
    figures.set(
      size,
      figures.get(size).map((figure) => ({ ...figure, memoryPerTask })),
    );
  detail('large', Object.fromEntries(figures));
  return toRows(figures, isShort);
}

const describe = ({ rate, eventsPerTask, runs, lanes, largestRun, bytesPerTask }) =>
  `${rate.toFixed(0)} tasks/s, ${eventsPerTask.toFixed(2)} events and ${Math.round(bytesPerTask)} B of history a task, ` +
  `${runs} runs and ${lanes} lanes, the largest of ${largestRun} events`;

function toRows(figures, isShort) {
  const samples = (size, valueOf) => figures.get(size).map(valueOf);
  const of = (size, name, unit, valueOf) =>
    atMost({ name: `${size} tasks: ${name}`, unit, samples: samples(size, valueOf), required: null }, isShort);
  const rows = [...figures.keys()].flatMap((size) => [
    of(size, 'rate', 'tasks/s', ({ rate }) => rate),
    of(size, 'history events per task, all runs and lanes', 'events', ({ eventsPerTask }) => eventsPerTask),
    of(size, 'bytes of history per task', 'B', ({ bytesPerTask }) => bytesPerTask),
    of(size, 'live memory of the worker per task', 'B', ({ memoryPerTask }) => memoryPerTask),
    atMost(
      {
        name: `${size} tasks: events of the largest run`,
        unit: 'events',
        samples: samples(size, ({ largestRun }) => largestRun),
        required: MAX_RUN_EVENTS,
      },
      isShort,
    ),
  ]);
  if (!figures.has(10_000)) return rows;
  const ratios = (valueOf) => figures.get(10_000).map((large, round) => valueOf(large) / valueOf(figures.get(1_000)[round]));
  return [
    ...rows,
    atLeast(
      { name: 'rate of 10,000 tasks', unit: '× rate of 1,000', samples: ratios(({ rate }) => rate), required: 0.8 },
      isShort,
    ),
    atMost(
      {
        name: 'events per task of 10,000 tasks',
        unit: '× those of 1,000',
        samples: ratios(({ eventsPerTask }) => eventsPerTask),
        required: 1.2,
      },
      isShort,
    ),
  ];
}

async function runOnce(server, project, done, size) {
  done.clear();
  const { handle, sprint, authorize } = await startExecution(server, project, numberedTasks(size));
  await authorize();
  const { phase } = await handle.result();
  if (phase !== 'completed') throw new Error(`the execution ended ${phase}, expected completed`);
  const twice = [...done.values()].filter((count) => count !== 1).length;
  if (done.size !== size || twice > 0)
    throw new Error(`${done.size} of ${size} tasks were carried out, ${twice} of them more than once`);
  const runs = await readChain(server.client, sprint.workflowId);
  const laneIds = [...new Set(runs.flatMap(({ lanes }) => lanes))];
  const lanes = (await Promise.all(laneIds.map((id) => readChain(server.client, id)))).flat();
  const all = [...runs, ...lanes];
  const sum = (valueOf) => all.reduce((total, run) => total + valueOf(run), 0);
  const ms = Math.max(...runs.map(({ to }) => to)) - Math.min(...runs.map(({ from }) => from));
  return {
    rate: (1_000 * size) / ms,
    eventsPerTask: sum(({ events }) => events) / size,
    bytesPerTask: sum(({ bytes }) => bytes) / size,
    largestRun: Math.max(...all.map(({ events }) => events)),
    runs: runs.length,
    lanes: lanes.length,
    ms,
  };
}

/** Every run of a workflow, from its history: first and last moment (Unix ms), events, bytes, and the lanes that it opened. */
async function readChain(client, workflowId) {
  const runs = [];
  for (let runId; ;) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const [{ events }, description] = await Promise.all([handle.fetchHistory(), handle.describe()]);
    const at = ({ eventTime }) => Number(eventTime.seconds) * 1_000 + eventTime.nanos / 1e6;
    const lanes = events.flatMap(({ childWorkflowExecutionStartedEventAttributes: started }) =>
      started?.workflowType?.name === 'lane' ? [started.workflowExecution.workflowId] : [],
    );
    runs.push({ from: at(events[0]), to: at(events.at(-1)), events: events.length, bytes: description.historySize ?? 0, lanes });
    runId = events[0].workflowExecutionStartedEventAttributes.continuedExecutionRunId || undefined;
    if (runId === undefined) return runs;
  }
}
