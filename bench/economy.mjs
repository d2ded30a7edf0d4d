// What a worker's own memory is spent on: agents that hardly do anything, and executions that wait. The agents' own memory is not counted,
// its reaper's is.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { createProject, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { spawnWorker } from './worker-process.mjs';

const AGENT = fileURLToPath(new URL('flood/reporting-agent.sh', import.meta.url));
/** Memory is read when what a start needs for a moment has been given back, or not. */
const SETTLED_AFTER_MS = 3_000;

export async function benchEconomy({ server, isShort, say }) {
  if (process.platform !== 'linux') {
    say('  left out: it reads memory from /proc');
    return [];
  }
  const agents = isShort ? 20 : 200;
  const executions = isShort ? 20 : 400;
  const perAgent = await measure(server, agents, async (project) => {
    const tasks = Array.from({ length: agents }, (_, number) => ({ id: `task-${number}`, agent: 'idle' }));
    const { handle, authorize } = await startExecution(server, project, tasks);
    await authorize();
    const countBegun = () =>
      readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environOf(pid).includes(`${handle.workflowId}/`));
    await until(`${agents} agents run`, countBegun, (begun) => begun.length >= agents, { withinMs: 300_000, everyMs: 1_000 });
    return [handle];
  });
  const perExecution = await measure(server, 1, async (project) => {
    const handles = [];
    while (handles.length < executions)
      handles.push((await startExecution(server, project, [{ id: 'a', agent: 'idle' }])).handle);
    return handles;
  });
  say(`  worker: ${JSON.stringify({ perAgent, perExecution })}`);
  const row = (name, unit, samples, limits) => atMost({ name, unit, samples: [samples], required: null, ...limits }, isShort);
  return [
    row(`memory of the worker for each of ${agents} agents`, 'MiB', (perAgent.after - perAgent.before) / agents, {
      required: 2,
      shortLimit: 10,
    }),
    row(`memory of a worker with ${agents} agents at work`, 'MiB', perAgent.after, { required: 1_024 }),
    row(
      `memory of the worker for each of ${executions} executions that wait`,
      'MiB',
      (perExecution.after - perExecution.before) / executions,
    ),
    row('memory of an idle worker', 'MiB', perAgent.before),
  ];
}

/** Resident memory of a worker and its reaper, MiB, before and while what `begin` starts is under way. */
async function measure(server, capacity, begin) {
  const project = createProject([{ id: 'idle', capacity, adapter: { kind: 'command', run: ['sh', AGENT] } }]);
  const worker = spawnWorker(server, project.configPath);
  try {
    await worker.serving;
    await delay(SETTLED_AFTER_MS);
    const before = residentMiB(worker.pid);
    const handles = await begin(project);
    await delay(SETTLED_AFTER_MS);
    const after = residentMiB(worker.pid);
    for (const handle of handles) await handle.terminate('measured');
    return { before, after };
  } finally {
    await worker.end();
    project.remove();
  }
}

function residentMiB(worker) {
  const own = [String(worker), ...childrenOf(worker).filter((pid) => read(pid, 'cmdline').includes('reaper'))];
  const kib = own.map((pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(read(pid, 'status'))?.[1] ?? 0));
  return Math.round(kib.reduce((sum, each) => sum + each, 0) / 1_024);
}

const childrenOf = (parent) =>
  readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && new RegExp(`^PPid:\\s+${parent}$`, 'm').test(read(pid, 'status')));

const environOf = (pid) => /PACT_ATTEMPT=([^\0]*)/.exec(read(pid, 'environ'))?.[1] ?? '';

/** Empty: the process has ended meanwhile, or is somebody else's. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
