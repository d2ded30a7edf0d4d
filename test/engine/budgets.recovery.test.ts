import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { fillRun, passRuns, SHORT_RUN } from '../support/runs.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const journal = openAgentJournal();
const engines: Engine[] = [];
afterAll(async () => {
  for (const one of engines) await one.close();
  journal.remove();
}, 60_000);

/** An agent that goes on and on: 2,400 tokens, 100 every 50 ms. */
const looping = { steps: [{ spend: { tokens: 100, everyMs: 50, times: 24 } }] };
const itemId = 'budget/task/loop';
/** Answers since when; `before` is when it was used up the last time, which the execution may not have heard the end of. */
const untilUsedUp = async (execution: Execution, before?: string): Promise<string> =>
  (await untilAsked(execution, (item) => item.itemId === itemId && item.since !== before)).since;

async function topUp(execution: Execution, tokens: number): Promise<void> {
  await execution.update('respond', { by: 'ann', itemId, decision: 'topUp', data: { tokens } });
}

const spentOf = async (execution: Execution): Promise<number | undefined> =>
  (await execution.tasks()).find(({ id }) => id === 'loop')?.budgets?.[0]?.spent;

test.concurrent('budgets: paused in a lane across runs of its sprint, and topped up again and again, the same process goes on', async () => {
  const engine = await openEngine({
    config: { agents: [journal.agent('worker', { capacity: 2 })] },
    worker: { continueAfterEvents: SHORT_RUN },
  });
  engines.push(engine);
  const [gate, other] = ['gate', 'other'].map((name) => join(engine.baseDir, name)) as [string, string];
  const execution = await startAuthorized(
    engine,
    onePlan([
      { id: 'first', input: { steps: [{ until: gate }] } },
      { id: 'beside', input: { steps: [{ until: other }] } },
      { id: 'loop', dependsOn: ['first'], estimate: '1h', input: looping, budget: { tokens: 500, attempts: 1 } },
    ]),
  );
  const sprintId = `${execution.id}/sprint/only`;
  await until(
    () => journal.starts(execution.id),
    (starts) => starts.length === 2,
  );
  // A full run that something holds open gives new attempts to a lane.
  await fillRun(engine.client, sprintId);
  writeFileSync(gate, '');
  const first = await untilUsedUp(execution);
  expect((await engine.client.workflow.getHandle(`${sprintId}/lane/1`).describe()).status.name).toBe('RUNNING');
  writeFileSync(other, '');
  await passRuns(engine.client, sprintId);
  await topUp(execution, 500);
  const second = await untilUsedUp(execution, first);
  await topUp(execution, 500);
  await untilUsedUp(execution, second);
  expect(await spentOf(execution)).toBeLessThanOrEqual(1_600);
  await passRuns(engine.client, sprintId);
  await topUp(execution, 5_000);
  expect((await execution.result()).phase).toBe('completed');
  const starts = journal.starts(execution.id).filter(({ request }) => request.task.id === 'loop');
  expect(starts).toHaveLength(1);
  expect(await spentOf(execution)).toBe(2_400);
}, 90_000);

test.concurrent('budgets: kill -9 of the worker while an attempt is paused; what it has used stays used, and it is done again once topped up', async () => {
  const engine = await openEngine({ worker: null, config: { agents: [journal.agent('worker')], heartbeatTimeout: '3s' } });
  const options = { configPath: engine.configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
  engines.push(engine);
  let worker = await startWorkerProcess(options);
  try {
    const execution = await startAuthorized(
      engine,
      onePlan([{ id: 'loop', input: looping, budget: { tokens: 1_000, attempts: 1 } }]),
    );
    await untilUsedUp(execution);
    const spent = (await spentOf(execution)) ?? 0;
    expect(spent).toBeGreaterThanOrEqual(1_000);
    await worker.kill();
    worker = await startWorkerProcess(options);
    await until(
      () => readLedger(engine, execution.id),
      (entries) => entries.some(({ event, text }) => event === 'attemptFailed' && text.includes('loop')),
    );
    expect(journal.starts(execution.id)).toHaveLength(1);
    await topUp(execution, 5_000);
    expect((await execution.result()).phase).toBe('completed');
    expect(journal.starts(execution.id).map(({ request }) => request.attempt)).toEqual([1, 2]);
    expect(await spentOf(execution)).toBe(spent + 2_400);
    const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
    expect(events.filter((event) => event === 'budgetToppedUp')).toHaveLength(1);
  } finally {
    await worker.kill();
  }
}, 90_000);
