import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EscalationView } from '../../src/domain/escalation/review.ts';
import type { InboxItem, Page, TaskView } from '../../src/domain/views.ts';
import { readArtifact, readLedger } from '../support/artifacts.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { passRuns, SHORT_RUN } from '../support/runs.ts';

let engine: Engine;
beforeAll(async () => {
  const agents = [
    scriptedAgent('builder', { capacity: 5 }),
    scriptedAgent('tester', { capacity: 5 }),
    { id: 'ann', adapter: { kind: 'human' } },
  ];
  engine = await openEngine({ config: { agents }, worker: { continueAfterEvents: SHORT_RUN } });
});
afterAll(async () => {
  await engine.close();
});

const shaky = (id: string) => ({ id, agent: 'builder', budget: { attempts: 1 }, input: { steps: [{ failUntilAttempt: 2 }] } });
const chain = { levels: [{ to: ['bo'], within: '1h' }], otherwise: 'stop' };

const askedAbout = (execution: Execution, task: string): Promise<InboxItem> =>
  untilAsked(execution, (item) => item.kind === 'escalation' && item.task === task);

const answer = async (execution: Execution, task: string): Promise<void> => {
  const { itemId } = await askedAbout(execution, task);
  await execution.update('respond', { by: 'bo', itemId, decision: 'retry' });
};

const untilTasks = async (execution: Execution, isSo: (states: Readonly<Record<string, string>>) => boolean): Promise<void> => {
  const statesOf = (tasks: readonly TaskView[]) => Object.fromEntries(tasks.map(({ id, state }) => [id, state]));
  await until(
    () => execution.tasks(),
    (tasks) => isSo(statesOf(tasks)),
  );
};

const measuresIn = async (execution: Execution): Promise<string[]> =>
  (await readLedger(engine, execution.id)).flatMap(({ event }) => (event.startsWith('contingency') ? [event] : []));

test.concurrent('measures: while a task is escalated its lane is held and less is started, over the runs of the sprint; the answer undoes it', async () => {
  const end = join(engine.baseDir, 'end');
  const held = { agent: 'tester', dependsOn: ['gate'], input: { steps: [{ until: end }] } };
  const execution = await startAuthorized(engine, {
    ...onePlan([
      shaky('lexer'),
      { id: 'gate', agent: 'ann' },
      { id: 'parser', agent: 'builder', dependsOn: ['gate'] },
      { id: 'u', ...held },
      { id: 'v', ...held },
    ]),
    escalation: chain,
    contingencies: [{ when: { task: 'lexer' }, do: [{ hold: true }, { concurrency: 1 }] }],
  });
  const { measures } = await askedAbout(execution, 'lexer');
  const text = 'contingency in force: when task lexer is escalated: the work is held, at most 1 at work at a time';
  expect(measures).toContain(text);
  const child = engine.client.workflow.getHandle(`${execution.id}/sprint/only/escalation/1`);
  expect((await child.query<EscalationView>('status')).cause.measures).toEqual(measures);
  expect((await execution.status()).alerts.map(({ id }) => id)).toContain('contingency/1');
  await passRuns(engine.client, `${execution.id}/sprint/only`);

  await execution.update('respond', { by: 'ann', itemId: 'gate#1', decision: 'done' });
  await untilTasks(execution, ({ u }) => u === 'running');
  const { items } = await execution.sprint('only').query<Page<TaskView>>('tasks');
  const waiting = items.flatMap(({ id, state, reason }) => (state === 'waiting' ? [[id, reason]] : []));
  expect(waiting).toEqual([
    ['lexer', 'escalated'],
    ['parser', 'held by a temporary measure'],
    ['v', null],
  ]);
  await answer(execution, 'lexer');
  await untilTasks(execution, ({ parser, v }) => parser === 'done' && v === 'running');
  expect((await execution.status()).alerts).toEqual([]);
  writeFileSync(end, '');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await readArtifact(engine, execution.id, 'reviews/only-escalation-1.md')).toContain(`- ${text}`);
  expect(await measuresIn(execution)).toEqual(['contingencyActivated', 'contingencyUndone']);
});

test.concurrent('measures: a chain pauses the sprint while it is asked about one task or another, and lets it go on after the last answer', async () => {
  const execution = await startAuthorized(engine, {
    ...onePlan([shaky('a'), shaky('b'), { id: 'after', agent: 'tester', dependsOn: ['a'] }]),
    escalation: { ...chain, meanwhile: [{ pause: true }] },
  });
  await Promise.all(['a', 'b'].map((id) => askedAbout(execution, id)));
  const phase = async () => (await execution.status()).sprints[0]?.phase;
  await until(phase, (now) => now === 'paused');
  await answer(execution, 'a');
  await until(
    () => execution.status(),
    ({ inbox }) => !inbox.some(({ task }) => task === 'a'),
  );
  expect(await phase()).toBe('paused');
  await answer(execution, 'b');
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
  expect(events.filter((event) => event === 'paused' || event === 'resumed')).toEqual(['paused', 'resumed']);
  expect(await readArtifact(engine, execution.id, 'reviews/only-escalation-2.md')).toContain('the sprint is paused');
});
