// What a worker holds for a sprint, by what is left on the heap after a collection in the moment in which its last task ends. Resident memory says
// little of it: the collector lets it grow by tens of MiB before it looks.
import { collectGarbage } from './garbage.mjs';
import { createProject, NOTHING_DONE, numberedTasks, startBenchWorker, startExecution } from './project.mjs';

const WIDTH = 100;

/**
 * @returns Bytes per task, by the number of tasks. The execution with its plan and the bench's own client are in it. Workflows run in this
 * thread then, which is the SDK's debug mode, since the heap of its workflow threads cannot be asked for.
 */
export async function measureLiveMemory(server, sizes) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  let left = 0;
  let atEnd = 0;
  const performTask = async () => {
    left -= 1;
    if (left === 0) atEnd = liveBytes();
    return NOTHING_DONE;
  };
  process.env.TEMPORAL_DEBUG = '1';
  const worker = await startBenchWorker(server, project, { performTask }).finally(() => delete process.env.TEMPORAL_DEBUG);
  const measure = async (size) => {
    const before = liveBytes();
    left = size;
    const { handle, authorize } = await startExecution(server, project, numberedTasks(size));
    await authorize();
    await handle.result();
    return (atEnd - before) / size;
  };
  try {
    await measure(sizes[0]);
    const figures = new Map();
    for (const size of sizes) figures.set(size, await measure(size));
    return figures;
  } finally {
    await worker.shutdown();
    project.remove();
  }
}

function liveBytes() {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
