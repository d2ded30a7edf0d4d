// How fast a running plan is looked at and steered: queries and updates on an execution of 1,000 tasks with 100 at work.
import { Context } from '@temporalio/activity';
import { createProject, startBenchWorker, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';

const TASKS = 1_000;
const WIDTH = 100;

export async function benchControl({ server, isShort, rounds }) {
  const project = createProject([{ id: 'worker', capacity: WIDTH, adapter: { kind: 'command', run: ['node', '--version'] } }]);
  const worker = await startBenchWorker(server, project, { performTask: workUntilStopped });
  try {
    const runs = rounds ?? (isShort ? 10 : 100);
    const { execution, authorized } = await startAuthorized(server, project, Math.ceil(runs / 10));
    const figures = {
      'update authorize, answered': authorized,
      ...(await steer(execution, runs)),
      ...(await amend(execution, Math.ceil(runs / 2))),
      [`query status of the execution, ${TASKS} tasks`]: await repeat(runs * 2, () => execution.handle.query('status')),
      [`query status of the sprint, ${TASKS} tasks`]: await repeat(runs * 2, () => execution.sprint.query('status')),
      'query tasks of the sprint, a page of 200': await repeat(runs, () => execution.sprint.query('tasks', { limit: 200 })),
    };
    await execution.handle.cancel();
    await execution.handle.result().catch(() => undefined);
    return Object.entries(figures).flatMap(([name, samples]) => [
      atMost({ name: `${name}, p50`, unit: 'ms', samples, required: null, at: 0.5 }, isShort),
      atMost({ name: `${name}, p99`, unit: 'ms', samples, at: 0.99, ...limitsOf(name) }, isShort),
    ]);
  } finally {
    await worker.shutdown();
    project.remove();
  }
}

/** What is promised is when an order is in force, of which its answer is a part, and every query. */
const limitsOf = (name) => (/^query|authorize|in force/.test(name) ? { required: 50, shortLimit: 5_000 } : { required: null });

/** Agents that are at work until they are cancelled, and say so with their heartbeats as real ones do. */
async function workUntilStopped() {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 500);
  await context.cancelled.finally(() => clearInterval(beat));
}

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

/** Pauses and resumes in turn: the answer of the update, and the time until its sprint is in the new phase. */
async function steer({ update, sprint }, count) {
  const figures = { pause: { answered: [], inForce: [] }, resume: { answered: [], inForce: [] } };
  for (let round = 0; round < count; round += 1) {
    for (const [name, phase] of [
      ['pause', 'paused'],
      ['resume', 'running'],
    ]) {
      const startedAt = performance.now();
      await update(name);
      figures[name].answered.push(performance.now() - startedAt);
      await until(
        `the sprint is ${phase}`,
        () => sprint.query('status'),
        (view) => view.phase === phase,
        { everyMs: 1 },
      );
      figures[name].inForce.push(performance.now() - startedAt);
    }
  }
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, { answered, inForce }]) => [
      [`update ${name}, answered`, answered],
      [`update ${name}, in force in its sprint`, inForce],
    ]),
  );
}

/** Amends a task that waits: the answer of the update, and the time until its sprint has it so. */
async function amend({ update, sprint }, count) {
  const answered = [];
  const inForce = [];
  for (let round = 0; round < count; round += 1) {
    const priority = round % 2 === 0 ? 'high' : 'low';
    const changes = [{ changeTask: { task: `task-${TASKS - 1}`, set: { priority } } }];
    const startedAt = performance.now();
    await update('amendPlan', { by: 'bench', changes });
    answered.push(performance.now() - startedAt);
    await until(
      `the sprint has the priority ${priority}`,
      () => sprint.query('tasks', { offset: TASKS - 1, limit: 1 }),
      ({ items }) => items[0].priority === priority,
      { everyMs: 1 },
    );
    inForce.push(performance.now() - startedAt);
  }
  return { 'update amendPlan, answered': answered, 'update amendPlan, in force in its sprint': inForce };
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
