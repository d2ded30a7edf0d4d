import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { EscalationView } from '../../src/domain/escalation/review.ts';
import { readArtifact } from '../support/artifacts.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { openTimeSkippingServer, startTimeSkipping } from '../support/time-skipping.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';

installQuietRuntime();

vi.setConfig({ testTimeout: 120_000 });

const server = await openTimeSkippingServer();
if (!server.ok) console.log(`[deadlines] skipped: ${server.reason}`);

const DAY_MS = 86_400_000;
// Undefined when the server is skipped or did not start.
let env: TestWorkflowEnvironment;
let engine: Engine;
let worker: WorkerProcess;

beforeAll(async () => {
  if (!server.ok) return;
  env = await startTimeSkipping(server.executablePath);
  const agents = [
    scriptedAgent('worker', { capacity: 4 }),
    { id: 'ann', adapter: { kind: 'human', within: '2h' } },
    { id: 'bo', adapter: { kind: 'human', within: '3h', otherwise: 'skip' } },
  ];
  engine = await openEngine({ worker: null, address: env.address, config: { agents } });
  worker = await startWorkerProcess({ configPath: engine.configPath, address: env.address });
}, 120_000);

afterAll(async () => {
  await worker?.kill();
  await engine?.close();
  await env?.teardown();
});

test.skipIf(!server.ok)(
  'deadlines: a plan that nobody authorizes within 24 hours is rejected, and nothing of it has run',
  async () => {
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
    const { expiresAt } = await until(
      () => execution.authorization(),
      ({ planHash }) => planHash !== null,
    );
    expect(Date.parse(expiresAt ?? '') - (await env.currentTimeMs())).toBeGreaterThan(DAY_MS - 600_000);
    await env.sleep(DAY_MS - 1_200_000);
    expect((await execution.status()).phase).toBe('awaitingAuthorization');
    await env.sleep(1_200_000);
    const result = await execution.result();
    expect(result.phase).toBe('rejected');
    expect(result.summary).toMatch(/expired: nobody authorized it by/);
    expect((await execution.tasks()).map(({ attempts }) => attempts)).toEqual([0]);
  },
);

test.skipIf(!server.ok)(
  'deadlines: a task that its person does not answer in time fails, or is skipped where the config says so',
  async () => {
    const execution = await engine.start(
      onePlan([
        { id: 'sign', agent: 'ann' },
        { id: 'after', agent: 'worker', dependsOn: ['sign'] },
        { id: 'taste', agent: 'bo' },
      ]),
    );
    await execution.authorize();
    await until(
      () => execution.status(),
      ({ inbox }) => inbox.length === 2,
    );
    await env.sleep('110m');
    expect((await execution.status()).inbox).toHaveLength(2);
    await env.sleep('20m');
    await until(
      () => execution.status(),
      ({ tasks }) => tasks.failed === 1,
    );
    await env.sleep('1h');
    await expect(execution.handle.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
    expect((await execution.tasks()).map(({ id, state }) => [id, state])).toEqual([
      ['sign', 'failed'],
      ['after', 'skipped'],
      ['taste', 'skipped'],
    ]);
    expect((await execution.tasks())[0]?.reason).toMatch(/nobody answered by/);
  },
);

test.skipIf(!server.ok)('deadlines: an execution that is paused for seven days without a word is cancelled', async () => {
  const execution = await engine.start(
    onePlan([
      { id: 'sign', agent: 'ann', budget: { time: '30d' } },
      { id: 'after', agent: 'worker', dependsOn: ['sign'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  await execution.update('pause', { by: 'ann', reason: 'holidays' });
  await env.sleep(7 * DAY_MS - 3_600_000);
  expect((await execution.status()).phase).toBe('paused');
  await env.sleep(2 * 3_600_000);
  await expect(execution.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await execution.status()).phase).toBe('cancelled');
  expect((await execution.tasks()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
});

test.skipIf(!server.ok)('deadlines: an escalation that nobody answers walks every level to its declared end', async () => {
  const levels = ['ann', 'bo', 'cy'].map((name) => ({ to: [name], within: '1d' }));
  const shaky = { id: 'shaky', agent: 'worker', budget: { attempts: 1 }, input: { steps: [{ exit: 1 }] } };
  const plan = onePlan([shaky, { id: 'after', agent: 'worker', dependsOn: ['shaky'] }]);
  const execution = await engine.start({ ...plan, escalation: { levels, otherwise: 'reject' } });
  await execution.authorize();
  const untilAsked = (level: number) =>
    until(
      () => execution.status(),
      ({ inbox }) => inbox.some(({ itemId }) => itemId === `shaky/escalation/1/${level}`),
    );
  await untilAsked(1);
  await env.sleep(DAY_MS);
  await untilAsked(2);
  await env.sleep(DAY_MS);
  expect((await untilAsked(3)).tasks).toMatchObject({ waiting: 2, failed: 0 });
  await env.sleep(DAY_MS - 3_600_000);
  await until(
    async () => {
      await env.sleep('30m');
      return execution.status();
    },
    ({ phase }) => phase === 'failed',
  );
  await expect(execution.handle.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
  const { outcome, timeline } = await engine.client.workflow
    .getHandle(`${execution.id}/sprint/only/escalation/1`)
    .query<EscalationView>('status');
  expect(outcome).toMatchObject({ decision: 'reject', by: null, how: 'silence', level: 3 });
  expect(Date.parse(outcome?.endedAt ?? '') - Date.parse(outcome?.startedAt ?? '')).toBeGreaterThanOrEqual(3 * DAY_MS);
  expect(timeline.filter(({ text }) => /level \d is asked/.test(text))).toHaveLength(3);
  expect(await readArtifact(engine, execution.id, 'reviews/only-escalation-1.md')).toContain('Nobody answered on 3 levels');
});

test.skipIf(!server.ok)('deadlines: retries come at once, then after 1, 2, 4 and 8 seconds', async () => {
  const steps = [{ failUntilAttempt: 6 }];
  const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker', budget: { attempts: 6 }, input: { steps } }]));
  await execution.authorize();
  await until(
    async () => {
      await env.sleep('5s');
      return execution.status();
    },
    ({ phase }) => phase === 'completed',
    60_000,
  );
  const pauses = await pausesBetweenAttempts(execution);
  expect(pauses).toHaveLength(5);
  for (const [retry, atLeastMs] of [0, 1_000, 2_000, 4_000, 8_000].entries())
    expect(pauses[retry]).toBeGreaterThanOrEqual(atLeastMs);
  expect(pauses[0]).toBeLessThan(1_000);
});

/** Time from the failure of each attempt to the start of the next, on the server's clock, ms. */
async function pausesBetweenAttempts(execution: Execution): Promise<number[]> {
  const { events } = await execution.sprint('only').fetchHistory();
  const at = ({ eventTime }: { eventTime?: { seconds?: unknown; nanos?: number | null } | null }): number =>
    Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6;
  const ends = (events ?? []).filter((event) => event.activityTaskFailedEventAttributes).map(at);
  const starts = (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'performTask')
    .map(at);
  return ends.map((end, n) => (starts[n + 1] ?? Number.NaN) - end);
}
