import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { dist, onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';

// All workers here are processes of their own; this one only replays.
installQuietRuntime();

/** No test waits for it: what is redone here was handed back. */
const NEVER = '10m';
const engines: Engine[] = [];
const workers: WorkerProcess[] = [];
// One after the other: the SDK's runtime ends with its last worker, also that of a replay, while another may just begin.
afterAll(async () => {
  for (const worker of workers) await worker.kill();
  for (const engine of engines) await engine.close();
}, 120_000);

async function open(heartbeatTimeout = NEVER): Promise<Engine> {
  const engine = await openEngine({
    worker: null,
    config: { agents: [scriptedAgent('worker', { capacity: 20 })], heartbeatTimeout },
  });
  engines.push(engine);
  return engine;
}

async function startWorker({ configPath }: Engine): Promise<WorkerProcess> {
  const worker = await startWorkerProcess({ configPath, address: inject('temporalAddress') });
  workers.push(worker);
  return worker;
}

/** Starts an execution whose tasks work until the file `gate` is there; resolves when all of them are at work. */
async function atWork(engine: Engine, count: number): Promise<Execution & { readonly gate: string }> {
  const gate = join(engine.baseDir, 'gate');
  const steps = [{ until: gate }];
  const tasks = Array.from({ length: count }, (_, number) => ({
    id: `t${number}`,
    agent: 'worker',
    budget: { attempts: 1 },
    input: { steps },
  }));
  const execution = await engine.start(onePlan(tasks));
  await execution.authorize();
  await until(
    () => attemptProcesses(execution.id).length,
    (running) => running === count,
  );
  return { ...execution, gate };
}

const runningDir = ({ baseDir }: Engine): string => join(baseDir, '.pact', 'running');
const attemptsOf = async (execution: Execution): Promise<(string | number)[][]> =>
  (await execution.tasks()).map(({ id, attempts, state }) => [id, attempts, state]);

/** Markers `<execution>/<task>/<attempt>` of what a worker runs, by its journal on disk. */
function markersOf(engine: Engine, { pid }: WorkerProcess): string[] {
  const folder = readdirSync(runningDir(engine)).find((name) => name.startsWith(`${pid}-`)) as string;
  const entries = readdirSync(join(runningDir(engine), folder)).map((name) =>
    readFileSync(join(runningDir(engine), folder, name), 'utf8'),
  );
  return entries.flatMap((text) => /"marker":"([^"]*)"/.exec(text)?.[1] ?? []);
}

test('takeover: of two workers that share a folder the dead one loses its attempts, the living one none', async () => {
  const engine = await open();
  const dying = await startWorker(engine);
  const executions = [await atWork(engine, 3)];
  const living = await startWorker(engine);
  // Who gets a task is up to the server.
  while (markersOf(engine, living).length === 0) executions.push(await atWork(engine, 3));
  const lost = markersOf(engine, dying);
  const kept = markersOf(engine, living);
  await dying.kill();
  await startWorker(engine);
  for (const { gate } of executions) writeFileSync(gate, '');
  const ends: string[] = [];
  for (const execution of executions) {
    expect((await execution.result()).phase).toBe('completed');
    for (const [task, attempts] of await attemptsOf(execution)) ends.push(`${execution.id}/${task}/${attempts}`);
  }
  expect(ends.toSorted()).toEqual([...kept, ...lost.map((marker) => marker.replace(/1$/, '2'))].toSorted());
}, 120_000);

test('takeover: a worker that is killed while it takes over is succeeded by a third one', async () => {
  const engine = await open();
  const first = await startWorker(engine);
  const execution = await atWork(engine, 3);
  await first.kill();
  // A service that takes connections and never answers: the second worker ends what is left and gets no further.
  const deaf = createServer(() => {}).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const address = `127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const second = spawn(process.execPath, [dist('worker.js'), engine.configPath], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, PACT_LOG: 'silent' },
    stdio: 'ignore',
  });
  try {
    await until(
      () => readdirSync(runningDir(engine)),
      (names) => names.some((name) => name.includes(`@${second.pid}-`)),
    );
    await kill(second);
  } finally {
    second.kill('SIGKILL');
    deaf.close();
  }
  await startWorker(engine);
  writeFileSync(execution.gate, '');
  expect((await execution.result()).phase).toBe('completed');
  expect((await attemptsOf(execution)).map(([, attempts]) => attempts)).toEqual([2, 2, 2]);
}, 120_000);

test('takeover: an attempt whose timeout was up meanwhile is not ended once more', async () => {
  const engine = await open('3s');
  const first = await startWorker(engine);
  const execution = await atWork(engine, 1);
  await first.kill();
  // Without a worker no query is answered; the second attempt is scheduled when there is one.
  await until(
    async () => (await execution.sprint('only').fetchHistory()).events ?? [],
    (events) => events.some(({ activityTaskTimedOutEventAttributes: timedOut }) => timedOut !== null && timedOut !== undefined),
  );
  await startWorker(engine);
  writeFileSync(execution.gate, '');
  expect((await execution.result()).phase).toBe('completed');
  expect(await attemptsOf(execution)).toEqual([['t0', 2, 'done']]);
}, 120_000);

test('takeover: a disk image restored elsewhere, under its old name or another, takes nothing from the workers that go on', async () => {
  const engine = await open();
  await startWorker(engine);
  const execution = await atWork(engine, 2);
  const restored = await open();
  const [name] = readdirSync(runningDir(engine)) as [string];
  const changes = [{ bootId: 'of-another-boot' }, { host: 'restored' }];
  for (const [number, change] of changes.entries()) {
    // Nobody has such a pid where the image is restored.
    const copy = join(
      runningDir(restored),
      name.replace(/^\d+/, (pid) => String(Number(pid) + (number + 1) * 2 ** 22)),
    );
    cpSync(join(runningDir(engine), name), copy, { recursive: true });
    const identity = JSON.parse(readFileSync(join(copy, 'worker.json'), 'utf8'));
    writeFileSync(join(copy, 'worker.json'), JSON.stringify({ ...identity, ...change }));
  }
  await startWorker(restored);
  expect(readdirSync(runningDir(restored))).toHaveLength(3);
  writeFileSync(execution.gate, '');
  expect((await execution.result()).phase).toBe('completed');
  expect((await attemptsOf(execution)).map(([, attempts]) => attempts)).toEqual([1, 1]);
}, 120_000);

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
