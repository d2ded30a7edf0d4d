import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AmendmentAnswer } from '../../src/domain/execution/amendments/amendment-view.ts';
import type { AuthorizationView } from '../../src/domain/views.ts';
import { readReport } from '../support/artifacts.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { runPact } from '../cli/pact-process.ts';
import { openStockCli, type StockCli } from '../support/stock-cli.ts';

const cli = openStockCli() as StockCli;
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [
        scriptedAgent('worker', { capacity: 2, skills: ['build'] }),
        scriptedAgent('helper', { capacity: 2, skills: ['build'] }),
        scriptedAgent('spare', { skills: ['build'] }),
        { id: 'ghost', adapter: { kind: 'command', run: ['no-such-program'] } },
        { id: 'sick', adapter: { kind: 'command', run: ['node'], probe: ['node', '-e', 'process.exit(3)'] } },
      ],
      checks: [{ id: 'lost', run: ['no-such-check'] }],
      channels: [{ id: 'dead', kind: 'webhook', url: 'http://127.0.0.1:1/', allowPrivate: true }],
      resources: [{ id: 'rig', probe: { run: ['node', '-e', 'process.exit(4)'] } }],
      authorization: { approvers: ['ann', 'bo'] },
    },
  });
});
afterAll(() => engine.close());

const hang = { steps: [{ hang: true, attempt: 1 }] };
const quick = { estimate: '1m', skills: ['build'] };

/** An authorized execution whose first task is at work until it is withdrawn. */
async function start(tasks: readonly Record<string, unknown>[]): Promise<Execution> {
  const execution = await engine.start(
    onePlan([{ id: 'long', agent: 'worker', estimate: '10m', input: hang }, ...tasks], { agents: ['worker', 'helper'] }),
  );
  await execution.authorize();
  await until(
    () => execution.tasks(),
    (all) => all.find(({ id }) => id === 'long')?.state === 'running',
  );
  return execution;
}

const amend = (execution: Execution, changes: readonly unknown[], more: Record<string, unknown> = {}): Promise<AmendmentAnswer> =>
  execution.update('amendPlan', { by: 'ann', changes, ...more }) as Promise<AmendmentAnswer>;

const stateOf = async (execution: Execution, id: string) => (await execution.tasks()).find((task) => task.id === id);

const untilState = (execution: Execution, id: string, state: string) =>
  until(
    () => stateOf(execution, id),
    (task) => task?.state === state,
  );

const restartLong = { changeTask: { task: 'long', set: { input: {} }, restart: true } };

/** What anybody can see of the execution, apart from its log of refusals and the passage of time. */
async function look(execution: Execution): Promise<unknown> {
  const { forecastCompletion: _f, sprints, ...status } = await execution.status();
  const { refusals: _r, ...authorization } = await execution.authorization();
  const sprint = execution.sprint('only');
  const inside = [await sprint.query('tasks'), await sprint.query('agents'), await sprint.query('decisions')];
  return {
    status,
    sprints: sprints.map(({ forecastCompletion: _g, ...rest }) => rest),
    authorization,
    tasks: await execution.tasks(),
    inside,
  };
}

describe('amendments', () => {
  test.skipIf(cli === null)(
    'a plan is amended by the stock CLI while its tasks run: seen in a dry run, then in force',
    async () => {
      const execution = await start([
        { id: 'after', ...quick, dependsOn: ['long'] },
        { id: 'needless', ...quick, dependsOn: ['long'] },
        { id: 'big', ...quick, dependsOn: ['long'] },
        { id: 'last', ...quick, dependsOn: ['big', 'needless'] },
      ]);
      const changes = [
        { addTask: { sprint: 'only', task: { id: 'docs', ...quick, dependsOn: ['after'] } } },
        { cancelTask: { task: 'needless', dependents: 'release' } },
        {
          splitTask: {
            task: 'big',
            into: [
              { id: 'big-1', skills: ['build'], estimate: '30s' },
              { id: 'big-2', skills: ['build'], estimate: '30s' },
            ],
          },
        },
        { changeTask: { task: 'after', set: { agent: 'helper', priority: 'high' } } },
        restartLong,
      ];
      const before = await look(execution);
      const preview = await cli.update(execution.id, 'amendPlan', { by: 'ann', changes, dryRun: true });
      expect(preview.code, preview.stderr).toBe(0);
      expect(JSON.parse(preview.stdout)).toMatchObject({
        result: { revision: 1, dryRun: true, authorization: { voided: false } },
      });
      expect(await look(execution)).toEqual(before);

      const done = await cli.update(execution.id, 'amendPlan', { by: 'ann', changes });
      expect(done.code, done.stderr).toBe(0);
      const { result: answer } = JSON.parse(done.stdout) as { result: AmendmentAnswer };
      expect(answer.diff.lines).toContain('− task needless: needless');
      expect(answer.effect).toMatchObject({ workMsBefore: 14 * 60_000, workMsAfter: 14 * 60_000 });
      expect(await execution.result()).toMatchObject({ phase: 'completed', planHash: answer.authorization.planHash });
      const tasks = new Map((await execution.tasks()).map((task) => [task.id, task]));
      expect(tasks.get('long')).toMatchObject({ state: 'done', attempts: 2 });
      expect(tasks.get('after')).toMatchObject({ state: 'done', agent_id: 'helper', priority: 'high' });
      for (const id of ['docs', 'big-1', 'big-2', 'last']) expect(tasks.get(id)).toMatchObject({ state: 'done', attempts: 1 });
      for (const id of ['needless', 'big']) expect(tasks.get(id)).toMatchObject({ state: 'cancelled', attempts: 0 });
      expect(await readReport(engine, execution.id)).toMatchObject({ revisions: [{ revision: 1, by: 'ann', state: 'inForce' }] });
    },
  );

  test('a plan is amended, and a task reassigned, by pact from a file while its tasks run', async () => {
    const execution = await start([{ id: 'after', ...quick, dependsOn: ['long'], budget: { tokens: 100 } }]);
    const path = join(engine.baseDir, 'changes.yaml');
    const set = 'changes:\n  - changeTask: { task: after, set: { priority: high, estimate: 2m } }';
    await writeFile(path, `${set}\n  - changeSprint: { sprint: only, budget: { tokens: 500 } }\n`);
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: inject('temporalNamespace') };
    const pact = (...args: string[]) => runPact([...args, '--as', 'ann'], { cwd: engine.baseDir, env });
    const preview = await pact('amend', execution.id, path, '--dry-run');
    expect(preview, preview.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Budgets: unlimited → 500 tokens') as string,
    });
    expect((await stateOf(execution, 'after'))?.priority).toBe('normal');
    const [amended, moved] = [await pact('amend', execution.id, path), await pact('reassign', execution.id, 'after', 'helper')];
    expect([amended.code, moved.code], amended.stderr + moved.stderr).toEqual([0, 0]);
    await amend(execution, [restartLong]);
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    expect(await stateOf(execution, 'after')).toMatchObject({ state: 'done', priority: 'high', agent_id: 'helper' });
    const report = await readReport(engine, execution.id);
    expect(report.budgets).toMatchObject([{ budget: 'sprint/only', limit: 500 }]);
  }, 90_000);

  test('a refused amendment names every mistake and changes nothing', async () => {
    const execution = await start([{ id: 'after', ...quick, dependsOn: ['long'] }]);
    const before = await look(execution);
    const wrong = [
      { addTask: { sprint: 'only', task: { id: 'x', skills: ['cook'], dependsOn: ['afer'] } } },
      { changeTask: { task: 'long', set: { dependsOn: ['after'] } } },
      { cancelTask: { task: 'nobody' } },
    ];
    const refusal = await amend(execution, wrong).catch((error: { cause?: Error }) => error.cause);
    expect(refusal).toMatchObject({ type: 'InvalidPlan' });
    const { message } = refusal as Error;
    for (const part of [
      'changes[0].addTask.task.dependsOn[0]',
      'did you mean "after"',
      'changes[1].changeTask.set.dependsOn',
      'unknown task "nobody"',
    ])
      expect(message).toContain(part);
    await expect(execution.update('amendPlan', { by: 'mallory', changes: [restartLong] })).rejects.toMatchObject({
      cause: { type: 'NotAnApprover' },
    });
    expect(await look(execution)).toEqual(before);
    await amend(execution, [restartLong]);
    await execution.result();
  });

  test('what an amendment brings in is tested first: nothing of it holds while something is not ready, and a dry run says so, too', async () => {
    const execution = await start([{ id: 'after', ...quick, dependsOn: ['long'] }]);
    const before = await look(execution);
    const escalation = { levels: [{ to: ['ann'], via: ['dead'], within: '1h' }], otherwise: 'stop' };
    const bad = { id: 'bad', agent: 'worker', checks: ['lost'], resources: [{ id: 'rig', mode: 'exclusive' }], escalation };
    const changes = [
      { addAgent: { sprint: 'only', agent: 'ghost' } },
      { addAgent: { sprint: 'only', agent: 'sick' } },
      { addTask: { sprint: 'only', task: bad } },
    ];
    for (const dryRun of [true, false]) {
      const refusal = await amend(execution, changes, { dryRun }).catch((error: { cause?: Error }) => error.cause);
      expect(refusal).toMatchObject({ type: 'NotReady' });
      for (const name of [
        'agent ghost: program',
        'agent sick: probe',
        'check lost: program',
        'resource rig: probe',
        'channel dead',
      ])
        expect((refusal as Error).message).toContain(`${name}: `);
    }
    expect(await look(execution)).toEqual(before);
    const withSpare = [{ addAgent: { sprint: 'only', agent: 'spare' } }];
    const preview = await amend(execution, withSpare, { dryRun: true });
    expect(preview.readiness).toMatchObject([{ name: 'agent spare: program', ok: true }]);
    await execution.handle.signal('amendPlan', { by: 'ann', changes: withSpare });
    const { readiness } = await until(
      () => execution.authorization(),
      ({ revisions }) => revisions?.length === 1,
    );
    expect(readiness.map(({ name }) => name)).toContain('agent spare: program');
    await execution.authorize('bo');
    await until(
      () => execution.authorization(),
      ({ revisions }) => revisions?.[0]?.state === 'inForce',
    );
    await amend(execution, [restartLong]);
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
  });

  test('an agent that nobody authorized voids the authorization: untouched work goes on, the rest waits for the approval', async () => {
    const execution = await start([
      { id: 'free', ...quick, dependsOn: [] },
      { id: 'moved', ...quick, dependsOn: ['long'] },
    ]);
    const changes = [
      { addAgent: { sprint: 'only', agent: 'spare' } },
      { addTask: { sprint: 'only', task: { id: 'extra', agent: 'spare', estimate: '1m' } } },
      { changeTask: { task: 'moved', set: { agent: 'spare', dependsOn: [] } } },
    ];
    const first = await amend(execution, changes);
    expect(first.authorization).toMatchObject({ voided: true, why: ['agent spare is not in the authorized plan'] });
    const { sprints, inbox } = await execution.status();
    expect(inbox).toMatchObject([{ itemId: 'authorization', kind: 'authorization' }]);
    expect(sprints).toMatchObject([{ phase: 'running' }]);
    await untilState(execution, 'free', 'done');
    expect(await stateOf(execution, 'extra')).toMatchObject({ state: 'waiting', reason: 'awaiting authorization of revision 1' });
    expect(await stateOf(execution, 'moved')).toMatchObject({ state: 'waiting', reason: 'awaiting authorization of revision 1' });
    await expect(amend(execution, [restartLong])).rejects.toMatchObject({ cause: { type: 'NotAllowedInPhase' } });

    await execution.update('authorize', { by: 'bo', decision: 'reject', note: 'not that one' });
    expect((await execution.authorization()).revisions).toMatchObject([{ revision: 1, state: 'rejected' }]);
    expect(await stateOf(execution, 'extra')).toBeUndefined();

    const second = await amend(execution, changes);
    expect(second.revision).toBe(2);
    const asked = (await execution.authorization()) as AuthorizationView;
    expect(asked).toMatchObject({ planHash: second.authorization.planHash, approvals: [] });
    expect(asked.review).toContain('agent spare is not in the authorized plan');
    await execution.authorize('bo');
    await untilState(execution, 'extra', 'done');
    await untilState(execution, 'moved', 'done');
    expect(await stateOf(execution, 'moved')).toMatchObject({ agent_id: 'spare' });
    expect(await amend(execution, [restartLong])).toMatchObject({ revision: 3, authorization: { voided: false } });
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
  });

  test('a task at work is given to another agent: its attempt is withdrawn, the next is made by that one', async () => {
    const execution = await start([{ id: 'named', agent: 'worker', dependsOn: ['long'] }]);
    await expect(execution.update('reassignTask', { by: 'ann', taskId: 'long', agentId: 'helper' })).rejects.toMatchObject({
      cause: { type: 'NotAllowedInPhase', message: expect.stringContaining('force: true') as string },
    });
    await execution.update('reassignTask', { by: 'ann', taskId: 'long', agentId: 'helper', force: true, reason: 'it hangs' });
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    expect(await stateOf(execution, 'long')).toMatchObject({ state: 'done', agent_id: 'helper', attempts: 2 });
    expect(await stateOf(execution, 'named')).toMatchObject({ agent_id: 'worker' });
  });
});
