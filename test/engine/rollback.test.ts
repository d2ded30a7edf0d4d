import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RollbackView } from '../../src/domain/rollback/rollback-view.ts';
import { artifactPath, readArtifact, readLedger } from '../support/artifacts.ts';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { startAuthorized } from '../support/authorized.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openPublisher, publishing, type Publisher } from '../support/publisher.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

let publisher: Publisher;
let engine: Engine;
const engines: Engine[] = [];

async function open(config: Record<string, unknown> = {}, worker?: null): Promise<Engine> {
  const opened = await openEngine({
    config: {
      agents: [scriptedAgent('worker', { capacity: 4 })],
      checks: [publisher.check],
      ...config,
    },
    ...(worker === null ? { worker } : {}),
  });
  engines.push(opened);
  return opened;
}

beforeAll(async () => {
  publisher = await openPublisher();
  engine = await open();
});
afterAll(async () => {
  for (const one of engines) await one.close();
  await publisher.close();
}, 60_000);

const untilDone = (execution: Execution, id: string): Promise<unknown> =>
  until(
    () => execution.tasks(),
    (tasks) => tasks.some((task) => task.id === id && task.state === 'done'),
  );
const viewOf = ({ client }: Engine, { id }: Execution, n = 1): Promise<RollbackView> =>
  client.workflow.getHandle(`${id}/sprint/only/rollback/${n}`).query<RollbackView>('status');

test.concurrent('rollback: to a checkpoint; what came after is undone in reverse, set aside and done again, what was before stays', async () => {
  const tasks = [
    publishing('a1'),
    publishing('a2', ['a1']),
    publishing('a3', ['a2']),
    publishing('a4', ['a3'], [{ attempt: 1, hang: true }]),
  ];
  const execution = await startAuthorized(
    engine,
    onePlan(tasks, { checkpoints: [{ id: 'frozen', after: ['a1'], agents: ['worker'] }] }),
  );
  await untilDone(execution, 'a3');
  await until(
    () => execution.tasks(),
    (all) => all.some(({ id, state }) => id === 'a4' && state === 'running'),
  );
  await writeFile(artifactPath(engine, execution.id, 'deliverables/a1/a1.txt'), 'tampered with');
  await execution.update('rollback', { by: 'ann', to: { checkpoint: 'frozen' }, reason: 'wrong numbers' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });

  const lines = await publisher.undoneOf('a');
  expect(lines.filter((line) => line.startsWith('end'))).toEqual(['end a4/1 ', 'end a3/1 a3.txt', 'end a2/1 a2.txt']);
  const view = await viewOf(engine, execution);
  expect(view).toMatchObject({ phase: 'done', total: 4, settled: 4 });
  expect(view.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'a4#1 undone',
    'a3#1 undone',
    'a2#1 undone',
    'a1#1 undone',
  ]);
  expect(view.steps[3]?.detail).toBe('restored out');
  expect((await execution.tasks()).map(({ id, attempts }) => `${id} ${attempts}`)).toEqual(['a1 1', 'a2 2', 'a3 2', 'a4 2']);
  const read = (name: string): Promise<string> => readArtifact(engine, execution.id, name);
  expect(await read('deliverables/a1/a1.txt')).toBe('a1\n');
  expect(await read('rolled-back/only-1/a1/a1.txt')).toBe('tampered with');
  expect(await read('rolled-back/only-1/a3/a3.txt')).toBe('a3\n');
  expect(await read('deliverables/a3/a3.txt')).toBe('a3\n');
  const ledger = await readLedger(engine, execution.id);
  expect(ledger.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['rollbackRequested', 'rollbackStarted', 'taskReopened', 'rollbackEnded']),
  );
  await expect(execution.update('rollback', { by: 'ann', to: 'start' })).rejects.toThrow(/completed/);
});

test.concurrent('rollback: a third step that fails asks a person; a cancel meanwhile does not stop it; it is answered and ends', async () => {
  const tasks = [
    publishing('b1'),
    publishing('b2', ['b1']),
    publishing('b3', ['b2']),
    publishing('b4', ['b3'], [{ hang: true }]),
  ];
  const execution = await startAuthorized(engine, onePlan(tasks));
  await untilDone(execution, 'b3');
  await publisher.flag('fail.b2');
  await execution.update('rollback', { by: 'ann', to: { sprint: 'only' } });
  const asked = await until(
    () => execution.status(),
    ({ inbox }) => inbox.some(({ kind }) => kind === 'rollback'),
  );
  const [item] = asked.inbox;
  expect(item).toMatchObject({ itemId: 'rollback/1/b2#1', task: 'b2', options: ['retry', 'skip', 'abandon'] });
  expect(item?.question).toContain('the registry is closed');
  expect(asked.sprints[0]?.phase).toBe('rollingBack');
  expect(asked.alerts.map(({ id }) => id)).toContain('rollback/1');
  await execution.handle.cancel();
  await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopping',
  );
  expect(await viewOf(engine, execution)).toMatchObject({ phase: 'waiting', settled: 2 });
  await publisher.unflag('fail.b2');
  // The execution is being cancelled: the sprint, which is rolling back, is answered directly.
  await execution
    .sprint('only')
    .executeUpdate('respond', { args: [{ by: 'ann', itemId: 'rollback/1/b2#1', decision: 'retry' }] });
  await expect(execution.result()).rejects.toThrow(/cancelled/);
  expect((await execution.status()).phase).toBe('cancelled');
  expect(await viewOf(engine, execution)).toMatchObject({ phase: 'done', settled: 4 });
  const ended = (await publisher.undoneOf('b')).filter((line) => line.startsWith('end'));
  expect(ended.map((line) => line.split(' ')[1])).toEqual(['b4/1', 'b3/1', 'b2/1', 'b1/1']);
  expect(existsSync(artifactPath(engine, execution.id, 'deliverables/b1'))).toBe(false);
});

test.concurrent('rollback: a cancel compensates where the plan says so, newest first', async () => {
  const tasks = [publishing('c1'), publishing('c2', ['c1']), publishing('c3', ['c2'], [{ hang: true }])];
  const execution = await startAuthorized(engine, { ...onePlan(tasks), onCancel: 'compensate' });
  await untilDone(execution, 'c2');
  await execution.handle.cancel();
  await expect(execution.result()).rejects.toThrow(/cancelled/);
  expect((await execution.status()).tasks).toMatchObject({ cancelled: 3, done: 0 });
  const ended = (await publisher.undoneOf('c')).filter((line) => line.startsWith('end'));
  expect(ended.map((line) => line.split(' ')[1])).toEqual(expect.arrayContaining(['c2/1', 'c1/1']));
  expect(ended.at(-1)).toContain('c1/1');
});

test.concurrent('rollback: by silence of an escalation it ends stopped, and abandons the rest when a person says so', async () => {
  const broken = { ...publishing('d2', ['d1'], [{ error: {} }, { exit: 1 }]), budget: { attempts: 1 } };
  const escalation = { levels: [{ to: ['ann'], within: '200ms' }], otherwise: 'rollback' };
  const execution = await startAuthorized(engine, { ...onePlan([publishing('d1'), broken]), escalation });
  await until(
    () => execution.status(),
    ({ sprints }) => sprints[0]?.phase === 'stopped',
  );
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  await execution.sprint('only').executeUpdate('rollback', { args: [{ by: 'ann', to: 'start', policy: 'abandon' }] });
  await execution.result().catch(() => undefined);
  expect((await execution.status()).tasks).toMatchObject({ skipped: 2 });
});

test.concurrent('rollback: a worker killed in the middle of a step; nothing that was undone is undone again', async () => {
  const own = await open({ heartbeatTimeout: '5m' }, null);
  const start = { configPath: own.configPath, address: inject('temporalAddress') };
  const workers: WorkerProcess[] = [await startWorkerProcess(start)];
  try {
    const tasks = [publishing('e1'), publishing('e2', ['e1']), publishing('e3', ['e2'], [{ attempt: 1, hang: true }])];
    const execution = await startAuthorized(own, onePlan(tasks));
    await untilDone(execution, 'e2');
    await publisher.flag('hold.e2');
    await execution.update('rollback', { by: 'ann', to: 'start' });
    await until(
      () => publisher.undoneOf(''),
      (lines) => lines.some((line) => line.startsWith('begin e2')),
    );
    await workers[0]?.kill();
    await until(
      () => attemptProcesses(execution.id),
      (left) => left.length === 0,
    );
    await publisher.unflag('hold.e2');
    workers.push(await startWorkerProcess(start));
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    const ended = (await publisher.undoneOf('e')).filter((line) => line.startsWith('end'));
    expect(ended.map((line) => line.split(' ')[1])).toEqual(['e3/1', 'e2/1', 'e1/1']);
    expect((await execution.tasks()).map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
  } finally {
    for (const worker of workers) await worker.kill();
  }
}, 60_000);
