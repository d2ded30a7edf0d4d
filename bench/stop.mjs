// Emergency stop with 50 agents at work: from the call of the update until every process of theirs is dead. One in five ignores TERM, one in
// five has left a child in a session of its own that ignores TERM as well.
import { setTimeout as delay } from 'node:timers/promises';
import { findMarkedProcesses } from './marked-processes.mjs';
import { createProject, scriptedAgent, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { seededRandom } from './statistics.mjs';
import { spawnWorker } from './worker-process.mjs';

const AGENTS = 50;
const KINDS = [
  { steps: [], processes: 1 },
  { steps: [], processes: 1 },
  { steps: [], processes: 1 },
  { steps: [{ ignoreTerm: true }], processes: 1 },
  { steps: [{ child: 'session' }], processes: 2 },
];

export async function benchStop({ server, isShort, rounds, seed, say, detail }) {
  if (process.platform !== 'linux') {
    say('  left out: it looks for processes in /proc');
    return [];
  }
  const project = createProject([scriptedAgent('worker', AGENTS)]);
  const worker = spawnWorker(server, project.configPath);
  const random = seededRandom(seed);
  const samples = [];
  const answers = [];
  try {
    await worker.serving;
    const tasks = Array.from({ length: AGENTS }, (_, number) => ({
      id: `task-${number}`,
      agent: 'worker',
      input: { steps: [...KINDS[number % KINDS.length].steps, { write: 'ready' }, { hang: true }] },
    }));
    const execution = await startExecution(server, project, tasks);
    await execution.authorize();
    const runs = rounds ?? (isShort ? 2 : 25);
    for (let round = 1; round <= runs; round += 1) {
      await untilAllAtWork(execution);
      await delay(random() * 500);
      const { answeredMs, deadMs } = await stopAll(execution);
      say(`  stop ${round}: answered after ${Math.round(answeredMs)} ms, all dead after ${Math.round(deadMs)} ms`);
      samples.push(deadMs);
      answers.push(answeredMs);
      await until(
        'the execution is stopped',
        () => execution.handle.query('status'),
        ({ phase }) => phase === 'stopped',
      );
      if (round < runs) await execution.update('resume');
    }
    await execution.handle.cancel();
    await execution.handle.result().catch(() => undefined);
  } finally {
    await worker.end();
    project.remove();
  }
  detail('samples', samples);
  return [
    atMost(
      {
        name: `stop of ${AGENTS} agents until every process is dead, p99`,
        unit: 'ms',
        samples,
        required: 5_000,
        shortLimit: 10_000,
        at: 0.99,
      },
      isShort,
    ),
    atMost(
      { name: `stop of ${AGENTS} agents until every process is dead, p50`, unit: 'ms', samples, required: null, at: 0.5 },
      isShort,
    ),
    atMost({ name: 'answer of the update emergencyStop, p99', unit: 'ms', samples: answers, required: null, at: 0.99 }, isShort),
  ];
}

const PROCESSES = Array.from({ length: AGENTS }, (_, number) => KINDS[number % KINDS.length].processes).reduce(
  (sum, count) => sum + count,
  0,
);

/** Every agent and every child of one lives, and every agent has come to where it hangs. */
async function untilAllAtWork({ handle }) {
  const isComplete = (found) => found.length >= PROCESSES && found.every(({ isReady }) => isReady);
  await until(`${PROCESSES} processes at work`, () => findMarkedProcesses(handle.workflowId), isComplete, {
    everyMs: 200,
    withinMs: 120_000,
  });
}

async function stopAll({ handle, update }) {
  const startedAt = performance.now();
  const answer = update('emergencyStop', { by: 'bench', reason: 'measured' }).then(() => performance.now() - startedAt);
  await until(
    'every process is dead',
    () => findMarkedProcesses(handle.workflowId),
    (found) => found.length === 0,
    { everyMs: 10 },
  );
  return { deadMs: performance.now() - startedAt, answeredMs: await answer };
}
