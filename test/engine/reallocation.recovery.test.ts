import { afterAll, expect, inject, test } from 'vitest';
import type { ReallocationView } from '../../src/domain/reallocation/view.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { passRuns, SHORT_RUN } from '../support/runs.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const journal = openAgentJournal();
afterAll(() => journal.remove());

const policy = { backoff: '100ms', wrapUpWithin: '1m', acknowledgeWithin: '1m', negotiateWithin: '1m' };
const goesOn = [{ acknowledge: true }, { status: { progress_percentage: 70 } }];
const error = { type: 'quota', message: 'no tokens left' };
/** Out of quota at once; whoever comes after it goes on. */
const quits = [{ agent: 'first', error }, { agent: 'first', exit: 1 }, ...goesOn];

const start = async (engine: Engine, steps: readonly object[], skills: readonly string[] = []): Promise<Execution> => {
  const execution = await engine.start({ ...onePlan([{ id: 'page', skills, input: { steps } }]), reallocation: policy });
  await execution.authorize('dora');
  return execution;
};

const viewOf = (engine: Engine, { id }: Execution): Promise<ReallocationView> =>
  engine.client.workflow.getHandle(`${id}/sprint/only/reallocation/1`).query<ReallocationView>('status');

const untilStep = (engine: Engine, execution: Execution, step: string): Promise<ReallocationView | null> =>
  until(
    () => viewOf(engine, execution).catch(() => null),
    (view) => view?.step === step,
  );

/** Each thing that counts has happened once. */
async function expectMoved(engine: Engine, execution: Execution, to: string): Promise<void> {
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await viewOf(engine, execution)).toMatchObject({ outcome: { result: 'moved', agent_id: to, attempt: 2 } });
  expect(await execution.tasks()).toMatchObject([{ attempts: 2, agent_id: to, state: 'done' }]);
  const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
  for (const once of ['reallocationStarted', 'workAwarded', 'reallocationEnded', 'taskFinished'])
    expect(
      events.filter((event) => event === once),
      once,
    ).toHaveLength(1);
  const work = journal.starts(execution.id).filter(({ request }) => !('question' in request));
  expect(work.map(({ request }) => [request.agent_id, request.attempt])).toEqual([
    ['first', 1],
    [to, 2],
  ]);
}

test.concurrent.each([
  { step: 'negotiation', steps: quits, isAway: false },
  {
    step: 'handover',
    steps: [{ agent: 'first', wrapUp: [{ waitMs: 60_000 }] }, { agent: 'first', hang: true }, ...goesOn],
    isAway: true,
  },
])(
  'reallocation: kill -9 of the worker during its $step ends as it would have, and nothing comes twice',
  async ({ step, steps, isAway }) => {
    const offer = { decision: 'accept', afterMs: 2_000 };
    const asked = step === 'negotiation' ? { answers: ['offer'] } : {};
    const env = { AGENT_JOURNAL: journal.path, OFFER: JSON.stringify(offer) };
    const engine = await openEngine({
      worker: null,
      config: {
        agents: [
          journal.agent('first', {}, { input: 'stream' }),
          journal.agent('second', { skills: ['more'], ...asked }, { env }),
        ],
        heartbeatTimeout: '3s',
      },
    });
    const options = { configPath: engine.configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
    let worker = await startWorkerProcess(options);
    try {
      const execution = await start(engine, steps);
      if (isAway) {
        await until(
          () => journal.starts(execution.id),
          (starts) => starts.length === 1,
        );
        await execution.update('agentAvailability', { agent_id: 'first', available: false });
      }
      await untilStep(engine, execution, step);
      await worker.kill();
      worker = await startWorkerProcess(options);
      await expectMoved(engine, execution, 'second');
    } finally {
      await worker.kill();
      await engine.close();
    }
  },
);

test.concurrent('reallocation: it outlives the runs of its sprint', async () => {
  const engine = await openEngine({
    config: { agents: [journal.agent('first'), { id: 'person', adapter: { kind: 'human', people: ['ann'] }, skills: ['more'] }] },
    worker: { continueAfterEvents: SHORT_RUN },
  });
  try {
    const execution = await start(engine, quits);
    const sprintId = `${execution.id}/sprint/only`;
    const isAsked = (itemId: string) =>
      until(
        () => execution.status(),
        ({ inbox }) => inbox.some((item) => item.itemId === itemId),
      );
    await isAsked('page/offer/1/person');
    await passRuns(engine.client, sprintId);
    await isAsked('page/offer/1/person');
    await execution.update('respond', { by: 'ann', itemId: 'page/offer/1/person', decision: 'accept' });
    await isAsked('page#2');
    await passRuns(engine.client, sprintId);
    await execution.update('respond', { by: 'ann', itemId: 'page#2', decision: 'done' });
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    expect(await viewOf(engine, execution)).toMatchObject({ outcome: { result: 'moved', agent_id: 'person', attempt: 2 } });
  } finally {
    await engine.close();
  }
});
