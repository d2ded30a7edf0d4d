import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLedger, readArtifact } from '../support/artifacts.ts';
import { refusalOf, startAuthorized, untilAsked } from '../support/authorized.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { openEngine, until, type Engine, type Execution } from '../support/engine.ts';

const journal = openAgentJournal();
let engine: Engine;

beforeAll(async () => {
  const answer = JSON.stringify({ decision: 'yield', note: 'the other one is needed first' });
  engine = await openEngine({
    config: {
      agents: [
        journal.agent('worker', { capacity: 9 }),
        { id: 'ann', adapter: { kind: 'human' } },
        journal.agent('arbiter', { answers: ['mediation'] }, { env: { AGENT_JOURNAL: journal.path, OFFER: answer } }),
      ],
    },
  });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

/** One sprint with time enough that nobody's slack decides. */
const planOf = (tasks: readonly object[], mediation: object = {}) => ({
  pact: 1,
  project: { name: 'Conflicts' },
  mediation,
  sprints: [{ id: 'only', duration: '2h', tasks: tasks.map((task) => ({ agent: 'worker', ...task })) }],
});

const entriesOf = async (execution: Execution, event: string) =>
  (await readLedger(engine, execution.id)).filter((entry) => entry.event === event).map(({ data }) => data);
const attemptsOf = async (execution: Execution) =>
  Object.fromEntries((await execution.tasks()).map(({ id, attempts, state }) => [id, `${state} ${attempts}`]));

test.concurrent('conflicts: a holder past its estimate gives way when the mediating agent says so, and comes second', async () => {
  const resources = ['bench'];
  const tasks = [
    { id: 'holder', estimate: '1s', resources, input: { steps: [{ hang: true, attempt: 1 }] } },
    { id: 'waiting', estimate: '1s', resources },
  ];
  const execution = await startAuthorized(engine, planOf(tasks, { to: ['arbiter'], within: '1m' }));
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await attemptsOf(execution)).toEqual({ holder: 'done 2', waiting: 'done 1' });
  expect(await entriesOf(execution, 'conflictFound')).toMatchObject([
    { kind: 'resource', evidence: { resource: 'bench', holder: 'holder', waiting: 'waiting', estimateMs: 1_000 } },
  ]);
  expect(await entriesOf(execution, 'conflictResolved')).toMatchObject([
    { decision: 'yield', by: 'arbiter', why: 'the other one is needed first', lost: [{ id: 'wait' }] },
  ]);
  const starts = journal.starts(execution.id).filter(({ request }) => !('question' in request && request.question));
  expect(starts.map(({ request }) => `${request.task.id}#${request.attempt}`)).toEqual(['holder#1', 'waiting#1', 'holder#2']);
});

test.concurrent('conflicts: a person who gives way is asked first; what the person hands over reaches whoever goes on with it', async () => {
  const resources = ['desk'];
  const tasks = [
    { id: 'sign', agent: 'ann', estimate: '1s', priority: 'low', resources, input: { question: 'Good?' } },
    { id: 'waiting', estimate: '1s', priority: 'low', resources },
  ];
  const execution = await startAuthorized(engine, planOf(tasks));
  await untilAsked(execution, ({ itemId }) => itemId === 'sign#1');
  await execution.update('setPriority', { by: 'ann', taskId: 'waiting', priority: 'urgent' });
  const item = await untilAsked(execution, ({ options }) => options.includes('handOver'));
  expect(item).toMatchObject({ itemId: 'sign#1', kind: 'humanTask', title: 'gives way: ann: sign' });
  expect(Date.parse(item.deadline) - Date.parse(item.since)).toBe(600_000);
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['running', 'waiting']);
  await execution.update('respond', { by: 'ann', itemId: 'sign#1', decision: 'handOver', note: 'pages 1 to 7 are fine' });
  await until(
    () => execution.tasks(),
    (all) => all.some(({ id, state }) => id === 'waiting' && state === 'done'),
  );
  expect((await untilAsked(execution, ({ itemId }) => itemId === 'sign#2')).question).toContain('pages 1 to 7 are fine');
  expect(await refusalOf(execution, 'respond', { by: 'ann', itemId: 'sign#1', decision: 'done' })).toBe('StaleAttempt');
  await execution.update('reassignTask', { by: 'ann', taskId: 'sign', agentId: 'worker', force: true });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const last = journal.starts(execution.id).at(-1)?.request as { task: { id: string }; handover: object } | undefined;
  expect(last).toMatchObject({
    task: { id: 'sign' },
    handover: { from: { agent_id: 'ann' }, notes: ['pages 1 to 7 are fine'], files: null },
  });
});

test.concurrent('conflicts: a result of an agent that was blocked by its last word waits for a person', async () => {
  const steps = [{ status: { status: 'blocked', blocking_issues: ['no key'] } }, { waitMs: 500 }];
  const tasks = [
    { id: 'odd', input: { steps } },
    { id: 'after', dependsOn: ['odd'] },
  ];
  const execution = await startAuthorized(engine, planOf(tasks, { to: ['ann'] }));
  const item = await untilAsked(execution, ({ kind }) => kind === 'escalation');
  expect(item).toMatchObject({ task: 'odd', people: ['ann'], options: ['accept', 'redo', 'hold', 'stop', 'acknowledge'] });
  expect(item.question).toContain('its last report was "blocked"');
  expect(item.otherwise).toBe('what loses least happens');
  expect((await execution.status()).tasks).toMatchObject({ done: 0, waiting: 2 });
  await execution.update('respond', { by: 'ann', itemId: item.itemId, decision: 'accept', note: 'it has the key now' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await attemptsOf(execution)).toEqual({ odd: 'done 1', after: 'done 1' });
});

test.concurrent('conflicts: rules decide on reports, outputs and paths: what is there, priority, slack, then what loses least', async () => {
  const api = [{ id: 'api', path: 'api.json' }];
  const write = (text: string, waitMs = 0) => ({ steps: [{ waitMs }, { write: 'api.json', text }] });
  const stray = [
    { write: 'src/api.md', attempt: 1 },
    { finish: 'there', outputs: [{ deliverable: 'out', path: 'src/api.md' }], attempt: 1 },
    { write: 'docs/api.md', attempt: 2 },
  ];
  const report = (status: string, progress_percentage: number) => ({ status: { status, progress_percentage } });
  const back = [report('blocked', 60), { waitMs: 500 }, report('working', 10), { waitMs: 500 }];
  const tasks = [
    { id: 'empty', deliverables: [{ id: 'out', path: 'out.txt' }], input: { steps: [{ write: 'out.txt', attempt: 2 }] } },
    { id: 'first', deliverables: api, input: write('one') },
    { id: 'second', deliverables: api, priority: 'high', input: write('two', 300) },
    { id: 'reader', dependsOn: ['first', 'second'] },
    { id: 'docs', paths: ['docs'], deliverables: [{ id: 'out', path: 'docs/api.md' }], input: { steps: stray } },
    { id: 'core', paths: ['src'], dependsOn: ['docs'], priority: 'high' },
    { id: 'forgetful', input: { steps: back } },
    { id: 'left', paths: ['web'], priority: 'urgent', input: { steps: [{ waitMs: 2_500 }] } },
    { id: 'right', paths: ['web'], priority: 'urgent' },
  ];
  const execution = await startAuthorized(engine, planOf(tasks));
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const resolved = await entriesOf(execution, 'conflictResolved');
  expect(resolved.map(({ kind, decision, by }) => [kind, decision, by]).toSorted()).toEqual([
    ['output', 'second', 'priority'],
    ['paths', 'redo', 'priority'],
    ['paths', 'wait', 'fallback'],
    ['report', 'continue', 'slack'],
    ['report', 'redo', 'evidence'],
  ]);
  expect(await attemptsOf(execution)).toMatchObject({ empty: 'done 2', docs: 'done 2', left: 'done 1', forgetful: 'done 1' });
  const { tasks: reported } = JSON.parse(await readArtifact(engine, execution.id, 'report.json')) as {
    tasks: { id: string; deliverables: { sha256: string }[] }[];
  };
  const hashOf = (id: string): string | undefined => reported.find((task) => task.id === id)?.deliverables[0]?.sha256;
  expect(hashOf('first')).toBe(hashOf('second'));
});

test.concurrent('conflicts: a dependency that an amendment changes under a task at work has it begin anew', async () => {
  const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['a'], input: { steps: [{ hang: true, attempt: 1 }] } }];
  const execution = await startAuthorized(engine, planOf(tasks));
  await until(
    () => execution.status(),
    ({ tasks: counts }) => counts.done === 2 && counts.running === 1,
  );
  await execution.update('amendPlan', { by: 'dora', changes: [{ changeTask: { task: 'c', set: { dependsOn: ['a', 'b'] } } }] });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await attemptsOf(execution)).toMatchObject({ c: 'done 2' });
  expect(await entriesOf(execution, 'conflictResolved')).toMatchObject([
    { kind: 'dependency', decision: 'restart', by: 'slack', lost: [{ id: 'continue' }] },
  ]);
});
