// Many agents of one sprint on one worker, each with a status every second that moves its progress: what of it reaches the sprint's
// history, how fast the sprint knows of a blocked one, and what worker and server spend. In-process agents through the runner's interface,
// so that the machine's processes are not what is measured; then real processes.
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuClock } from './cpu-clock.mjs';
import { createReportingAgents } from './flood/reporting-agents.mjs';
import { createProject, startBenchWorker, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { seededRandom } from './statistics.mjs';

const PROCESS_AGENT = fileURLToPath(new URL('flood/reporting-agent.sh', import.meta.url));

/** What a start brings with it (the first reports of all, the ledger) is over then. */
const SETTLED_AFTER_MS = 4_000;

export async function benchFlood(context) {
  const { isShort } = context;
  const inProcess = {
    kind: 'agents',
    count: isShort ? 200 : 1_000,
    samples: isShort ? 20 : 200,
    agents: createReportingAgents(),
  };
  const processes = { kind: 'processes', count: isShort ? 20 : 100, samples: 0, agents: null };
  return [...(await flood(context, inProcess)), ...(await flood(context, processes))];
}

async function flood({ server, isShort, rounds, seed, say, detail }, { kind, count, samples, agents }) {
  const project = createProject([{ id: 'reporter', capacity: count, adapter: { kind: 'command', run: ['sh', PROCESS_AGENT] } }]);
  const worker = await startBenchWorker(server, project, agents === null ? {} : { adaptRunner: () => agents.runner });
  const name = `${count} ${kind} reporting every second`;
  try {
    const tasks = Array.from({ length: count }, (_, number) => ({ id: `task-${number}`, agent: 'reporter', estimate: '5m' }));
    const { handle, sprint, authorize, update } = await startExecution(server, project, tasks);
    await authorize();
    const isAtWork = (view) => view.tasks.running === count;
    await until(`${count} at work`, () => handle.query('status'), isAtWork, { withinMs: 300_000, everyMs: 500 });
    await until(
      'every attempt beats',
      () => heartbeatAges(sprint),
      (ages) => ages.length === count,
      { withinMs: 120_000, everyMs: 1_000 },
    );
    await delay(SETTLED_AFTER_MS);
    const minutes = [];
    for (let round = 0; round < (rounds ?? (isShort ? 1 : 3)); round += 1) {
      const minute = await observe(server, sprint, isShort ? 5_000 : 60_000);
      say(`  ${name}: ${JSON.stringify(minute)}`);
      minutes.push(minute);
    }
    const reactions = samples === 0 ? [] : await measureReactions(sprint, { agents, count, samples, random: seededRandom(seed) });
    const stops = agents === null ? [] : [await measureStop(update, agents)];
    detail(`${kind}.minutes`, minutes);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return toRows(name, { minutes, reactions, stops }, { count, isShort });
  } finally {
    agents?.stop();
    await worker.shutdown();
    project.remove();
  }
}

/** What happens in a while, per minute or second, and how old the newest heartbeat of each attempt is at its end. */
async function observe(server, sprint, forMs) {
  const cpu = cpuClock(server.pid);
  const before = (await sprint.describe()).raw.workflowExecutionInfo;
  const startedAt = performance.now();
  await delay(forMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = (await sprint.describe()).raw.workflowExecutionInfo;
  const used = cpu();
  const ages = await heartbeatAges(sprint);
  const perSecond = (field) => (Number(after[field]) - Number(before[field])) / seconds;
  return {
    eventsPerMinute: Math.round(perSecond('historyLength') * 60),
    historyBytesPerMinute: Math.round(perSecond('historySizeBytes') * 60),
    transitionsPerSecond: Math.round(perSecond('stateTransitionCount')),
    oldestHeartbeatMs: Math.max(...ages),
    workerCpuPercent: Math.round(used.worker / seconds / 10),
    serverCpuPercent: used.server === null ? null : Math.round(used.server / seconds / 10),
    workerMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

async function heartbeatAges(sprint) {
  const { pendingActivities } = (await sprint.describe()).raw;
  const now = Date.now();
  return (pendingActivities ?? []).flatMap(({ lastHeartbeatTime: at }) =>
    at ? now - (Number(at.seconds) * 1_000 + at.nanos / 1e6) : [],
  );
}

/** From the moment an agent says that it is blocked until its sprint's own query says so. */
async function measureReactions(sprint, { agents, count, samples, random }) {
  const reactions = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const number = Math.floor(random() * count);
    const isBlocked = async () => (await sprint.query('tasks', { offset: number, limit: 1 })).items[0].state === 'blocked';
    const startedAt = performance.now();
    agents.block(`task-${number}`);
    await until(`task-${number} is blocked`, isBlocked, Boolean, { everyMs: 5 });
    reactions.push(performance.now() - startedAt);
    agents.unblock(`task-${number}`);
    await until(`task-${number} goes on`, isBlocked, (blocked) => !blocked, { everyMs: 50 });
  }
  return reactions;
}

/** From the call until the last agent has been told to stop. */
async function measureStop(update, agents) {
  const startedAt = performance.now();
  await update('emergencyStop', { by: 'bench', reason: 'measurement' });
  await until(
    'no agent is at work',
    () => agents.count,
    (count) => count === 0,
    { withinMs: 120_000 },
  );
  return performance.now() - startedAt;
}

function toRows(name, { minutes, reactions, stops }, { count, isShort }) {
  const row = (what, unit, field, limits) =>
    minutes.some((minute) => minute[field] === null)
      ? []
      : [
          atMost(
            { name: `${name}: ${what}`, unit, samples: minutes.map((minute) => minute[field]), required: null, ...limits },
            isShort,
          ),
        ];
  const reaction = { name: `${name}: blocked → the sprint's query says so, p99`, unit: 'ms', samples: reactions, at: 0.99 };
  return [
    // A short look may hold the one signal of a minute.
    ...row('history events of the sprint a minute', '', 'eventsPerMinute', { required: 60, shortLimit: 600 }),
    ...(stops.length === 0
      ? []
      : [
          atMost(
            { name: `${name}: emergency stop → the last has heard it`, unit: 'ms', samples: stops, required: null },
            isShort,
          ),
        ]),
    ...(reactions.length === 0 ? [] : [atMost({ ...reaction, required: 1_000, shortLimit: 20_000 }, isShort)]),
    ...row('oldest heartbeat', 'ms', 'oldestHeartbeatMs', count <= 100 ? { required: 2_000, shortLimit: 20_000 } : {}),
    ...row('history bytes a minute', 'B', 'historyBytesPerMinute'),
    ...row('heartbeats and other transitions a second', '', 'transitionsPerSecond'),
    ...row('CPU of worker and bench', '%', 'workerCpuPercent'),
    ...row('CPU of the server', '%', 'serverCpuPercent'),
    ...row('memory of worker and bench', 'MiB', 'workerMiB'),
  ];
}
