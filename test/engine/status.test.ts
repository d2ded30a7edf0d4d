import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AgentStatus } from '../../src/domain/agent-status.ts';
import type { DecisionView, Page, StatusView, TaskView } from '../../src/domain/views.ts';
import { fixtureAgent, onePlan, openEngine, scriptedAgent, until, type Engine } from '../support/engine.ts';

const EIGHT_FIELDS = [
  'agent_id',
  'blocking_issues',
  'current_task',
  'estimated_completion',
  'next_coordination_point',
  'outputs_ready',
  'progress_percentage',
  'status',
];

let engine: Engine;
beforeAll(async () => {
  const chatty = { id: 'chatty', capacity: 50, adapter: { kind: 'command', run: [fixtureAgent('chatty.sh'), '80'] } };
  engine = await openEngine({ config: { agents: [scriptedAgent('worker', { capacity: 10, input: 'stream' }), chatty] } });
});
afterAll(() => engine.close());

test.concurrent('status: describe shows exactly the eight fields of a reporting agent, at most 2 s old', async () => {
  const steps = [{ pace: { everyMs: 100, totalMs: 9_000 } }];
  const execution = await engine.start(onePlan([{ id: 'paced', agent: 'worker', estimate: '9s', input: { steps } }]));
  await execution.authorize();
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  await until(
    () => pendingDetails(execution.sprint('only')),
    ([status]) => (status?.progress_percentage ?? 0) > 0,
  );
  const ages: number[] = [];
  for (let sample = 0; sample < 20; sample += 1) {
    const [status] = await pendingDetails(execution.sprint('only'));
    if (status === undefined) break;
    expect(Object.keys(status).toSorted()).toEqual(EIGHT_FIELDS);
    // The agent says the moment of each report as its current task.
    ages.push(Date.now() - Number(status.current_task));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(ages.length).toBeGreaterThanOrEqual(10);
  // One sample may fall into a moment in which this whole machine stood still.
  expect(ages.toSorted((a, b) => a - b).at(-2), `ages in ms: ${ages.join(' ')}`).toBeLessThanOrEqual(2_000);

  const shown = await describeByCli(execution.sprint('only').workflowId);
  if (shown !== null) for (const field of EIGHT_FIELDS) expect(shown).toContain(field);
  expect((await execution.result()).phase).toBe('completed');
});

test.concurrent('status: what is urgent reaches sprint and execution at once, progress within the batching bound', async () => {
  const gate = (name: string): string => join(engine.baseDir, name);
  const stuck = { status: 'blocked', blocking_issues: ['no licence key'] };
  const first = [{ status: { progress_percentage: 10 } }, { until: gate('go') }];
  const execution = await engine.start(
    onePlan([
      // Each says something at once, so that the first routine report has gone out before the gate opens.
      { id: 'blocks', agent: 'worker', input: { steps: [...first, { status: stuck }, { until: gate('end') }] } },
      { id: 'asks', agent: 'worker', input: { steps: [...first, { ask: { id: 'q', text: 'Which port?', options: [] } }] } },
      {
        id: 'delivers',
        agent: 'worker',
        deliverables: [{ id: 'draft', path: 'draft.md' }],
        input: { steps: [...first, { status: { outputs_ready: ['draft'] } }, { until: gate('end') }] },
      },
      {
        id: 'moves',
        agent: 'worker',
        input: { steps: [...first, { status: { progress_percentage: 40 } }, { until: gate('end') }] },
      },
    ]),
  );
  await execution.authorize();
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 4,
  );
  await until(
    () => execution.status(),
    ({ agents }) => agents.filter((agent) => agent.progress_percentage === 10).length === 4,
  );
  await writeFile(gate('go'), '');
  const urgent = ({ agents, inbox, tasks }: StatusView): boolean =>
    tasks.blocked === 2 &&
    agents.some((agent) => agent.blocking_issues.includes('no licence key')) &&
    inbox.some((item) => item.kind === 'question' && item.question === 'Which port?') &&
    agents.some((agent) => agent.outputs_ready.includes('draft'));
  const startedAt = Date.now();
  await until(() => execution.sprint('only').query<StatusView>('status'), urgent, 4_000);
  await until(() => execution.status(), urgent, 4_000);
  console.log(`[status] urgent reports were in both answers after ${Date.now() - startedAt} ms`);
  const moved = ({ agents }: StatusView): boolean => agents.some((agent) => agent.progress_percentage === 40);
  await until(() => execution.sprint('only').query<StatusView>('status'), moved, 18_000);
  await until(() => execution.status(), moved, 8_000);
  const { inbox } = await execution.status();
  await execution.update('respond', { by: 'ann', itemId: inbox[0]?.itemId, decision: '8080' });
  await writeFile(gate('end'), '');
  expect((await execution.result()).phase).toBe('completed');
});

test.concurrent('status: status.md follows the execution while it runs, with a forecast of its end', async () => {
  const go = join(engine.baseDir, 'half-way');
  const end = new Date(Date.now() + 300_000).toISOString();
  const steps = [{ status: { progress_percentage: 50, estimated_completion: end } }, { until: go }];
  const execution = await engine.start(onePlan([{ id: 'half', agent: 'worker', estimate: '60s', input: { steps } }]));
  await execution.authorize();
  const document = (): Promise<string> =>
    readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'status.md'), 'utf8').catch(() => '');
  await until(document, (text) => text.includes('| worker | working |') && text.includes('50 %'));
  const { forecastCompletion, progressPercentage } = await execution.status();
  expect(progressPercentage).toBe(50);
  expect(forecastCompletion).toBe(end);
  await writeFile(go, '');
  expect((await execution.result()).phase).toBe('completed');
  expect(await document()).toMatch(/^# Test: completed/);
});

test.concurrent('status: tasks, agents and decisions are answered in pages by execution and sprint', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const execution = await engine.start(onePlan(ids.map((id) => ({ id, agent: 'worker' }))));
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
  for (const handle of [execution.handle, execution.sprint('only')]) {
    const paged: TaskView[] = [];
    for (let offset: number | null = 0; offset !== null;) {
      const page: Page<TaskView> = await handle.query('tasks', { offset, limit: 2 });
      expect(page.total).toBe(5);
      expect(page.items.length).toBeLessThanOrEqual(2);
      paged.push(...page.items);
      offset = page.nextOffset;
    }
    expect(paged.map(({ id, state }) => [id, state])).toEqual(ids.map((id) => [id, 'done']));
    const agents: Page<AgentStatus> = await handle.query('agents', { offset: 1, limit: 1 });
    expect(agents).toMatchObject({ total: 2, nextOffset: null });
    expect(Object.keys(agents.items[0] ?? {}).toSorted()).toEqual(EIGHT_FIELDS);
    const decisions: Page<DecisionView> = await handle.query('decisions', { limit: 200 });
    expect(decisions.items.filter(({ event }) => event === 'taskFinished')).toHaveLength(5);
    expect(await handle.query('decisions', { offset: decisions.total, limit: 1 })).toEqual({
      items: [],
      total: decisions.total,
      nextOffset: null,
    });
  }
});

test('status: fifty agents that report ten times a second cost a handful of history events', async () => {
  const tasks = Array.from({ length: 50 }, (_, n) => ({ id: `chat-${n}`, agent: 'chatty', estimate: '8s' }));
  const execution = await engine.start(onePlan(tasks));
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
  const { events = [] } = await execution.sprint('only').fetchHistory();
  const signalled = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes);
  // 50 × 80 reports; fifty processes take their time to start on a small machine: there may be more than one routine batch.
  expect(signalled.length).toBeGreaterThanOrEqual(1);
  expect(signalled.length).toBeLessThanOrEqual(12);
  // Three events of an activity, and three of a workflow task where attempts end one by one; 80 reports each add next to nothing.
  expect((events ?? []).length / tasks.length).toBeLessThan(8);
});

/** Details of the last heartbeat of each pending activity. */
async function pendingDetails(handle: WorkflowHandle): Promise<AgentStatus[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) =>
    (heartbeatDetails?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<AgentStatus>(payload)),
  );
}

/** What the stock command line prints; null where the server is configured elsewhere and there is no binary. */
async function describeByCli(workflowId: string): Promise<string | null> {
  const cli = inject('temporalCli');
  if (cli === null) return null;
  const args = ['workflow', 'describe', '--workflow-id', workflowId, '--address', inject('temporalAddress')];
  return (await promisify(execFile)(cli, args)).stdout;
}
