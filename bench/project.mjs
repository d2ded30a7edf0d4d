import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { loadConfig, startWorker } from '../dist/index.js';

let projects = 0;

/** A folder with a config on task queues of its own; `remove` when nothing runs in it any more. */
export function createProject(agents, more = {}) {
  const baseDir = mkdtempSync(join(tmpdir(), 'pact-bench-project-'));
  const taskQueue = `bench-${process.pid}-${projects++}`;
  const configPath = join(baseDir, 'pact.config.json');
  const taskQueues = { workflows: taskQueue, agents: `${taskQueue}-agents` };
  writeFileSync(configPath, JSON.stringify({ agents, taskQueues, ...more }));
  return {
    baseDir,
    configPath,
    taskQueue,
    taskQueues,
    remove: () => rmSync(baseDir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** An agent that does what its task's input says: test/agents/scripted.mjs. */
export const scriptedAgent = (id, capacity, env = {}) => ({
  id,
  capacity,
  adapter: { kind: 'command', run: ['node', SCRIPTED_AGENT], env },
});

export const SCRIPTED_AGENT = fileURLToPath(new URL('../test/agents/scripted.mjs', import.meta.url));

/** The product's worker in this process, its agents replaced by the function `performTask` where one is given. */
export async function startBenchWorker(server, project, { performTask, adaptRunner, workflowBundle } = {}) {
  const config = loadConfig(project.configPath);
  if (!config.ok) throw new Error(`The benchmark's own config is refused: ${JSON.stringify(config.error)}`);
  return startWorker({
    config: config.value,
    connectionOptions: server.connectionOptions,
    namespace: server.namespace,
    say: () => undefined,
    log: pino({ level: 'error' }, pino.destination(2)),
    ...(workflowBundle ? { workflowBundle } : {}),
    ...(adaptRunner ? { adaptRunner } : {}),
    ...(performTask ? { adaptActivities: (own) => ({ ...own, agentActivities: { ...own.agentActivities, performTask } }) } : {}),
  });
}

/** What an agent without deliverables, checks and words comes to. */
export const NOTHING_DONE = {
  summary: null,
  notes: null,
  deliverables: [],
  checks: [],
  usage: null,
  lastStatus: null,
  durationMs: 0,
  log: 'none',
};

/** Independent tasks of the agent `worker`; their ids sort as they stand. */
export const numberedTasks = (count) =>
  Array.from({ length: count }, (_, number) => ({ id: `task-${String(number).padStart(5, '0')}`, agent: 'worker' }));

let executions = 0;

/** Starts an execution of one sprint and waits until it can be authorized. `policies`: further fields of the plan. */
export async function startExecution(server, { taskQueue }, tasks, policies = {}) {
  const plan = { pact: 1, project: { name: 'Benchmark' }, sprints: [{ id: 'only', tasks }], ...policies };
  const workflowId = `${taskQueue}-${executions++}`;
  const handle = await server.client.workflow.start('execution', { taskQueue, workflowId, args: [{ plan }] });
  const { planHash } = await until(
    `${workflowId} awaits authorization`,
    () => handle.query('authorization'),
    (view) => view.planHash !== null,
  );
  const sprint = server.client.workflow.getHandle(`${workflowId}/sprint/only`);
  const update = (name, payload = { by: 'bench' }) => handle.executeUpdate(name, { args: [payload] });
  const authorize = () =>
    update('authorize', { by: 'bench', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true });
  return { handle, sprint, update, authorize };
}

/** Asks again until the answer satisfies. Throws with the last answer after the deadline. */
export async function until(what, ask, isEnough, { withinMs = 60_000, everyMs = 20 } = {}) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${what}; last answer: ${JSON.stringify(answer)?.slice(0, 500)}`);
    await delay(everyMs);
  }
}
