import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RollbackView } from '../../src/domain/rollback/rollback-view.ts';
import { artifactPath, readArtifact, readLedger } from '../support/artifacts.ts';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openPublisher, publishing, type Publisher } from '../support/publisher.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

let publisher: Publisher;
const engines: Engine[] = [];

async function open(worker?: null): Promise<Engine> {
  const config = { agents: [scriptedAgent('worker', { capacity: 4 })], checks: [publisher.check], heartbeatTimeout: '5m' };
  const engine = await openEngine({ config, ...(worker === null ? { worker } : {}) });
  engines.push(engine);
  return engine;
}

beforeAll(async () => void (publisher = await openPublisher()));
afterAll(async () => {
  for (const one of engines) await one.close();
  await publisher.close();
}, 60_000);

/** Three sprints one after the other, of which the last one hangs the first time. */
const planOf = (prefix: string, more: Record<string, unknown> = {}) => ({
  pact: 1,
  project: { name: 'Release' },
  sprints: [
    { id: 'one', tasks: [publishing(`${prefix}1`), publishing(`${prefix}2`, [`${prefix}1`])] },
    { id: 'two', dependsOn: ['one'], tasks: [publishing(`${prefix}3`, [`${prefix}2`])] },
    { id: 'three', dependsOn: ['two'], tasks: [publishing(`${prefix}4`, [`${prefix}3`], [{ attempt: 1, hang: true }])] },
  ],
  ...more,
});

const untilRunning = (execution: Execution, id: string): Promise<unknown> =>
  until(
    () => execution.tasks(),
    (tasks) => tasks.some((task) => task.id === id && task.state === 'running'),
  );
const viewOf = ({ client }: Engine, { id }: Execution): Promise<RollbackView> =>
  client.workflow.getHandle(`${id}/rollback/1`).query<RollbackView>('status');
const endsOf = async (prefix: string): Promise<string[]> =>
  (await publisher.undoneOf(prefix)).filter((line) => line.startsWith('end')).map((line) => line.split(' ')[1] as string);

test.concurrent('rollback of everything: the sprint at work ends, ended ones are undone from the last to the first, and all begin again; kill -9 meanwhile', async () => {
  const engine = await open(null);
  const start = { configPath: engine.configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
  const workers: WorkerProcess[] = [await startWorkerProcess(start)];
  try {
    const execution = await startAuthorized(engine, planOf('k'));
    await untilRunning(execution, 'k4');
    await publisher.flag('hold.k3');
    await execution.update('rollback', { by: 'ann', to: 'start', reason: 'wrong grammar' });
    await until(
      () => publisher.undoneOf('k'),
      (lines) => lines.some((line) => line.startsWith('begin k3')),
    );
    expect((await execution.status()).phase).toBe('rollingBack');
    await workers[0]?.kill();
    await until(
      () => attemptProcesses(execution.id),
      (left) => left.length === 0,
    );
    await publisher.unflag('hold.k3');
    workers.push(await startWorkerProcess(start));
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    expect(await endsOf('k')).toEqual(['k4/1', 'k3/1', 'k2/1', 'k1/1']);
    expect((await viewOf(engine, execution)).steps.map(({ id }) => id)).toEqual(['k4#1', 'k3#1', 'k2#1', 'k1#1']);
    expect((await execution.tasks()).map(({ attempts, state }) => `${state} ${attempts}`)).toEqual(Array(4).fill('done 2'));
    expect(await readArtifact(engine, execution.id, 'rolled-back/_execution-1/k1/k1.txt')).toBe('k1\n');
    expect(await readArtifact(engine, execution.id, 'deliverables/k1/k1.txt')).toBe('k1\n');
    const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
    for (const [event, times] of Object.entries({ rollbackEnded: 1, sprintRolledBack: 3, taskFinished: 7 }))
      expect(
        events.filter((one) => one === event),
        event,
      ).toHaveLength(times);
  } finally {
    for (const worker of workers) await worker.kill();
  }
}, 90_000);

test.concurrent('rollback of an ended sprint: a step that fails asks a person; a cancel does not stop it; what was before stays', async () => {
  const engine = await open();
  const execution = await startAuthorized(engine, planOf('l'));
  await untilRunning(execution, 'l4');
  await publisher.flag('fail.l3');
  await execution.update('rollback', { by: 'ann', to: { sprint: 'two' } });
  const item = await untilAsked(execution, ({ kind }) => kind === 'rollback');
  expect(item).toMatchObject({ itemId: 'rollback/execution/1/l3#1', sprint: 'two', task: 'l3' });
  expect((await execution.status()).alerts.map(({ id }) => id)).toContain('rollback/execution/1');
  await execution.handle.cancel();
  await until(
    () => execution.status(),
    (status) => status.phase === 'rollingBack' && status.sprints[2]?.phase === 'cancelled',
  );
  await publisher.unflag('fail.l3');
  await execution.update('respond', { by: 'ann', itemId: item.itemId, decision: 'retry' });
  await expect(execution.result()).rejects.toThrow(/cancelled/);
  expect(await endsOf('l')).toEqual(['l4/1', 'l3/1']);
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['done', 'done', 'skipped', 'skipped']);
  expect(existsSync(artifactPath(engine, execution.id, 'deliverables/l2/l2.txt'))).toBe(true);
  expect(existsSync(artifactPath(engine, execution.id, 'deliverables/l3/l3.txt'))).toBe(false);
});

test.concurrent('rollback of a stopped execution: it is stopped afterwards; what is abandoned is not done again', async () => {
  const engine = await open();
  const execution = await startAuthorized(engine, planOf('m'));
  await untilRunning(execution, 'm4');
  await execution.update('emergencyStop', { by: 'ann', reason: 'smoke' });
  const untilStopped = (): Promise<unknown> =>
    until(
      () => execution.status(),
      ({ phase }) => phase === 'stopped',
    );
  await untilStopped();
  await execution.update('rollback', { by: 'ann', to: { sprint: 'two' } });
  await untilStopped();
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['done', 'done', 'waiting', 'waiting']);
  await execution.update('rollback', { by: 'ann', to: 'start', policy: 'abandon' });
  await expect(execution.result()).rejects.toThrow(/failed/);
  expect(await endsOf('m')).toEqual(['m4/1', 'm3/1', 'm2/1', 'm1/1']);
  expect((await execution.tasks()).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(Array(4).fill('skipped 1'));
});

test.concurrent('rollback of an ended sprint: one at work that builds on it ends, is undone and begins anew, named in the ledger; another one goes on', async () => {
  const engine = await open();
  const gate = join(engine.baseDir, 'side');
  const side = publishing('n3', [], [{ until: gate }]);
  const execution = await startAuthorized(engine, {
    ...planOf('n'),
    sprints: [
      { id: 'base', tasks: [publishing('n1')] },
      { id: 'upper', dependsOn: ['base'], tasks: [publishing('n2', ['n1'], [{ attempt: 1, hang: true }])] },
      { id: 'side', dependsOn: [], tasks: [side] },
    ],
  });
  await untilRunning(execution, 'n2');
  await untilRunning(execution, 'n3');
  await execution.update('rollback', { by: 'ann', to: { sprint: 'base' }, reason: 'wrong grammar' });
  await until(
    () => execution.tasks(),
    (tasks) => tasks.some(({ id, state }) => id === 'n2' && state === 'done'),
  );
  expect((await execution.tasks()).find(({ id }) => id === 'n3')).toMatchObject({ state: 'running', attempts: 1 });
  await writeFile(gate, '');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.tasks()).map(({ id, attempts }) => `${id} ${attempts}`)).toEqual(['n1 2', 'n2 2', 'n3 1']);
  expect(await endsOf('n')).toEqual(['n2/1', 'n1/1']);
  const ledger = await readLedger(engine, execution.id);
  const undone = ledger.filter(({ event }) => event === 'dependencyUndone');
  expect(undone).toMatchObject([{ data: { sprint: 'upper', tasks: ['n2'] } }]);
  const order = ['dependencyUndone', 'rollbackEnded', 'sprintStarted'].map((event) =>
    ledger.findLastIndex((one) => one.event === event),
  );
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});
