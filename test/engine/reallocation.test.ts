import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReallocationView } from '../../src/domain/reallocation/view.ts';
import { artifactPath, readLedger } from '../support/artifacts.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';

const offered = (id: string, skills: string[], offer: unknown) => {
  const { adapter, ...agent } = scriptedAgent(id, { skills, capacity: 5 });
  return { ...agent, answers: ['offer'], adapter: { ...adapter, env: { OFFER: JSON.stringify(offer) } } };
};
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [
        scriptedAgent('first', { skills: ['a'], capacity: 20, input: 'stream' }),
        scriptedAgent('second', { skills: ['a', 'more'], capacity: 20 }),
        scriptedAgent('lead', { skills: ['c'] }),
        scriptedAgent('mute', { skills: ['c', 'more'] }),
        scriptedAgent('reserve', { skills: ['c', 'more', 'yet'] }),
        scriptedAgent('worker', { skills: ['d'], capacity: 5 }),
        offered('slower', ['d', 'more'], { decision: 'counter', data: { estimateMs: 3_600_000 } }),
        offered('taker', ['d', 'more', 'yet'], { decision: 'accept' }),
        scriptedAgent('alone', { skills: ['n'], capacity: 5 }),
        offered('refuser', ['n', 'more'], { decision: 'decline', note: 'not my field' }),
        scriptedAgent('single', { skills: ['u'] }),
        { id: 'person', adapter: { kind: 'human', people: ['ann'] }, skills: ['h'] },
        scriptedAgent('helped', { skills: ['h'], capacity: 5 }),
        scriptedAgent('busy', { skills: ['o'], capacity: 2 }),
        scriptedAgent('idle', { skills: ['o', 'more'], capacity: 2 }),
      ],
      heartbeatTimeout: '3s',
    },
  });
});
afterAll(() => engine.close());

const quick = { backoff: '100ms', wrapUpWithin: '2s', acknowledgeWithin: '20s', negotiateWithin: '20s', blockedFor: '500ms' };

async function authorized(
  tasks: readonly Record<string, unknown>[],
  reallocation: Record<string, unknown> = {},
): Promise<Execution> {
  const execution = await engine.start({ ...onePlan(tasks), reallocation: { ...quick, ...reallocation } });
  await execution.authorize('dora');
  return execution;
}

const viewOf = (execution: Execution, n = 1): Promise<ReallocationView> =>
  engine.client.workflow.getHandle(`${execution.id}/sprint/only/reallocation/${n}`).query<ReallocationView>('status');

const eventsOf = async (execution: Execution): Promise<string[]> =>
  (await readLedger(engine, execution.id)).map(({ event }) => event);

const kept = { deliverables: [{ id: 'handover', path: 'handover.json' }] };
async function handoverOf(execution: Execution, taskId: string): Promise<Record<string, unknown>> {
  const file = artifactPath(engine, execution.id, `deliverables/${taskId}/handover.json`);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
}

/** The first agent does these and hangs, the next one keeps its handover and is done. */
const relay = (first: string, ...steps: Record<string, unknown>[]) => [
  ...steps.map((step) => ({ agent: first, ...step })),
  { agent: first, hang: true },
  { acknowledge: true },
  { status: { progress_percentage: 70 } },
  { keepHandover: 'handover.json' },
];

test.concurrent('reallocation: an agent freezes at 60 %, another one finishes from its handover, a late result is refused', async () => {
  const steps = relay(
    'first',
    { onTerm: [{ finish: 'done after all' }] },
    { write: 'draft.txt', text: 'half a page' },
    { jot: 'the second half is missing' },
    { status: { progress_percentage: 60 } },
  );
  const execution = await authorized([{ id: 'page', skills: ['a'], stallAfter: '1s', ...kept, input: { steps } }]);
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await handoverOf(execution, 'page')).toMatchObject({
    from: { agent_id: 'first', attempt: 1 },
    status: { progress_percentage: 60 },
    notes: ['the second half is missing', 'done after all'],
    files: { 'draft.txt': 'half a page' },
  });
  const view = await viewOf(execution);
  expect(view.steps.map(({ step }) => step)).toEqual(['detection', 'assessment', 'negotiation', 'handover', 'validation']);
  expect(view.steps.every(({ startedAt, endedAt }) => endedAt !== null && endedAt >= startedAt)).toBe(true);
  expect(view).toMatchObject({ trigger: 'stalled', outcome: { result: 'moved', agent_id: 'second', attempt: 2 } });
  const expected = ['reallocationStarted', 'candidatesAssessed', 'workAwarded', 'reallocationEnded', 'staleAttemptRefused'];
  expect(await eventsOf(execution)).toEqual(expect.arrayContaining(expected));
});

test.concurrent('reallocation: an agent becomes unavailable, wraps up, and its work goes on elsewhere', async () => {
  const steps = relay(
    'first',
    { wrapUp: [{ jot: 'stopped in the middle' }, { write: 'part.txt', text: '1' }] },
    { status: { progress_percentage: 10 } },
  );
  const execution = await authorized([{ id: 'page', skills: ['a'], ...kept, input: { steps } }]);
  await until(
    () => execution.status(),
    ({ agents }) => agents.some(({ progress_percentage }) => progress_percentage === 10),
  );
  await execution.update('agentAvailability', { agent_id: 'first', available: false, reason: 'off for lunch' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await handoverOf(execution, 'page')).toMatchObject({
    reason: 'handed over to second',
    notes: ['stopped in the middle'],
    files: { 'part.txt': '1' },
  });
  expect(await viewOf(execution)).toMatchObject({ trigger: 'unavailable', outcome: { result: 'moved', agent_id: 'second' } });
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 2, agent_id: 'second' });
});

const trigger = async (name: string, tasks: readonly Record<string, unknown>[], policy: Record<string, unknown> = {}) => {
  const execution = await authorized(tasks, policy);
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const view = await viewOf(execution);
  expect(view).toMatchObject({ trigger: name, outcome: { result: 'moved', agent_id: 'second' } });
  return view;
};

test.concurrent('reallocation: an agent out of quota is replaced, although it says that trying again is of no use', async () => {
  const steps = relay('first', { error: { type: 'quota', message: 'no tokens left', retryable: false } }, { exit: 1 });
  const view = await trigger('unavailable', [{ id: 'page', skills: ['a'], ...kept, input: { steps } }]);
  expect(view.evidence).toMatchObject({ fault: 'quota' });
});

test.concurrent('reallocation: a task more complex than estimated goes to another agent', async () => {
  const late = new Date(Date.now() + 3_600_000).toISOString();
  const steps = relay('first', { status: { progress_percentage: 1, estimated_completion: late } });
  const view = await trigger('complex', [{ id: 'page', skills: ['a'], estimate: '1m', ...kept, input: { steps } }], {
    factor: 3,
  });
  expect(view.text).toContain('times its estimate');
});

test.concurrent('reallocation: an agent that stays blocked is relieved', async () => {
  const steps = relay('first', { status: { status: 'blocked', blocking_issues: ['no licence'] } });
  const view = await trigger('blocked', [{ id: 'page', skills: ['a'], ...kept, input: { steps } }]);
  expect(view.text).toContain('no licence');
});

test.concurrent('reallocation: who can do less at a time than it does hands over what it began last', async () => {
  const steps = [{ agent: 'busy', attempt: 1, waitMs: 15_000 }, { status: { progress_percentage: 50 } }];
  const tasks = ['one', 'two'].map((id) => ({ id, skills: ['o'], dependsOn: ['gate'], input: { steps } }));
  const execution = await authorized([{ id: 'gate', agent: 'first', input: { steps: [{ waitMs: 2_000 }] } }, ...tasks]);
  const untilRunning = (count: number) =>
    until(
      () => execution.status(),
      ({ tasks: { running } }) => running === count,
    );
  await untilRunning(1);
  await execution.update('agentAvailability', { agent_id: 'idle', available: false });
  await untilRunning(2);
  await execution.update('agentAvailability', { agent_id: 'idle', available: true });
  await execution.update('agentAvailability', { agent_id: 'busy', available: true, capacity: 1 });
  const view = await until(
    () => viewOf(execution).catch(() => null),
    (found) => (found?.outcome ?? null) !== null,
  );
  expect(view).toMatchObject({ trigger: 'overloaded', outcome: { result: 'moved', agent_id: 'idle' } });
  await execution.result();
});

test.concurrent('reallocation: an urgent task takes the place of a less urgent one, which goes on afterwards', async () => {
  const steps = [{ attempt: 1, write: 'part.txt', text: '1' }, { attempt: 1, waitMs: 20_000 }, { keepHandover: 'handover.json' }];
  const tasks = [
    { id: 'long', skills: ['u'], priority: 'low', ...kept, input: { steps } },
    { id: 'gate', skills: ['a'] },
    { id: 'alarm', skills: ['u'], priority: 'urgent', dependsOn: ['gate'] },
  ];
  const execution = await authorized(tasks, { on: ['urgent'] });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const [long, , alarm] = await execution.tasks();
  expect(long).toMatchObject({ attempts: 2 });
  expect(alarm).toMatchObject({ attempts: 1 });
  expect((alarm?.endedAt ?? '') < (long?.endedAt ?? '')).toBe(true);
  expect(await handoverOf(execution, 'long')).toMatchObject({ from: { attempt: 1 }, files: { 'part.txt': '1' } });
});

test.concurrent('reallocation: a successor that gives no sign is passed over for the next one', async () => {
  const steps = [
    { agent: 'lead', exit: 137 },
    { agent: 'lead', hang: true },
    { agent: 'mute', hang: true },
    { status: { progress_percentage: 50 } },
  ];
  const error = { type: 'unavailable', message: 'my model is down' };
  const execution = await authorized([{ id: 'page', skills: ['c'], input: { steps: [{ agent: 'lead', error }, ...steps] } }], {
    acknowledgeWithin: '2s',
  });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const view = await viewOf(execution);
  expect(view.outcome).toMatchObject({ result: 'moved', agent_id: 'reserve', attempt: 3 });
  expect(view.steps.filter(({ step }) => step === 'handover')).toHaveLength(2);
  // Of the three attempts that the plan allows the task one has failed; the one that was withdrawn does not count.
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 3, state: 'done' });
});

test.concurrent('reallocation: agents that negotiate bid, and the best bid wins', async () => {
  const error = { type: 'credentials', message: 'my key has expired', retryable: false };
  const steps = [{ agent: 'worker', error }, { agent: 'worker', exit: 1 }, { status: { progress_percentage: 50 } }];
  const execution = await authorized([{ id: 'page', skills: ['d'], estimate: '1m', input: { steps } }]);
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const view = await viewOf(execution);
  expect(view.bids.map(({ agent_id, answer }) => [agent_id, answer])).toEqual(expect.arrayContaining([['taker', 'accepted']]));
  expect(view.outcome).toMatchObject({ result: 'moved', agent_id: 'taker' });
});

test.concurrent('reallocation: a person takes over by an answer in the inbox', async () => {
  const steps = [
    { agent: 'helped', error: { type: 'quota', message: 'none left' } },
    { agent: 'helped', exit: 1 },
  ];
  const execution = await authorized([{ id: 'page', skills: ['h'], input: { steps } }]);
  const [item] = await until(
    async () => (await execution.status()).inbox.filter(({ kind }) => kind === 'offer'),
    (found) => found.length > 0,
  );
  expect(item).toMatchObject({ itemId: 'page/offer/1/person', people: ['ann'], options: ['accept', 'counter', 'decline'] });
  await execution.update('respond', { by: 'ann', itemId: item?.itemId, decision: 'accept' });
  const [work] = await until(
    async () => (await execution.status()).inbox.filter(({ kind }) => kind === 'humanTask'),
    (found) => found.length > 0,
  );
  await execution.update('respond', { by: 'ann', itemId: work?.itemId, decision: 'done' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
});

test.concurrent('reallocation: nobody accepts, so people are asked, and decide', async () => {
  const error = { type: 'unavailable', message: 'down' };
  const steps = [
    { agent: 'alone', attempt: 1, error },
    { agent: 'alone', attempt: 1, exit: 1 },
  ];
  const execution = await authorized([{ id: 'page', skills: ['n'], input: { steps } }]);
  const asked = async () => (await execution.status()).inbox.filter(({ kind }) => kind === 'escalation');
  const [item] = await until(asked, (found) => found.length > 0);
  expect(item).toMatchObject({ itemId: 'page/escalation/1/1', question: expect.stringContaining('nobody accepts it') as string });
  expect((await viewOf(execution)).bids).toMatchObject([{ agent_id: 'refuser', answer: 'declined', note: 'not my field' }]);
  await execution.update('respond', { by: 'ann', itemId: item?.itemId, decision: 'retry', note: 'it is up again' });
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect((await execution.tasks())[0]).toMatchObject({ attempts: 2, state: 'done' });
});
