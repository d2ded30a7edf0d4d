import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { onePlan, openEngine, type Engine } from '../support/engine.ts';

let engine: Engine;
afterEach(() => engine.close());

test('execution: an authorized plan is carried out and its report names every task, agent and deliverable', async () => {
  engine = await openEngine();
  const execution = await engine.start(
    onePlan([
      { id: 'a', agent: 'worker', deliverables: [{ id: 'text', path: 'a.txt' }] },
      { id: 'b', agent: 'worker', dependsOn: ['a'], input: { steps: [{ failUntilAttempt: 2 }] } },
    ]),
  );
  await execution.authorize();
  const result = await execution.result();
  expect(result.phase).toBe('completed');
  const report = JSON.parse(await readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'report.json'), 'utf8'));
  expect(
    report.tasks.map(({ id, state, agent_id, attempts }: Record<string, unknown>) => [id, state, agent_id, attempts]),
  ).toEqual([
    ['a', 'done', 'worker', 1],
    ['b', 'done', 'worker', 2],
  ]);
  expect(report.tasks[0].deliverables[0]).toMatchObject({
    id: 'text',
    path: 'a.txt',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(report.authorizations).toMatchObject([{ by: 'ann', decision: 'approve' }]);
});
