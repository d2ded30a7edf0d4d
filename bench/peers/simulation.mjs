import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { agentFor, toPlanTasks } from './graph.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const pact = (cwd, ...args) => promisify(execFile)(process.execPath, [program, ...args], { cwd, maxBuffer: 2 ** 28 });

/** How long the product's simulator says that the graph takes, in ms: `pact simulate`. */
export async function simulateMs({ tasks, slots }) {
  return inFolder(async (folder) => {
    const agents = [{ id: agentFor(slots), capacity: slots, adapter: { kind: 'command', run: ['node', '--version'] } }];
    const plan = { pact: 1, project: { name: 'Benchmark' }, sprints: [{ id: 'only', tasks: toPlanTasks(tasks, slots) }] };
    writeFileSync(join(folder, 'pact.config.json'), JSON.stringify({ agents }));
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    const { stdout } = await pact(folder, 'simulate', 'plan.json', '--config', 'pact.config.json', '--runs', '1', '--json');
    return JSON.parse(stdout).makespanMs.p50;
  });
}

/** A recorded workflow of WfCommons as a graph: `pact import wfcommons`. */
export async function readInstance(file) {
  return inFolder(async (folder) => {
    await pact(folder, 'import', 'wfcommons', file, '--out', 'imported');
    const { project, sprints } = parse(readFileSync(join(folder, 'imported', 'plan.yaml'), 'utf8'));
    const tasks = sprints[0].tasks.map(({ id, dependsOn = [], input }) => ({
      id,
      dependsOn,
      durationMs: input?.durationMs ?? 0,
    }));
    return { name: project.name, tasks: inOrder(tasks) };
  });
}

/** Each task after those it depends on. */
function inOrder(tasks) {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const ordered = new Set();
  const add = (task) => {
    for (const before of task.dependsOn) if (!ordered.has(byId.get(before))) add(byId.get(before));
    ordered.add(task);
  };
  for (const task of tasks) add(task);
  return [...ordered];
}

async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-simulation-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
