// What it takes until work that cannot go on goes on: an agent's process is killed, its sprint notices, and another agent's process begins. And
// what a reallocation and an escalation cost in history events: each plan is run beside the same one without, in which the task is only tried again.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProject, scriptedAgent, startExecution, until } from './project.mjs';
import { atMost } from './rows.mjs';
import { seededRandom } from './statistics.mjs';
import { spawnWorker } from './worker-process.mjs';

const HEARTBEAT_TIMEOUT_MS = 3_000;
/** How long an agent lives at most before it is killed. */
const LIFE_MS = 1_000;

export async function benchReallocation({ server, isShort, rounds, seed, say, detail }) {
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-reallocation-'));
  const journal = join(folder, 'journal.jsonl');
  const agents = ['first', 'second'].map((id, more) => ({
    ...scriptedAgent(id, 1, { AGENT_JOURNAL: journal }),
    skills: ['writing', 'more'].slice(0, more + 1),
  }));
  const project = createProject(agents, { heartbeatTimeout: `${HEARTBEAT_TIMEOUT_MS}ms` });
  const worker = spawnWorker(server, project.configPath);
  const random = seededRandom(seed);
  const context = { server, project, journal, toLifeMs: () => random() * LIFE_MS };
  try {
    await worker.serving;
    // The first execution on a worker loads code, and does not count.
    await loseAgent(context, MOVED);
    const samples = [];
    for (let round = 1; round <= (rounds ?? (isShort ? 2 : 15)); round += 1) {
      const moved = await loseAgent(context, MOVED);
      const retried = await loseAgent(context, RETRIED);
      const asked = await failTask(context, ASKED);
      const again = await failTask(context, AGAIN);
      samples.push({ moved, retried, asked, again });
      say(`  round ${round}: ${JSON.stringify(samples.at(-1))}`);
    }
    detail('rounds', samples);
    return toRows(samples, isShort);
  } finally {
    await worker.end();
    project.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function toRows(samples, isShort) {
  const row = (name, unit, of, limits) => atMost({ name, unit, samples: samples.map(of), required: null, ...limits }, isShort);
  const kill = 'kill -9 of an agent';
  return [
    row(`${kill}: until its sprint knows, longest`, 'ms', ({ moved }) => moved.detectedMs, {
      required: HEARTBEAT_TIMEOUT_MS + 2_000,
      shortLimit: 30_000,
      at: 1,
    }),
    row(`${kill}: from then until the next agent's process runs`, 'ms', ({ moved }) => moved.replacedMs, {
      required: 3_000,
      shortLimit: 30_000,
    }),
    row(`${kill}, work is not moved: from then until the next process runs`, 'ms', ({ retried }) => retried.replacedMs),
    row('history events per reallocation, beyond a retry', '', ({ moved, retried }) => moved.events - retried.events),
    row('history events per escalation, beyond a retry', '', ({ asked, again }) => asked.events - again.events),
  ];
}

const MOVED = { policies: { reallocation: { backoff: '100ms' } }, procedure: 'reallocation' };
const RETRIED = { policies: {}, procedure: null };

/**
 * A task whose agent is killed while it works, and which another one then does.
 * @returns detectedMs: from the kill until the sprint knows; replacedMs: from then until the next process runs; events: of the histories of the
 * sprint and its procedure.
 */
async function loseAgent({ server, project, journal, toLifeMs }, { policies, procedure }) {
  const task = { id: 'page', skills: ['writing'], input: { steps: [{ attempt: 1, hang: true }, WORK] } };
  const execution = await startExecution(server, project, [task], policies);
  const { handle, sprint, authorize } = execution;
  await authorize();
  const first = await untilBegun(journal, handle.workflowId, 1);
  await delay(toLifeMs());
  const killedAt = Date.now();
  process.kill(first.pid, 'SIGKILL');
  const second = await untilBegun(journal, handle.workflowId, 2);
  await handle.result();
  const { items } = await sprint.query('decisions');
  const detectedAt = Date.parse(items.find(({ event }) => event === 'attemptFailed').at);
  return {
    detectedMs: detectedAt - killedAt,
    replacedMs: second.at - detectedAt,
    events: await countEvents(execution, server, procedure),
  };
}

const ASKED = { attempts: 1, procedure: 'escalation' };
const AGAIN = { attempts: 2, procedure: null };

/** A task that fails once and is then done: after a person has been asked and has answered at once, or because it may be tried again. */
async function failTask({ server, project }, { attempts, procedure }) {
  const task = { id: 'page', skills: ['writing'], budget: { attempts }, input: { steps: [{ failUntilAttempt: 2 }, WORK] } };
  const escalation = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'reject' };
  const execution = await startExecution(server, project, [task], { escalation });
  const { handle, authorize, update } = execution;
  await authorize();
  if (procedure !== null) {
    const { inbox } = await until(
      'somebody is asked',
      () => handle.query('status'),
      (status) => status.inbox.length > 0,
    );
    await update('respond', { by: 'ann', itemId: inbox[0].itemId, decision: 'retry' });
  }
  await handle.result();
  return { events: await countEvents(execution, server, procedure) };
}

/** Shows that it has taken over and gets on. */
const WORK = { acknowledge: true, status: { progress_percentage: 50 } };

/** Of the histories of the sprint and of its procedure, which ends with it. */
async function countEvents({ sprint }, server, procedure) {
  const child = procedure && server.client.workflow.getHandle(`${sprint.workflowId}/${procedure}/1`);
  await child?.result();
  const descriptions = await Promise.all([sprint, child].map((handle) => handle?.describe()));
  return descriptions.reduce((sum, description) => sum + (description?.historyLength ?? 0), 0);
}

/** What the attempt's process has written of its begin: `{at, pid}`, Unix ms. */
async function untilBegun(journal, execution, attempt) {
  const read = () =>
    (existsSync(journal) ? readFileSync(journal, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .find(({ event, request }) => event === 'start' && request.execution === execution && request.attempt === attempt);
  return until(`attempt ${attempt} of ${execution} begins`, read, (begun) => begun !== undefined);
}
