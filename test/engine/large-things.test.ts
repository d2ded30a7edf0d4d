import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { PruneAnswer } from '../../src/cli/render/pruning-text.ts';
import { connectClient } from '../../src/client/pact-client.ts';
import { RefusedError } from '../../src/client/errors.ts';
import type { ExecutionReport } from '../../src/domain/execution/report.ts';
import type { AuthorizationView, Page, TaskView } from '../../src/domain/views.ts';
import { readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, untilAsked, type Engine } from '../support/engine.ts';
import { payloadSizes } from '../support/payload-sizes.ts';
import { callPact } from '../cli/pact-in-process.ts';

const KIB = 1024;
let engine: Engine;
/** It ends long before it is deleted: the server takes half a minute to delete what has just ended. */
let forgotten: Promise<string>;
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [
        { id: 'talker', adapter: { kind: 'command', run: ['node', 'talker.mjs'] }, capacity: 40 },
        { id: 'maker', adapter: { kind: 'command', run: ['node', 'maker.mjs'] }, capacity: 2 },
        { id: 'ann', adapter: { kind: 'human' } },
      ],
    },
    worker: null,
  });
  // What it has got goes out again by hash; its result is as large as a line of the protocol may be.
  await writeFile(
    join(engine.baseDir, 'talker.mjs'),
    `import { createHash } from 'node:crypto';
     let text = '';
     for await (const part of process.stdin) text += part;
     const { task, inputs } = JSON.parse(text);
     const sha256 = createHash('sha256').update(JSON.stringify(task.input)).digest('hex');
     process.stdout.write(JSON.stringify({ pact: 'result', summary: sha256 + ' ' + inputs.length + ' ' + 's'.repeat(500_000), notes: 'n'.repeat(500_000) }) + '\\n');
     `,
  );
  await writeFile(
    join(engine.baseDir, 'maker.mjs'),
    `import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
     import { dirname } from 'node:path';
     let text = '';
     for await (const part of process.stdin) text += part;
     for (const { path } of JSON.parse(text).task.deliverables) {
       mkdirSync(dirname(path), { recursive: true });
       if (!existsSync(path)) writeFileSync(path, path);
     }
     `,
  );
  await engine.startWorker();
  forgotten = runAside(onePlan([{ id: 'make', agent: 'maker', deliverables: deliverables('forgotten') }]));
  forgotten.catch(() => undefined);
});
afterAll(() => engine.close());

/** A folder with one file, whose path is its content. */
const deliverables = (name: string) => [
  { id: 'leaf', path: `tree/${name}` },
  { id: 'tree', path: 'tree' },
];

/** Runs to its end, unknown to the engine of this file, which would look for its history. */
async function runAside(plan: unknown): Promise<string> {
  const { taskQueue, client } = engine;
  const workflowId = `${taskQueue}-forgotten`;
  const handle = await client.workflow.start('execution', { taskQueue, workflowId, args: [{ plan }] });
  await untilAsked(handle);
  const { planHash } = await handle.query<AuthorizationView>('authorization');
  const approval = { by: 'ann', decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  await handle.executeUpdate('authorize', { args: [approval] });
  await handle.result();
  return workflowId;
}
async function forget(workflowId: string): Promise<void> {
  const { workflowService } = engine.client;
  const ids = [`${workflowId}/sprint/only`, workflowId];
  for (const id of ids) {
    const workflowExecution = { workflowId: id };
    await workflowService.deleteWorkflowExecution({ namespace: inject('temporalNamespace'), workflowExecution });
  }
  const describe = (id: string): Promise<unknown> =>
    engine.client.workflow
      .getHandle(id)
      .describe()
      .catch(() => null);
  await until(
    () => Promise.all(ids.map(describe)),
    (found) => found.every((one) => one === null),
    90_000,
  );
}

/** Text that does not compress. */
function noise(bytes: number, seed: number): string {
  let text = '';
  for (let n = 0; text.length < bytes; n += 1) text += createHash('sha256').update(`${seed}.${n}`).digest('base64');
  return text.slice(0, bytes);
}

test('large things: two dozen inputs of 60 KiB at once and results of a megabyte stay within every limit', async () => {
  const inputs = Array.from({ length: 24 }, (_, n) => ({ text: noise(60 * KIB, n) }));
  const text = JSON.stringify(onePlan(inputs.map((input, n) => ({ id: `t${n}`, agent: 'talker', input }))));
  await writeFile(join(engine.baseDir, 'plan.json'), text);
  const planRef = { uri: 'file:plan.json', sha256: createHash('sha256').update(text).digest('hex') };
  const workflowId = `${engine.taskQueue}-large`;
  await engine.client.workflow.start('execution', { taskQueue: engine.taskQueue, workflowId, args: [{ planRef }] });
  const execution = engine.adopt(workflowId);
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
  for (const handle of [execution.handle, execution.sprint('only')]) {
    const { largest, largestTask } = payloadSizes(await handle.fetchHistory());
    expect(largest).toBeLessThanOrEqual(256 * KIB);
    expect(largestTask).toBeLessThanOrEqual(1280 * KIB);
  }
});

test('large things: long lists of deliverables go to the next task and into lists and the report', async () => {
  const folder = `${'a'.repeat(250)}/${'b'.repeat(250)}/${'c'.repeat(250)}`;
  const deliverables = Array.from({ length: 100 }, (_, n) => ({ id: `d${n}`, path: `${folder}/part-${n}.txt` }));
  const execution = await engine.start(
    onePlan([
      { id: 'many', agent: 'maker', deliverables },
      { id: 'next', agent: 'talker', dependsOn: ['many'] },
    ]),
  );
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
  const { items } = await execution.handle.query<Page<TaskView>, [object]>('tasks', {});
  expect(items[0]).toMatchObject({ id: 'many', state: 'done', deliverablesTotal: 100 });
  const report = await readReport(engine, execution.id);
  expect(report.tasks.find(({ id }) => id === 'many')?.deliverables).toHaveLength(100);
  const history = await execution.sprint('only').fetchHistory();
  expect(payloadSizes(history).largest).toBeLessThanOrEqual(256 * KIB);
  const log = await readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'logs/next.1.log'), 'utf8');
  expect(log).toContain(' 100 sss');
});

test('large things: a start of 3 MiB is refused by the client, a task input of 1 MiB by the plan', async () => {
  const client = await connectClient({ address: inject('temporalAddress'), namespace: inject('temporalNamespace') });
  try {
    const plan = onePlan([{ id: 'a', input: { text: 'x'.repeat(3 * 1024 * KIB) } }]);
    const error = await client.start({ plan, taskQueue: engine.taskQueue }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ type: 'TooLarge', message: expect.stringMatching(/31\d+ bytes as JSON.*planRef/) });
  } finally {
    await client.close();
  }
  const execution = await engine.start(onePlan([{ id: 'a', input: { text: 'x'.repeat(1024 * KIB) } }]));
  await expect(execution.result()).rejects.toMatchObject({
    cause: { type: 'InvalidPlan', message: expect.stringMatching(/the limit is 65536/) },
  });
});

test('large things: signals and updates of 1.9 MiB end nothing and answer', async () => {
  const execution = await engine.start(onePlan([{ id: 'a' }]));
  const { planHash } = await execution.authorization();
  const big = 'x'.repeat(1_900 * KIB);
  await execution.handle.signal('setPriority', { by: 'ann', taskId: 'a', priority: 'high', unknown: big });
  await expect(execution.update('setPriority', { by: big })).rejects.toThrow(/too|setPriority|update/i);
  await execution.update('setPriority', { by: 'ann', taskId: 'a', priority: 'low', unknown: big });
  await execution.handle.signal('respond', { by: 'ann', itemId: 'a', decision: 'done', data: { big } });
  await until(
    () => execution.handle.query<ExecutionReport>('report'),
    ({ decisions }) => decisions.some(({ text }) => text.includes('respond')),
  );
  expect(JSON.stringify(await execution.handle.query('report')).length).toBeLessThan(64 * KIB);
  await execution.update('authorize', { by: 'ann', decision: 'reject', planHash });
  expect((await execution.result()).phase).toBe('rejected');
});

describe('pact prune', () => {
  const blobs = () => readdirSync(join(engine.baseDir, '.pact/blobs'), { recursive: true, withFileTypes: true });
  const names = (): string[] => blobs().flatMap((each) => (each.isFile() ? [each.name] : []));
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
  const pact = (...args: string[]) =>
    callPact(args, {
      cwd: engine.baseDir,
      env: { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: inject('temporalNamespace') },
    });
  const prune = async (...args: string[]): Promise<PruneAnswer> => {
    const { code, stdout, stderr } = await pact('prune', '--json', ...args);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as PruneAnswer;
  };
  test('deletes nothing where the server knows no execution, unless told so', async () => {
    const config = join(engine.baseDir, 'elsewhere.config.json');
    const { agents } = JSON.parse(await readFile(join(engine.baseDir, 'pact.config.yaml'), 'utf8')) as { agents: object };
    await writeFile(config, JSON.stringify({ agents, taskQueues: { workflows: `${engine.taskQueue}-unknown` } }));
    const before = names();
    const { code, stderr } = await pact('prune', '--config', config);
    expect(code).toBe(1);
    expect(stderr).toMatch(/knows no execution of the task queue ".+-unknown"[\s\S]*Nothing has been deleted[\s\S]*--everything/);
    expect(names()).toEqual(before);
    expect((await pact('prune', '--config', config, '--everything', '--dry-run')).code).toBe(0);
  });

  test('deletes nothing where it cannot be told what somebody refers to', async () => {
    // The first plan of this file has left pages.
    const [page] = names().filter((name) => !name.startsWith('.') && readBlob(name).subarray(0, 2).equals(GZIP));
    const file = join(engine.baseDir, '.pact/blobs', (page ?? '').slice(0, 2), page ?? '');
    const content = await readFile(file);
    await rm(file);
    const { code, stderr } = await pact('prune', '--older-than', '1d');
    await writeFile(file, content);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`cannot be told what ".+" refers to: the blob ${page} is missing[\\s\\S]*Nothing has been deleted`),
    );
  });

  test('deletes nothing where an execution is at work that the server does not know', async () => {
    const folder = join(engine.baseDir, '.pact/artifacts/elsewhere');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'ledger.jsonl'), '');
    const { code, stderr } = await pact('prune');
    expect(code).toBe(1);
    expect(stderr).toMatch(/artifacts\/elsewhere on .+ has not ended, but the server at .+ does not know it in namespace/);
    await writeFile(join(folder, 'report.json'), '{}');
    await prune('--dry-run');
  });

  test('deletes what only an execution has referred to that the server has forgotten; all that others refer to stays', async () => {
    const execution = await engine.start(
      onePlan([
        { id: 'make', agent: 'maker', deliverables: deliverables('running') },
        { id: 'look', agent: 'ann', dependsOn: ['make'] },
        { id: 'use', agent: 'talker', dependsOn: ['make', 'look'] },
      ]),
    );
    await execution.authorize();
    const { inbox } = await until(
      () => execution.status(),
      (status) => status.inbox.length === 1,
    );
    const before = names();
    expect(before).toEqual(expect.arrayContaining([hashOf('tree/running'), hashOf('tree/forgotten')]));
    const longAgo = new Date(Date.now() - 30 * 86_400_000);
    for (const { parentPath, name } of blobs()) utimesSync(join(parentPath, name), longAgo, longAgo);
    await forget(await forgotten);
    const preview = await prune('--dry-run');
    // The file and the manifest of its folder.
    expect(preview).toMatchObject({ isDryRun: true, blobs: { deleted: { files: 2 } }, executions: { running: 1 } });
    expect(names()).toHaveLength(before.length);
    const { code, stdout } = await pact('prune');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /1 of them running[\s\S]*Deleted from the blobs: 2 files \(\d+ bytes\) in .*blobs\n {2}kept: \d+ files/,
    );
    const after = new Set(names());
    const gone = before.filter((name) => !after.has(name));
    expect(gone).toHaveLength(2);
    expect(gone).toContain(hashOf('tree/forgotten'));

    await execution.update('respond', { by: 'ann', itemId: inbox[0]?.itemId, decision: 'done' });
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
  });

  const GZIP = Buffer.from([0x1f, 0x8b]);
  const readBlob = (name: string): Buffer => readFileSync(join(engine.baseDir, '.pact/blobs', name.slice(0, 2), name));
});
