import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/domain/source/problem.ts';
import type { Page, TaskView } from '../../src/domain/views.ts';
import { payloadSizes } from '../support/payload-sizes.ts';
import { readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, untilAsked, type Engine, type Execution } from '../support/engine.ts';

const KIB = 1024;
const TASKS = 10_000;
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function writePlan(name: string, text: string): Promise<{ readonly uri: string; readonly sha256: string }> {
  const file = join(engine.baseDir, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return { uri: `file:${name}`, sha256: hashOf(text) };
}

let starts = 0;
async function startFrom(planRef: unknown, type = 'execution', more: object = {}): Promise<Execution> {
  const workflowId = `${engine.taskQueue}-ref-${starts++}`;
  await engine.client.workflow.start(type, { taskQueue: engine.taskQueue, workflowId, args: [{ planRef, ...more }] });
  return engine.adopt(workflowId);
}

async function failureOf(execution: Execution): Promise<{ readonly type: string; readonly problems: readonly Problem[] }> {
  const error = await execution.result().then(
    () => expect.unreachable('expected a failure'),
    (reason: unknown) => reason as WorkflowFailedError,
  );
  const cause = error.cause as ApplicationFailure;
  return { type: String(cause.type), problems: (cause.details?.[0] ?? []) as readonly Problem[] };
}

/** Titles and inputs that do not compress to nothing. */
const wideTask = (n: number) => ({
  id: `task-${n}`,
  title: `Compile module ${hashOf(String(n)).slice(0, 24)} and write its objects`,
  agent: 'worker',
  dependsOn: n < 100 ? [] : [`task-${n - 100}`, `task-${n - 1 - ((n * 31) % 99)}`],
  estimate: `${1 + (n % 50)}m`,
  input: { module: n, seed: hashOf(`seed ${n}`), steps: [{ waitMs: 600_000 }] },
});

describe('a plan by reference', () => {
  test('large plan: 10,000 tasks are prepared, shown, authorized, begun and cancelled, no payload above 256 KiB', async () => {
    const text = JSON.stringify(onePlan(Array.from({ length: TASKS }, (_, n) => wideTask(n))));
    expect(text.length).toBeGreaterThan(2 * 1024 * KIB);
    const execution = await startFrom(await writePlan('plans/big.json', text));
    await untilAsked(execution.handle);
    const { review, planHash } = await execution.authorization();
    expect(review).toContain(planHash);
    expect((await execution.status()).tasks.total).toBe(TASKS);
    const last = await execution.handle.query<Page<TaskView>, [object]>('tasks', { offset: TASKS - 1 });
    expect(last).toMatchObject({ items: [{ id: `task-${TASKS - 1}`, state: 'waiting' }], total: TASKS, nextOffset: null });

    await execution.authorize();
    await until(
      () => execution.status(),
      ({ tasks }) => tasks.running === 10,
    );
    await execution.handle.cancel();
    await expect(execution.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await execution.status()).toMatchObject({ phase: 'cancelled', tasks: { total: TASKS, cancelled: TASKS } });
    const report = await readReport(engine, execution.id);
    expect(report.tasks).toHaveLength(TASKS);
    expect(report.omitted).toEqual([]);
    for (const handle of [execution.handle, execution.sprint('only')]) {
      const { largest, largestTask } = payloadSizes(await handle.fetchHistory());
      expect(largest).toBeLessThanOrEqual(256 * KIB);
      expect(largestTask).toBeLessThanOrEqual(1024 * KIB);
    }
  });

  test('large plan: one sprint of a plan by reference runs alone', async () => {
    const planRef = await writePlan(
      'small.yaml',
      'pact: 1\nproject: { name: Small }\nsprints: [{ id: only, tasks: [{ id: a }] }]\n',
    );
    const execution = await startFrom(planRef, 'sprint', { sprintId: 'only' });
    await execution.authorize();
    expect((await execution.result()).phase).toBe('completed');
  });

  test('large plan: a file that changes after it has been prepared changes nothing', async () => {
    const text = JSON.stringify(onePlan([{ id: 'a' }]));
    const execution = await startFrom(await writePlan('changing.json', text));
    await untilAsked(execution.handle);
    await writePlan('changing.json', JSON.stringify(onePlan([{ id: 'b' }])));
    await execution.authorize();
    expect((await execution.result()).phase).toBe('completed');
    expect((await execution.tasks()).map(({ id }) => id)).toEqual(['a']);
  });

  test.each([
    ['a file that has changed', async () => ({ ...(await writePlan('p.json', '{}')), sha256: hashOf('other') }), 'planRef'],
    ['a file that is missing', async () => ({ uri: 'file:missing.yaml', sha256: hashOf('') }), 'planRef'],
    ['a file outside', async () => ({ uri: 'file:../../etc/hostname', sha256: hashOf('') }), 'planRef'],
    ['a blob that nobody has kept', async () => ({ uri: `blob:${hashOf('x')}`, sha256: hashOf('x') }), 'planRef'],
    ['a plan with half a surrogate pair', () => writePlan('s.yaml', 'pact: 1\nproject: { name: "\\uD800" }\n'), 'project.name'],
  ])('large plan: %s ends it at once as an invalid plan', async (_name, toReference, path) => {
    const { type, problems } = await failureOf(await startFrom(await toReference()));
    expect(type).toBe('InvalidPlan');
    expect(problems.map((problem) => problem.path)).toEqual([path]);
  });
});
