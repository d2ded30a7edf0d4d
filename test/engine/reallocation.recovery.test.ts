import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import type { ReallocationView } from '../../src/domain/reallocation/view.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { untilAsked } from '../support/authorized.ts';
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

const start = async (engine: Engine, steps: readonly object[], agents?: readonly string[]): Promise<Execution> => {
  const team = agents === undefined ? {} : { agents };
  const execution = await engine.start({
    ...onePlan([{ id: 'page', skills: [], input: { steps } }], team),
    reallocation: policy,
  });
  await execution.authorize('dora');
  return execution;
};

const childOf = ({ client }: Engine, { id }: Execution) => client.workflow.getHandle(`${id}/sprint/only/reallocation/1`);
const viewOf = (engine: Engine, execution: Execution): Promise<ReallocationView> =>
  childOf(engine, execution).query<ReallocationView>('status');

const untilStep = (engine: Engine, execution: Execution, step: string): Promise<ReallocationView | null> =>
  until(
    () => viewOf(engine, execution).catch(() => null),
    (view) => view?.step === step,
  );

/** Each thing that counts has happened once; an attempt that was lost with its worker is made again by the same agent. */
async function expectMoved(engine: Engine, execution: Execution, to = 'second', last = 2): Promise<void> {
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await viewOf(engine, execution)).toMatchObject({ outcome: { result: 'moved', agent_id: to, attempt: last } });
  expect(await execution.tasks()).toMatchObject([{ attempts: last, agent_id: to, state: 'done' }]);
  const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
  for (const once of ['reallocationStarted', 'candidatesAssessed', 'workAwarded', 'reallocationEnded', 'taskFinished'])
    expect(
      events.filter((event) => event === once),
      once,
    ).toHaveLength(1);
  const later = Array.from({ length: last - 1 }, (_, place) => ['second', place + 2]);
  const work = journal.starts(execution.id).map(({ request }) => [request.agent_id, request.attempt]);
  expect(work).toEqual([['first', 1], ...(to === 'second' ? later : [])]);
}

const untilAtWork = ({ id }: Execution): Promise<unknown> =>
  until(
    () => journal.starts(id),
    (starts) => starts.length === 1,
  );
const away = { agent_id: 'first', available: false };

test('reallocation: kill -9 of the worker in each of its five steps ends as it would have, and nothing comes twice', async () => {
  const person = { id: 'person', adapter: { kind: 'human', people: ['ann'] }, skills: ['more'] };
  const agents = [journal.agent('first', {}, { input: 'stream' }), journal.agent('second', { skills: ['more'] }), person];
  const engine = await openEngine({ worker: null, config: { agents, heartbeatTimeout: '3s' } });
  const options = { configPath: engine.configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
  const gate = join(engine.baseDir, 'gate');
  const programs = ['first', 'second'];
  const hangs = { agent: 'first', hang: true };
  let worker = await startWorkerProcess(options);
  try {
    const [detection, assessment, negotiation, handover, validation] = await Promise.all([
      start(engine, [{ agent: 'first', wrapUp: [] }, hangs, ...goesOn], programs),
      start(engine, [{ agent: 'first', until: gate }, ...quits], programs),
      start(engine, quits, ['first', 'person']),
      start(engine, [{ agent: 'first', wrapUp: [{ waitMs: 60_000 }] }, hangs, ...goesOn], programs),
      start(engine, [...quits.slice(0, 2), { attempt: 2, hang: true }, ...goesOn], programs),
    ]);
    await Promise.all([detection, assessment, handover].map(untilAtWork));
    await handover.handle.signal('agentAvailability', away);
    await untilStep(engine, negotiation, 'negotiation');
    await untilStep(engine, handover, 'handover');
    await untilStep(engine, validation, 'validation');
    writeFileSync(gate, '');
    // The child is there, and its first step, which assesses, has hardly been made.
    for (let isThere = false; !isThere;)
      isThere = await childOf(engine, assessment)
        .describe()
        .then(
          () => true,
          () => false,
        );
    // What a frozen worker is told is detected by the next one.
    worker.send('SIGSTOP');
    await detection.sprint('only').signal('agentAvailability', away);
    await worker.kill();
    worker = await startWorkerProcess(options);
    const { itemId } = await untilAsked(negotiation, ({ kind }) => kind === 'offer');
    await negotiation.update('respond', { by: 'ann', itemId, decision: 'accept' });
    const taken = await untilAsked(negotiation, ({ kind }) => kind === 'humanTask');
    await negotiation.update('respond', { by: 'ann', itemId: taken.itemId, decision: 'done' });
    await expectMoved(engine, detection);
    await expectMoved(engine, assessment);
    await expectMoved(engine, negotiation, 'person');
    await expectMoved(engine, handover);
    await expectMoved(engine, validation, 'second', 3);
  } finally {
    await worker.kill();
    await engine.close();
  }
}, 90_000);

test('reallocation: it outlives the runs of its sprint', async () => {
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
