import { afterAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { startAuthorized } from '../support/authorized.ts';
import { onePlan, openEngine, type Engine } from '../support/engine.ts';

const journal = openAgentJournal();
const engines: Engine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.close();
  journal.remove();
});

/** Most attempts that were at work at a time when four could be, by what the agents themselves write. */
async function mostAtWork(slots: object): Promise<number> {
  const engine = await openEngine({ config: { agents: [journal.agent('worker', { capacity: 4 })], slots } });
  engines.push(engine);
  const tasks = Array.from({ length: 4 }, (_, n) => ({ id: `t${n}`, agent: 'worker', input: { steps: [{ waitMs: 2_000 }] } }));
  const execution = await startAuthorized(engine, onePlan(tasks));
  expect((await execution.result()).phase).toBe('completed');
  const lines = journal.lines(execution.id).toSorted((a, b) => a.at - b.at);
  let atWork = 0;
  return Math.max(...lines.map(({ event }) => (atWork += event === 'start' ? 1 : -1)));
}

test('slots: a worker takes no more attempts than its config says, and on a full machine the minimum; all are done', async () => {
  const policies = [{ maximum: 2 }, { minimum: 1, memory: '1%' }, { minimum: 3, memory: '1%', cpu: '100%' }];
  expect(await Promise.all(policies.map(mostAtWork))).toEqual([2, 1, 3]);
});
