import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, inject, test } from 'vitest';
import { attemptProcesses } from '../support/attempt-processes.ts';
import { dist, onePlan, openEngine, scriptedAgent, until, type Engine } from '../support/engine.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';

// All workers here are processes of their own; this one only replays.
installQuietRuntime();

const dyingWorker = fileURLToPath(new URL('fixtures/dying-worker.mjs', import.meta.url));

const engines: Engine[] = [];
const open = async (config: Record<string, unknown> = {}): Promise<Engine> => {
  const engine = await openEngine({ worker: null, config });
  engines.push(engine);
  return engine;
};
// One after the other: the SDK's runtime ends with its last worker, also that of a replay, while another may just begin.
afterAll(async () => {
  for (const engine of engines) await engine.close();
}, 120_000);

/** Where a worker dies: right before or right after the work of an activity, so that its outcome never reaches the server. */
const POINTS = [
  ['prepare', 'before'],
  ['journal', 'after'],
  ['performTask', 'after'],
  ['writeReport', 'after'],
] as const;

test.concurrent.each(POINTS)(
  'recovery: a worker that dies in %s, %s the work is done, leaves nothing twice',
  async (activity, moment) => {
    const agents = [scriptedAgent('worker', { capacity: 4 })];
    // Nothing here may need a heartbeat timeout: the next worker knows what the dead one was doing.
    const engine = await open({ agents, heartbeatTimeout: '5m' });
    const workers: WorkerProcess[] = [];
    try {
      const start = { configPath: engine.configPath, address: inject('temporalAddress') };
      const args = [pathToFileURL(dist('worker.js')).href, activity, moment];
      const dying = await startWorkerProcess({ ...start, program: dyingWorker, args });
      workers.push(dying);
      const execution = await engine.start(
        onePlan([
          { id: 'a', agent: 'worker', budget: { attempts: 1 }, deliverables: [{ id: 'text', path: 'a.txt' }] },
          { id: 'b', agent: 'worker', budget: { attempts: 1 }, dependsOn: ['a'] },
        ]),
      );
      const authorized = activity === 'prepare' ? null : execution.authorize();
      await dying.ended;
      workers.push(await startWorkerProcess(start));
      await (authorized ?? execution.authorize());
      expect((await execution.result()).phase).toBe('completed');

      const ledger = await readLedger(engine, execution.id);
      const lines = ledger.map(({ source, seq }) => `${source} ${seq}`);
      expect(new Set(lines).size).toBe(lines.length);
      for (const task of ['a', 'b'])
        expect(ledger.filter(({ event, data }) => event === 'taskFinished' && data.task === task)).toHaveLength(1);
      const report = JSON.parse(await readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'report.json'), 'utf8'));
      expect(report.tasks.map(({ id, state }: Record<string, unknown>) => [id, state])).toEqual([
        ['a', 'done'],
        ['b', 'done'],
      ]);
      expect(attemptProcesses(execution.id)).toEqual([]);
    } finally {
      for (const worker of workers) await worker.kill();
    }
  },
  120_000,
);

test.concurrent('recovery: a worker that dies while nobody has authorized yet loses neither plan nor hash', async () => {
  const engine = await open();
  const start = { configPath: engine.configPath, address: inject('temporalAddress') };
  const first = await startWorkerProcess(start);
  let second: WorkerProcess | null = null;
  try {
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
    const before = await until(
      () => execution.authorization(),
      ({ planHash }) => planHash !== null,
    );
    await first.kill();
    second = await startWorkerProcess(start);
    expect(await execution.authorization()).toEqual(before);
    await execution.authorize();
    expect((await execution.result()).phase).toBe('completed');
  } finally {
    await first.kill();
    await second?.kill();
  }
}, 120_000);

test.concurrent('recovery: the next worker on the host hands back at once what its dead predecessor ran', async () => {
  const engine = await open({ agents: [scriptedAgent('worker')], heartbeatTimeout: '5m' });
  const start = { configPath: engine.configPath, address: inject('temporalAddress') };
  const first = await startWorkerProcess(start);
  let second: WorkerProcess | null = null;
  try {
    const steps = [
      { attempt: 1, ignoreTerm: true },
      { attempt: 1, hang: true },
    ];
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker', budget: { attempts: 1 }, input: { steps } }]));
    await execution.authorize();
    await until(
      () => attemptProcesses(execution.id),
      (running) => running.length === 1,
    );
    await first.kill();
    second = await startWorkerProcess(start);
    expect((await execution.result()).phase).toBe('completed');
    expect((await execution.tasks())[0]).toMatchObject({ attempts: 2, state: 'done' });
  } finally {
    await first.kill();
    await second?.kill();
  }
}, 60_000);

interface LedgerLine {
  readonly source: string;
  readonly seq: number;
  readonly event: string;
  readonly data: { readonly task?: string };
}

async function readLedger({ baseDir }: Engine, id: string): Promise<LedgerLine[]> {
  const text = await readFile(join(baseDir, '.pact/artifacts', id, 'ledger.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
