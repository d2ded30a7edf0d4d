import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectClient } from '../../src/client/pact-client.ts';
import { RefusedError } from '../../src/client/errors.ts';
import type { ExecutionReport } from '../../src/domain/execution/report.ts';
import type { Page, TaskView } from '../../src/domain/views.ts';
import { readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine } from '../support/engine.ts';
import { payloadSizes } from '../support/payload-sizes.ts';

const KIB = 1024;
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [
        { id: 'talker', adapter: { kind: 'command', run: ['node', 'talker.mjs'] }, capacity: 40 },
        { id: 'maker', adapter: { kind: 'command', run: ['node', 'maker.mjs'] }, capacity: 2 },
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
    `import { mkdirSync, writeFileSync } from 'node:fs';
     import { dirname } from 'node:path';
     let text = '';
     for await (const part of process.stdin) text += part;
     for (const { path } of JSON.parse(text).task.deliverables) {
       mkdirSync(dirname(path), { recursive: true });
       writeFileSync(path, path);
     }
     `,
  );
  await engine.startWorker();
});
afterAll(() => engine.close());

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
