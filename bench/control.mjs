// How fast a running plan is looked at and steered: updates and queries on an execution of 1,000 tasks with 100 agents at work that report every
// second. Beside it the shortest Temporal workflows that pass an order on, on the same server and worker, in turn with ours.
import { setTimeout as delay } from 'node:timers/promises';
import { bundleWithBare } from './bare-bundle.mjs';
import { traceOrder } from './control/order-trace.mjs';
import { createReportingAgents } from './flood/reporting-agents.mjs';
import { createProject, startBenchWorker, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';

const TASKS = 1_000;
const WIDTH = 100;
/** What an order has set off is over then: nobody gives the next one within a tenth of a second. */
const ECHO_MS = 100;

export async function benchControl({ server, isShort, rounds, detail }) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  const agents = createReportingAgents();
  const workflowBundle = await bundleWithBare();
  const worker = await startBenchWorker(server, project, { adaptRunner: () => agents.runner, workflowBundle });
  try {
    const runs = rounds ?? (isShort ? 10 : 60);
    const { execution, authorized } = await startAuthorized(server, project, isShort ? 2 : 10);
    const bare = await startBare(server, project);
    const traces = await giveOrders(server, execution, bare, runs);
    const figures = {
      'update authorize, answered': authorized,
      ...toFigures(traces),
      'bare Temporal, a query for one word': await repeat(runs * 3, bare.query),
      [`query status of the execution, ${TASKS} tasks`]: await repeat(runs * 3, () => execution.handle.query('status')),
      [`query status of the sprint, ${TASKS} tasks`]: await repeat(runs * 3, () => execution.sprint.query('status')),
      'query tasks of the sprint, a page of 200': await repeat(runs * 3, () => execution.sprint.query('tasks', { limit: 200 })),
    };
    detail('traces', traces);
    await bare.end();
    await execution.handle.cancel();
    await execution.handle.result().catch(() => undefined);
    return toRows(figures, isShort);
  } finally {
    agents.stop();
    await worker.shutdown();
    project.remove();
  }
}

const toRows = (figures, isShort) =>
  Object.entries(figures).flatMap(([name, samples]) => [
    atMost({ name: `${name}, p50`, unit: 'ms', samples, required: null, at: 0.5 }, isShort),
    atMost({ name: `${name}, p99`, unit: 'ms', samples, at: 0.99, ...limitsOf(name) }, isShort),
  ]);

/** What is promised is when an order is in force, of which its answer is a part, and every query. */
const limitsOf = (name) =>
  /^query|authorize|^update.*in force/.test(name) ? { required: 50, shortLimit: 5_000 } : { required: null };

/** Starts plans and authorizes each; the last one goes on, at work with all its slots. */
async function startAuthorized(server, project, count) {
  const tasks = Array.from({ length: TASKS }, (_, number) => ({ id: `task-${number}`, agent: 'worker' }));
  const authorized = [];
  for (let round = 1; ; round += 1) {
    const execution = await startExecution(server, project, tasks);
    authorized.push(await timeOf(execution.authorize));
    if (round === count) {
      await until(
        'all slots are at work',
        () => execution.handle.query('status'),
        (view) => view.tasks.running === WIDTH,
      );
      return { execution, authorized };
    }
    await execution.handle.cancel();
    await execution.handle.result().catch(() => undefined);
  }
}

async function startBare({ client }, { taskQueue }) {
  const workflowId = `${taskQueue}-bare`;
  const childId = `${workflowId}/child`;
  const handle = await client.workflow.start('bareOwner', { taskQueue, workflowId, args: [{ childId }] });
  return {
    parentId: workflowId,
    childId,
    send: () => handle.executeUpdate('order', { args: [{ phase: 'paused' }] }),
    signal: 'order',
    query: () => client.workflow.getHandle(childId).query('phase'),
    async end() {
      await client.workflow.getHandle(childId).terminate();
      await handle.terminate();
    },
  };
}

/** Bare, pause, resume and amendment in turn, so that all meet the same machine. The first round warms up and does not count. */
async function giveOrders(server, { handle, sprint, update }, bare, count) {
  const ours = { parentId: handle.workflowId, childId: sprint.workflowId };
  const traces = { bare: [], pause: [], resume: [], amendPlan: [] };
  for (let round = 0; round <= count; round += 1) {
    const set = { priority: round % 2 === 0 ? 'high' : 'low' };
    const changes = [{ changeTask: { task: `task-${TASKS - 1}`, set } }];
    const orders = {
      bare,
      pause: { ...ours, signal: 'pause', send: () => update('pause') },
      resume: { ...ours, signal: 'resume', send: () => update('resume') },
      amendPlan: { ...ours, signal: 'sprintAmendment', send: () => update('amendPlan', { by: 'bench', changes }) },
    };
    for (const [name, order] of Object.entries(orders)) {
      const trace = await traceOrder(server, order);
      if (round > 0) traces[name].push(trace);
      await delay(ECHO_MS);
    }
  }
  return traces;
}

function toFigures(traces) {
  const of = (name) => (name === 'bare' ? 'bare Temporal, update and signal to a child' : `update ${name}`);
  const figure = (name, field) => traces[name].map((trace) => trace[field]);
  const names = Object.keys(traces);
  const steps = Object.keys(traces.bare[0]).filter((field) => field !== 'answered' && field !== 'inForce');
  return Object.fromEntries([
    ...names.flatMap((name) => [
      [`${of(name)}, answered`, figure(name, 'answered')],
      [`${of(name)}, in force`, figure(name, 'inForce')],
    ]),
    ...['bare', 'pause', 'amendPlan'].flatMap((name) => steps.map((step) => [`  ${name}: ${step}`, figure(name, step)])),
  ]);
}

async function repeat(count, call) {
  const samples = [];
  for (let round = 0; round < count; round += 1) samples.push(await timeOf(call));
  return samples;
}

async function timeOf(call) {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}
