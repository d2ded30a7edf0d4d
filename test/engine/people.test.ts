import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readArtifact, readReport } from '../support/artifacts.ts';
import { refusalOf, startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, until, type Engine } from '../support/engine.ts';

const journal = openAgentJournal();
let engine: Engine;

beforeAll(async () => {
  const agents = [
    journal.agent('talker', { capacity: 5 }, { input: 'stream' }),
    journal.agent('single', { capacity: 1 }),
    { id: 'ann', adapter: { kind: 'human' } },
    { id: 'board', adapter: { kind: 'human', people: ['bo', 'cy'], within: '2d' } },
    { id: 'hasty', adapter: { kind: 'human', people: 'anyone', within: '1s', otherwise: 'fail' } },
    { id: 'easygoing', adapter: { kind: 'human', people: 'anyone', within: '1s', otherwise: 'skip' } },
  ];
  engine = await openEngine({ config: { agents } });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

test('people: a human task waits with question, deadline and outcome, holds no worker slot, and only the right people end it', async () => {
  const execution = await startAuthorized(
    engine,
    onePlan([
      { id: 'sign', agent: 'board', title: 'Sign off', input: { question: 'Ship it?' } },
      { id: 'after', agent: 'talker', dependsOn: ['sign'] },
    ]),
  );
  const item = await untilAsked(execution, ({ kind }) => kind === 'humanTask');
  expect(item).toMatchObject({
    itemId: 'sign#1',
    question: 'Ship it?',
    people: ['bo', 'cy'],
    options: ['done', 'approve', 'reject'],
    task: 'sign',
    sprint: 'only',
  });
  expect(item.title).toContain('Sign off');
  expect(item.otherwise).toContain('fails');
  expect(Date.parse(item.deadline) - Date.parse(item.since)).toBe(2 * 86_400_000);
  const { raw } = await execution.sprint('only').describe();
  expect((raw.pendingActivities ?? []).map((activity) => activity.activityType?.name)).not.toContain('performTask');

  expect(await refusalOf(execution, 'respond', { by: 'ann', itemId: 'sign#1', decision: 'done' })).toBe('NotAnApprover');
  expect(await refusalOf(execution, 'respond', { by: 'bo', itemId: 'sign#1', decision: 'perhaps' })).toBe('InvalidMessage');
  expect(await refusalOf(execution, 'respond', { by: 'bo', itemId: 'sign#2', decision: 'done' })).toBe('UnknownItem');
  expect(journal.starts(execution.id)).toEqual([]);
  expect(
    await refusalOf(execution, 'respond', { by: 'cy', itemId: 'sign#1', decision: 'approve', note: 'well done' }),
  ).toBeNull();
  expect((await execution.result()).phase).toBe('completed');
  const { decisions } = await readReport(engine, execution.id);
  expect(decisions.map(({ text }) => text).join('\n')).toContain('cy answered "approve"');
  expect(journal.starts(execution.id)).toHaveLength(1);
});

test('people: an agent who is a person answers for themselves, and a rejection fails the task', async () => {
  const execution = await startAuthorized(
    engine,
    onePlan([
      { id: 'sign', agent: 'ann' },
      { id: 'after', agent: 'talker', dependsOn: ['sign'] },
    ]),
  );
  expect((await untilAsked(execution, ({ kind }) => kind === 'humanTask')).people).toEqual(['ann']);
  await execution.update('respond', { by: 'ann', itemId: 'sign#1', decision: 'reject', note: 'no tests' });
  await expect(execution.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  expect(await execution.tasks()).toMatchObject([
    { id: 'sign', state: 'failed', reason: 'rejected by ann: no tests', attempts: 1 },
    { id: 'after', state: 'skipped' },
  ]);
});

test('people: silence ends as declared, in failure or in skipping, and the log says that it was silence', async () => {
  const [failing, skipping] = await Promise.all([
    startAuthorized(engine, onePlan([{ id: 'sign', agent: 'hasty' }])),
    startAuthorized(
      engine,
      onePlan([
        { id: 'sign', agent: 'easygoing' },
        { id: 'after', agent: 'talker', dependsOn: ['sign'] },
        { id: 'other', agent: 'talker' },
      ]),
    ),
  ]);
  await expect(failing.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  expect(await failing.tasks()).toMatchObject([{ state: 'failed', reason: expect.stringContaining('nobody answered by') }]);
  expect((await skipping.result()).phase).toBe('completed');
  expect((await skipping.tasks()).map(({ id, state }) => [id, state])).toEqual([
    ['sign', 'skipped'],
    ['after', 'skipped'],
    ['other', 'done'],
  ]);
  for (const execution of [failing, skipping])
    expect(await readArtifact(engine, execution.id, 'ledger.jsonl')).toContain('nobodyAnswered');
});

test('people: the time of a human task in the plan wins over the time that its agent gives', async () => {
  const execution = await startAuthorized(engine, onePlan([{ id: 'sign', agent: 'board', budget: { time: '3h' } }]));
  const item = await untilAsked(execution, ({ kind }) => kind === 'humanTask');
  expect(Date.parse(item.deadline) - Date.parse(item.since)).toBe(3 * 3_600_000);
  await execution.handle.signal('respond', { by: 'bo', itemId: item.itemId, decision: 'done' });
  expect((await execution.result()).phase).toBe('completed');
});

test('people: a question of a running agent is asked, answered through the execution and heard by the agent within seconds', async () => {
  const steps = [{ ask: { id: 'colour', text: 'Red or blue?', options: ['red', 'blue'] } }];
  const execution = await startAuthorized(
    engine,
    onePlan([{ id: 'paint', agent: 'talker', input: { steps }, deliverables: [{ id: 'answer', path: 'answer.txt' }] }]),
  );
  const item = await untilAsked(execution, ({ kind }) => kind === 'question');
  expect(item).toMatchObject({
    itemId: 'paint#1/colour',
    question: 'Red or blue?',
    options: ['red', 'blue'],
    people: 'anyone',
    task: 'paint',
  });
  const blocked = await until(
    () => execution.status(),
    ({ tasks }) => tasks.blocked === 1,
  );
  expect(blocked.agents.find(({ agent_id }) => agent_id === 'talker')).toMatchObject({ status: 'blocked' });
  expect(await refusalOf(execution, 'respond', { by: 'ann', itemId: item.itemId, decision: 'green' })).toBe('InvalidMessage');
  const askedAt = Date.now();
  await execution.update('respond', { by: 'ann', itemId: item.itemId, decision: 'blue', note: 'navy', data: { hex: '#000080' } });
  expect((await execution.result()).phase).toBe('completed');
  expect(Date.now() - askedAt).toBeLessThan(30_000);
  const answer = JSON.parse(await readArtifact(engine, execution.id, 'deliverables/paint/answer.txt')) as object;
  expect(answer).toMatchObject({ pact: 'answer', id: 'colour', decision: 'blue', text: 'navy', data: { hex: '#000080' } });
});

test('people: an agent that is not available gets nothing until it is back; one that stays away is asked about', async () => {
  const execution = await engine.start(
    onePlan(
      [
        { id: 'a', agent: 'single' },
        { id: 'b', agent: 'talker' },
      ],
      { agents: ['single', 'talker'] },
    ),
  );
  await until(
    () => execution.authorization(),
    ({ planHash }) => planHash !== null,
  );
  await execution.update('agentAvailability', { agent_id: 'single', available: false, reason: 'service' });
  await execution.authorize();
  const item = await untilAsked(execution, ({ kind }) => kind === 'agentUnavailable');
  expect(item).toMatchObject({ options: ['fail'], otherwise: expect.stringContaining('fails') });
  expect(journal.starts(execution.id).map(({ request }) => request.task.id)).toEqual(['b']);
  await execution.update('agentAvailability', { agent_id: 'single', available: true });
  expect((await execution.result()).phase).toBe('completed');
  expect(journal.starts(execution.id).map(({ request }) => request.task.id)).toEqual(['b', 'a']);
});

test('people: capacity told while it runs, and a priority changed through the execution, decide what comes next', async () => {
  const gate = `${engine.baseDir}/gate-priority`;
  const tasks = ['first', 'x', 'y', 'z'].map((id) => ({
    id,
    agent: 'single',
    ...(id === 'first' ? { priority: 'urgent', input: { steps: [{ until: gate }] } } : {}),
  }));
  const execution = await startAuthorized(engine, onePlan(tasks));
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 1,
  );
  await execution.update('setPriority', { by: 'ann', taskId: 'z', priority: 'high', reason: 'customer waits' });
  await execution.update('setPriority', { by: 'ann', taskId: 'x', priority: 'low' });
  await until(
    async () =>
      (await execution.sprint('only').query<{ items: { priority: string }[] }, [object]>('tasks', {})).items
        .map(({ priority }) => priority)
        .join(),
    (all) => all === 'urgent,low,normal,high',
  );
  writeFileSync(gate, '');
  await execution.result();
  expect(journal.starts(execution.id).map(({ request }) => request.task.id)).toEqual(['first', 'z', 'y', 'x']);
});
