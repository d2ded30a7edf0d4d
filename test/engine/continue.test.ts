import { afterAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger, readReport } from '../support/artifacts.ts';
import { fetchRuns, openEngine, type Engine } from '../support/engine.ts';

const journal = openAgentJournal();
afterAll(() => journal.remove());

const task = (id: string, more: Record<string, unknown> = {}) => ({ id, agent: 'worker', ...more });

/** Twelve tasks, three at a time, with everything that a state can hold: retries, leases, a checkpoint, a trigger, deliverables, a skip. */
const plan = {
  pact: 1,
  project: { name: 'Long' },
  sprints: [
    {
      id: 'one',
      agents: ['worker', 'late'],
      tasks: [
        task('a', { deliverables: [{ id: 'text', path: 'a.txt' }], input: { steps: [{ write: 'a.txt', text: 'a' }] } }),
        task('b', { input: { steps: [{ failUntilAttempt: 3 }] }, budget: { attempts: 3 } }),
        task('c', { resources: ['rig'] }),
        task('d', { resources: ['rig'] }),
        task('e', { paths: ['src'] }),
        task('f', { paths: ['src/f'], dependsOn: ['a'], priority: 'high' }),
        task('g', { dependsOn: ['b', 'c'] }),
        { id: 'h', agent: 'late', dependsOn: ['d'] },
      ],
      checkpoints: [{ id: 'half', after: ['a', 'c'], agents: ['worker'] }],
    },
    { id: 'two', tasks: [task('i', { dependsOn: ['a'] }), task('j'), task('k', { dependsOn: ['i', 'j'] }), task('l')] },
  ],
  triggers: [{ agent: 'late', when: { task: 'c', reached: 'finished' } }],
};

test('continue: a plan whose runs end after a few events ends as it does in one run, everything done and told once', async () => {
  const [calm, cut] = await Promise.all([carryOut(null), carryOut(15)]);
  expect(cut.tasks).toEqual(calm.tasks);
  expect(cut.events).toEqual(calm.events);
  expect(calm.runs).toEqual([1, 1, 1]);
  for (const runs of cut.runs) expect(runs).toBeGreaterThan(1);
});

/** What is left of an execution that must not depend on how often its workflows continued as new. */
async function carryOut(continueAfterEvents: number | null) {
  const agents = [journal.agent('worker', { capacity: 3 }), journal.agent('late')];
  const engine = await openEngine({ config: { agents, resources: [{ id: 'rig' }] }, worker: { continueAfterEvents } });
  try {
    const execution = await engine.start(plan);
    await execution.authorize();
    expect((await execution.result()).phase).toBe('completed');
    const started = journal.starts(execution.id).map(({ request }) => `${request.task.id}#${request.attempt}`);
    expect(new Set(started).size).toBe(started.length);
    const ids = [execution.id, `${execution.id}/sprint/one`, `${execution.id}/sprint/two`];
    const runs = await Promise.all(ids.map(async (id) => (await fetchRuns(engine.client, id)).length));
    const { tasks } = await readReport(engine, execution.id);
    const ends = tasks.map(({ id, state, attempts }: Record<string, unknown>) => ({ id, state, attempts }));
    return { runs, tasks: ends, events: await countEvents(engine, execution.id) };
  } finally {
    await engine.close();
  }
}

/** How often each event stands in the ledger, and that each source numbers its entries without a gap. */
async function countEvents(engine: Engine, id: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const last = new Map<string, number>();
  for (const { source, seq, event } of await readLedger(engine, id)) {
    expect(seq, `entry of ${source}`).toBe((last.get(source) ?? 0) + 1);
    last.set(source, seq);
    counts[event] = (counts[event] ?? 0) + 1;
  }
  return counts;
}
