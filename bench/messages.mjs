// Urgent messages between agents that are real processes on one worker: from the moment that one is written to an agent's output until another
// agent has read it from its input, and what it costs in history events.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProject, startBenchWorker, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';

const AGENT = fileURLToPath(new URL('messages/messaging-agent.sh', import.meta.url));

export async function benchMessages({ server, isShort, say, detail }) {
  const agents = isShort ? 10 : 50;
  const count = isShort ? 3 : 10;
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-messages-'));
  const run = ['sh', AGENT, folder, String(agents), String(count)];
  const project = createProject([{ id: 'peer', capacity: agents, adapter: { kind: 'command', run, input: 'stream' } }]);
  const worker = await startBenchWorker(server, project);
  try {
    const tasks = Array.from({ length: agents }, (_, number) => ({ id: `task-${number}`, agent: 'peer', estimate: '5m' }));
    const { handle, sprint, authorize } = await startExecution(server, project, tasks);
    await authorize();
    const isAtWork = (view) => view.tasks.running === agents;
    await until(`${agents} at work`, () => handle.query('status'), isAtWork, { withinMs: 300_000, everyMs: 500 });
    const eventsOf = async () => (await sprint.describe()).historyLength;
    const before = await eventsOf();
    writeFileSync(join(folder, 'go'), '');
    const total = agents * count;
    // The last one that is heard lets its agent end, which costs events of its own: they are left out.
    const nearly = Math.floor(total * 0.9);
    await until(
      'nearly all are heard',
      () => readDelays(folder),
      ({ length }) => length >= nearly,
      { withinMs: 300_000, everyMs: 100 },
    );
    const heard = readDelays(folder).length;
    const events = (100 * ((await eventsOf()) - before)) / heard;
    await until(
      'all are heard',
      () => readDelays(folder),
      ({ length }) => length >= total,
      { withinMs: 300_000, everyMs: 500 },
    );
    const samples = readDelays(folder);
    await handle.result();
    const { messages } = (await sprint.query('status')).coordination;
    say(
      `  ${samples.length} messages between ${agents} agents, ${Math.round(events)} events per 100: ${JSON.stringify(messages)}`,
    );
    detail('counters', messages);
    const name = `urgent message between 2 of ${agents} agents, output → input`;
    return [
      atMost({ name: `${name}, p99`, unit: 'ms', samples, required: 2_000, shortLimit: 20_000, at: 0.99 }, isShort),
      atMost({ name: `${name}, p50`, unit: 'ms', samples, required: null, at: 0.5 }, isShort),
      atMost(
        { name: `history events per 100 urgent messages of ${agents} agents`, unit: '', samples: [events], required: null },
        isShort,
      ),
    ];
  } finally {
    await worker.shutdown();
    project.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of every message that has been heard, in ms. */
function readDelays(folder) {
  return readdirSync(folder)
    .filter((name) => name !== 'go')
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => {
      const [sent, received] = line.split(' ').map(BigInt);
      return Number(received - sent) / 1e6;
    });
}
