import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusView } from '../../src/domain/views.ts';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ config: { agents: [scriptedAgent('worker', { capacity: 20 })] } });
});
afterAll(() => engine.close());

/** Ways to make dying hard: a quarter of the agents each. */
const HABITS = [[], [{ ignoreTerm: true }], [{ child: 'group' }], [{ ignoreTerm: true }, { child: 'session' }]];

test('stop: twenty agents, some deaf, some with children, are dead within 5 s; resume repeats nothing done', async () => {
  const notes = join(engine.baseDir, 'stop-notes');
  const early = Array.from({ length: 5 }, (_, n) => ({ id: `early-${n}`, agent: 'worker', input: { steps: [{ note: notes }] } }));
  const held = Array.from({ length: 20 }, (_, n) => ({
    id: `held-${n}`,
    agent: 'worker',
    dependsOn: early.map(({ id }) => id),
    budget: { attempts: 1 },
    input: {
      steps: [{ note: notes }, ...(HABITS[n % 4] ?? []).map((step) => ({ attempt: 1, ...step })), { attempt: 1, hang: true }],
    },
  }));
  const late = { id: 'late', agent: 'worker', dependsOn: held.map(({ id }) => id), input: { steps: [{ note: notes }] } };
  const execution = await engine.start(onePlan([...early, ...held, late]));
  await execution.authorize();
  // 20 agents and the children of ten of them.
  await until(
    () => attemptProcesses(execution.id).filter(({ marker }) => marker.includes('/held-')).length,
    (count) => count === 30,
    60_000,
  );

  const deadAfterMs = await stopAndTime(execution);
  console.log(`[stop] 30 processes of 20 agents were dead ${deadAfterMs} ms after the update was sent`);
  expect(deadAfterMs).toBeLessThanOrEqual(5_000);
  const stopped = await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopped',
  );
  expect(stopped.coordination.drained).toEqual({ done: 20, of: 20 });
  expect((await execution.tasks()).filter(({ state }) => state === 'done')).toHaveLength(5);
  expect((await execution.sprint('only').query<StatusView>('status')).phase).toBe('stopped');
  expect((await execution.authorization()).checklist.documented).toBe(true);

  await execution.update('resume', { by: 'ann', reason: 'all clear' });
  expect(await execution.result()).toMatchObject({ phase: 'completed', summary: 'completed: 26 of 26 tasks done' });
  const attempts = (await readFile(notes, 'utf8')).trim().split('\n').toSorted();
  const expected = [...early.map(({ id }) => `${id} 1`), ...held.flatMap(({ id }) => [`${id} 1`, `${id} 2`]), 'late 1'];
  expect(attempts).toEqual(expected.toSorted());
  const decisions = (await ledger(execution)).filter(({ event }) => event === 'drained').map(({ text }) => text);
  expect(decisions).toContain('drained 20 of 20');
  expect(attemptProcesses(execution.id)).toEqual([]);
});

test('stop: drain lets what is at work finish and starts nothing new', async () => {
  const gate = join(engine.baseDir, 'drain-gate');
  const execution = await engine.start(
    onePlan([
      { id: 'first', agent: 'worker', input: { steps: [{ until: gate }] } },
      { id: 'second', agent: 'worker', dependsOn: ['first'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => attemptProcesses(execution.id).length,
    (count) => count === 1,
  );
  await execution.update('emergencyStop', { by: 'ann', reason: 'end of the day', mode: 'drain' });
  expect((await execution.status()).phase).toBe('stopping');
  expect(attemptProcesses(execution.id)).toHaveLength(1);
  await writeFile(gate, '');
  const { tasks, coordination } = await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopped',
  );
  expect(tasks).toMatchObject({ done: 1, waiting: 1 });
  expect(coordination.drained).toEqual({ done: 1, of: 1 });
  await execution.update('resume', { by: 'ann' });
  expect((await execution.result()).phase).toBe('completed');
  expect((await execution.tasks()).map(({ attempts }) => attempts)).toEqual([1, 1]);
});

test('stop: a Temporal cancel ends every agent, and the report says what was not done', async () => {
  const execution = await engine.start(
    onePlan([
      { id: 'done', agent: 'worker' },
      {
        id: 'held',
        agent: 'worker',
        dependsOn: ['done'],
        input: { steps: [{ ignoreTerm: true }, { child: 'session' }, { hang: true }] },
      },
      { id: 'never', agent: 'worker', dependsOn: ['held'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => attemptProcesses(execution.id).length,
    (count) => count === 2,
  );
  await execution.handle.cancel();
  await expect(execution.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(attemptProcesses(execution.id)).toEqual([]);
  expect((await execution.status()).phase).toBe('cancelled');
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['done', 'cancelled', 'cancelled']);
  const report = JSON.parse(await readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'report.json'), 'utf8'));
  expect(report).toMatchObject({ phase: 'cancelled', totals: { tasks: 3, done: 1 } });
});

/** Time from sending the emergency stop until no process of any attempt lives. */
async function stopAndTime(execution: Execution): Promise<number> {
  const sentAt = Date.now();
  const sent = execution.update('emergencyStop', { by: 'ann', reason: 'smoke in the server room' });
  await until(
    () => attemptProcesses(execution.id).length,
    (count) => count === 0,
  );
  const deadAfterMs = Date.now() - sentAt;
  await sent;
  return deadAfterMs;
}

async function ledger({ id }: Execution): Promise<{ event: string; text: string }[]> {
  const text = await readFile(join(engine.baseDir, '.pact/artifacts', id, 'ledger.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
