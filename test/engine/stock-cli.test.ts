import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorizationView, StatusView } from '../../src/domain/views.ts';
import { readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine } from '../support/engine.ts';
import { openStockCli, type StockCli } from '../support/stock-cli.ts';

const cli = openStockCli() as StockCli;
let engine: Engine;
let count = 0;

beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

async function start(input: unknown, type = 'execution'): Promise<string> {
  const id = `${engine.taskQueue}-cli-${count++}`;
  await cli.start({ type, id, taskQueue: engine.taskQueue, input, folder: engine.baseDir });
  engine.adopt(id);
  return id;
}

const readyToAuthorize = (id: string): Promise<AuthorizationView> =>
  until(
    async () => (await cli.query(id, 'authorization')) as AuthorizationView,
    ({ planHash }) => planHash !== null,
  );

const approval = (planHash: string | null) => ({
  by: 'ann',
  decision: 'approve',
  planHash,
  reviewed: true,
  emergencyStopUnderstood: true,
});

const twoTasks = onePlan([
  { id: 'a', title: 'Write the text', deliverables: [{ id: 'text', path: 'a.txt' }] },
  { id: 'b', dependsOn: ['a'], input: { steps: [{ status: { progress_percentage: 40 } }] } },
]);

describe.skipIf(cli === null)('with nothing but the stock temporal CLI', () => {
  test('stock CLI: a plan is started from a file, reviewed, authorized by signal, watched and finished', async () => {
    const id = await start({ plan: twoTasks });
    const before = await readyToAuthorize(id);
    // The CLI, like the HTTP API, shows an empty list as null.
    expect(before).toMatchObject({
      phase: 'awaitingAuthorization',
      required: 1,
      approvals: null,
      checklist: { explicitPermission: false },
    });
    expect(before.review).toContain('Write the text');
    expect(before.review).toContain(before.planHash);
    expect(before.readiness.map(({ ok }) => ok)).not.toContain(false);
    expect(await cli.query(id, 'status')).toMatchObject({
      executionId: id,
      phase: 'awaitingAuthorization',
      tasks: { total: 2, waiting: 2 },
    });

    await cli.signal(id, 'authorize', approval(before.planHash));
    const result = (await cli.json('result', '--workflow-id', id)) as { status: string; result: Record<string, unknown> };
    expect(result.status).toBe('COMPLETED');
    expect(result.result).toMatchObject({
      executionId: id,
      phase: 'completed',
      planHash: before.planHash,
      summary: 'completed: 2 of 2 tasks done',
    });
    expect(await cli.query(id, 'status')).toMatchObject({
      phase: 'completed',
      progressPercentage: 100,
      tasks: { total: 2, done: 2 },
    });
    const tasks = (await cli.query(id, 'tasks', { limit: 1 })) as { items: unknown[]; total: number; nextOffset: number };
    expect(tasks).toMatchObject({
      total: 2,
      nextOffset: 1,
      items: [{ id: 'a', state: 'done', agent_id: 'worker', attempts: 1 }],
    });
    expect(await readReport(engine, id)).toMatchObject({
      phase: 'completed',
      authorizations: [{ by: 'ann', decision: 'approve' }],
    });
  });

  test('stock CLI: an update answers at once, a refused one fails with its type and a malformed one with what was expected', async () => {
    const id = await start({ plan: twoTasks });
    const { planHash } = await readyToAuthorize(id);
    const wrong = await cli.update(id, 'authorize', approval('0'.repeat(64)));
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr + wrong.stdout).toContain('review the plan as it is now');
    const malformed = await cli.update(id, 'authorize', { by: 'ann', decision: 'perhaps' });
    expect(malformed.code).not.toBe(0);
    expect(malformed.stderr + malformed.stdout).toContain('decision: ');
    const right = await cli.update(id, 'authorize', approval(planHash));
    expect(right.code).toBe(0);
    expect(JSON.parse(right.stdout)).toMatchObject({ result: { accepted: true } });
    const { result } = (await cli.json('result', '--workflow-id', id)) as { result: { phase: string } };
    expect(result.phase).toBe('completed');
    expect(((await cli.query(id, 'authorization')) as AuthorizationView).refusals).toMatchObject([
      { type: 'WrongHash', by: 'ann' },
    ]);
  });

  test('stock CLI: a wrong plan fails the workflow with every mistake named by its path and what was expected', async () => {
    const id = await start({
      plan: {
        pact: 1,
        project: {},
        colour: 'red',
        sprints: [
          {
            id: 'only',
            tasks: [
              { id: 'a', agent: 'workr', estimate: 'soon' },
              { id: 'b', dependsOn: ['c'] },
              { id: 'c', dependsOn: ['b', 'missing'] },
            ],
          },
        ],
      },
    });
    const { code, stdout: said } = await cli.run('result', '--workflow-id', id, '-o', 'json');
    expect(code).not.toBe(0);
    expect(said).toContain('InvalidPlan');
    for (const words of [
      'project.name',
      'colour',
      'sprints[0].tasks[0].agent',
      'workr',
      'did you mean',
      'sprints[0].tasks[0].estimate',
      'a duration above zero',
      'b → c → b',
      'unknown task',
    ]) {
      expect.soft(said, `names ${words}`).toContain(words);
    }
  });

  test('stock CLI: an input of the wrong shape fails at once and says how to start', async () => {
    const starts: (readonly string[])[] = [
      [],
      ['--input', '[]'],
      ['--input', '"plan.yaml"'],
      ['--input', '17'],
      ['--input', 'null'],
      ['--input', '{"plan":null}'],
      ['--input', '{"plan":[]}'],
      ['--input', '{"plan":"plan.yaml"}'],
      ['--input', '{"sprints":[]}'],
      ['--input', '{"planRef":{"uri":"file:///x","sha256":"00"}}'],
    ];
    for (const input of starts) {
      const id = `${engine.taskQueue}-cli-${count++}`;
      const { code, stderr } = await cli.run(
        'start',
        '--type',
        'execution',
        '--workflow-id',
        id,
        '--task-queue',
        engine.taskQueue,
        ...input,
      );
      expect(code, stderr).toBe(0);
      const execution = engine.adopt(id);
      const failure = await execution.handle.result().then(
        () => null,
        (error: unknown) => (error as { cause?: { type?: string; message?: string } }).cause,
      );
      expect.soft(failure, input.join(' ')).toMatchObject({ type: 'InvalidPlan' });
      expect.soft(failure?.message, input.join(' ')).toMatch(/plan/);
    }
  }, 90_000);

  test('stock CLI: the UI explains itself: descriptions, details and search attributes', async () => {
    const id = await start({ plan: onePlan([{ id: 'a' }], {}) });
    await readyToAuthorize(id);
    const metadata = JSON.stringify(await cli.json('metadata', '--workflow-id', id));
    for (const words of [
      'Approve or reject the plan',
      'Stop every agent now',
      'The plan hash, what is to be reviewed',
      'awaitingAuthorization',
      'Waiting for people',
    ]) {
      expect.soft(metadata, words).toContain(words);
    }
    const query = `PactPhase = 'awaitingAuthorization' AND PactNeedsPerson = true AND PactProject = 'Test' AND WorkflowId = '${id}'`;
    await until(
      () => cli.json('list', '--query', query),
      (found) => (found as unknown[]).length === 1,
    );
    const described = JSON.stringify(await cli.json('describe', '--workflow-id', id));
    expect(described).toContain('PactPhase');
    expect(described).toContain('planHash');
    await cli.signal(id, 'authorize', { by: 'ann', decision: 'reject', note: 'not now' });
    const { result } = (await cli.json('result', '--workflow-id', id)) as { result: { phase: string; summary: string } };
    expect(result).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('not now') });
    await until(
      () => cli.json('list', '--query', `PactPhase = 'rejected' AND PactNeedsPerson = false AND WorkflowId = '${id}'`),
      (found) => (found as unknown[]).length === 1,
    );
  });

  test('stock CLI: while it runs, describe shows each attempt with its summary and its status', async () => {
    const id = await start({
      plan: onePlan([
        { id: 'long', title: 'Work for long', input: { steps: [{ status: { progress_percentage: 30 } }, { hang: true }] } },
      ]),
    });
    await cli.signal(id, 'authorize', approval((await readyToAuthorize(id)).planHash));
    const described = await until(
      async () => JSON.stringify(await cli.json('describe', '--workflow-id', `${id}/sprint/only`).catch(() => null)),
      (text) => text.includes('progress_percentage') || text.includes('heartbeatDetails'),
    );
    expect(described).toContain('long#1');
    const metadata = JSON.stringify(await cli.json('metadata', '--workflow-id', `${id}/sprint/only`));
    expect(metadata).toContain('| worker | working | long |');
    await cli.signal(id, 'emergencyStop', 'just stop');
    await until(
      async () => (await cli.query(id, 'status')) as StatusView,
      ({ phase }) => phase === 'stopped',
    );
    expect((await cli.run('cancel', '--workflow-id', id)).code).toBe(0);
    const ended = (await cli.run('result', '--workflow-id', id, '-o', 'json')).stdout;
    expect(JSON.parse(ended)).toMatchObject({ status: 'CANCELED' });
  });

  test('stock CLI: one sprint of a plan is started alone, with its own authorization', async () => {
    const plan = {
      pact: 1,
      project: { name: 'Test' },
      sprints: [
        { id: 'first', tasks: [{ id: 'a' }] },
        { id: 'second', tasks: [{ id: 'b' }, { id: 'c' }] },
      ],
    };
    const id = await start({ plan, sprintId: 'second' }, 'sprint');
    const { planHash, review } = await readyToAuthorize(id);
    expect(review).not.toContain('first');
    await cli.signal(id, 'authorize', approval(planHash));
    const { result } = (await cli.json('result', '--workflow-id', id)) as { result: { summary: string } };
    expect(result).toMatchObject({ executionId: id, phase: 'completed', summary: 'completed: 2 of 2 tasks done' });
    const bad = await start({ plan, sprintId: 'secnd' }, 'sprint');
    expect(
      (await cli.run('result', '--workflow-id', bad)).stdout + (await cli.run('result', '--workflow-id', bad)).stderr,
    ).toContain('second');
    const none = await start({ plan }, 'sprint');
    const said = await cli.run('result', '--workflow-id', none);
    expect(said.stdout + said.stderr).toContain('sprintId');
  });
});
