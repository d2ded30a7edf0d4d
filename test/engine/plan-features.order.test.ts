import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOverlapping, mostAtOnce, openAgentJournal, type Span } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';

const journal = openAgentJournal();
let engine: Engine;

beforeAll(async () => {
  const agents = [
    journal.agent('x', { capacity: 4, skills: ['build'] }),
    journal.agent('y', { capacity: 4, skills: ['build', 'test'] }),
    journal.agent('z', { capacity: 1, skills: ['docs'] }),
  ];
  engine = await openEngine({ config: { agents, resources: [{ id: 'rig', capacity: 2 }] } });
});
afterAll(async () => {
  await engine.close();
  journal.remove();
});

let gates = 0;
const newGate = (): string => `${engine.baseDir}/gate-${gates++}`;
const open = (gate: string): void => writeFileSync(gate, '');

/** Steps by which two tasks wait for each other: they end only if they run at the same time. */
function meeting(): readonly [object, object] {
  const [a, b] = [newGate(), newGate()];
  return [{ steps: [{ write: a, text: '' }, { until: b }] }, { steps: [{ write: b, text: '' }, { until: a }] }];
}

const plan = (sprints: readonly object[], more: object = {}) => ({ pact: 1, project: { name: 'Test' }, sprints, ...more });

async function carryOut(of: unknown): Promise<Execution> {
  const execution = await engine.start(of);
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
  return execution;
}

const spanOf = (execution: Execution, task: string): Span => {
  const found = journal.spans(execution.id).find((span) => span.task === task);
  if (!found) throw new Error(`${task} was not carried out`);
  return found;
};

test.concurrent('plan: sprints go in the order of the list where nothing else is said', async () => {
  const execution = await carryOut(
    plan([
      { id: 'one', tasks: [{ id: 'a' }, { id: 'b' }] },
      { id: 'two', tasks: [{ id: 'c' }] },
    ]),
  );
  expect(spanOf(execution, 'c').from).toBeGreaterThanOrEqual(Math.max(spanOf(execution, 'a').to, spanOf(execution, 'b').to));
});

test.concurrent('plan: sprints that do not depend on each other run side by side, and one that depends on both comes after them', async () => {
  const [left, right] = meeting();
  const execution = await carryOut(
    plan([
      { id: 'left', agents: ['x'], tasks: [{ id: 'a', input: left }] },
      { id: 'right', dependsOn: [], agents: ['y'], tasks: [{ id: 'b', input: right }] },
      { id: 'last', dependsOn: ['left', 'right'], tasks: [{ id: 'c' }] },
    ]),
  );
  expect(isOverlapping(spanOf(execution, 'a'), spanOf(execution, 'b'))).toBe(true);
  expect(spanOf(execution, 'c').from).toBeGreaterThanOrEqual(Math.max(spanOf(execution, 'a').to, spanOf(execution, 'b').to));
});

test.concurrent('plan: sprints that could run side by side but share a resource, a path or a single agent go one after the other, with the reason', async () => {
  const pairs: readonly (readonly [object, string])[] = [
    [{ agents: ['x'], share: { resources: ['press'] } }, 'both use the resource press'],
    [{ agents: ['x'], share: { paths: ['src'] } }, 'both change src'],
    [{ agents: ['z'], share: {} }, 'both work with z'],
  ];
  const run = async ([{ agents, share }, reason]: readonly [{ agents?: string[]; share?: object }, string]): Promise<void> => {
    const execution = await engine.start(
      plan([
        { id: 'one', agents, tasks: [{ id: 'a', ...share }] },
        { id: 'two', dependsOn: [], agents, tasks: [{ id: 'b', ...share }] },
      ]),
    );
    const { review } = await until(
      () => execution.authorization(),
      ({ planHash }) => planHash !== null,
    );
    expect(review).toContain(reason);
    await execution.authorize();
    await execution.result();
    expect(spanOf(execution, 'b').from, reason).toBeGreaterThanOrEqual(spanOf(execution, 'a').to);
  };
  await Promise.all(pairs.map(run));
});

test.concurrent('plan: at a checkpoint the named agents finish what they do before any of them goes on', async () => {
  const gate = newGate();
  const execution = await engine.start(
    onePlan(
      [
        { id: 'api', agent: 'x' },
        { id: 'long', agent: 'y', input: { steps: [{ until: gate }] } },
        { id: 'next', agent: 'x', dependsOn: ['api'] },
        { id: 'free', agent: 'z', dependsOn: ['api'] },
      ],
      { checkpoints: [{ id: 'freeze', after: ['api'], agents: ['x', 'y'] }] },
    ),
  );
  await execution.authorize();
  const gathering = await until(
    () => execution.status(),
    ({ coordination }) => coordination.checkpoints[0]?.state === 'gathering',
  );
  expect(gathering.coordination.checkpoints).toEqual([{ id: 'freeze', sprint: 'only', state: 'gathering' }]);
  await until(
    () => journal.spans(execution.id),
    (spans) => spans.some(({ task, to }) => task === 'free' && Number.isFinite(to)),
  );
  expect(journal.spans(execution.id).map(({ task }) => task)).not.toContain('next');
  open(gate);
  await execution.result();
  expect(spanOf(execution, 'next').from).toBeGreaterThanOrEqual(spanOf(execution, 'long').to);
  expect((await readLedger(engine, execution.id)).map(({ event }) => event)).toContain('checkpointPassed');
});

test.concurrent('plan: an agent with triggers is idle until one of them fires, and the log names it', async () => {
  const gate = newGate();
  const triggers = [
    {
      agent: 'z',
      when: {
        all: [
          { task: 'draft', reached: 'finished' },
          { deliverable: 'text', of: 'draft' },
          { metric: 'overall_progress', above: 20 },
        ],
      },
    },
  ];
  const tasks = [
    { id: 'draft', agent: 'x', input: { steps: [{ until: gate }] }, deliverables: [{ id: 'text', path: 'text.md' }] },
    { id: 'print', agent: 'z' },
  ];
  const execution = await engine.start(plan([{ id: 'only', tasks }], { triggers }));
  await execution.authorize();
  await until(
    () => execution.status(),
    ({ tasks: counts, coordination }) => counts.running === 1 && coordination.inactiveAgents.includes('z'),
  );
  expect(journal.spans(execution.id).map(({ task }) => task)).not.toContain('print');
  open(gate);
  await execution.result();
  expect(spanOf(execution, 'print').from).toBeGreaterThanOrEqual(spanOf(execution, 'draft').to);
  const fired = (await readLedger(engine, execution.id)).find(({ event }) => event === 'agentActivated');
  expect(fired).toMatchObject({ data: { agent_id: 'z', trigger: expect.stringContaining('task draft has finished') } });
});

test.concurrent('plan: triggers fire on a failure, on a checkpoint and on time', async () => {
  const failing = { id: 'wobbly', agent: 'x', input: { steps: [{ failUntilAttempt: 2 }] } };
  const cases: readonly (readonly [object, object])[] = [
    [{ metric: 'error_rate', above: 10 }, {}],
    [{ checkpoint: 'met' }, { checkpoints: [{ id: 'met', after: ['wobbly'], agents: ['x'] }] }],
    [{ after: '2s' }, {}],
    [{ any: [{ task: 'wobbly', reached: 'failed' }, { at: new Date(Date.now() + 3_000).toISOString() }] }, {}],
  ];
  await Promise.all(
    cases.map(async ([when, more]) => {
      const execution = await carryOut(
        plan([{ id: 'only', tasks: [failing, { id: 'print', agent: 'z' }], ...more }], { triggers: [{ agent: 'z', when }] }),
      );
      const events = (await readLedger(engine, execution.id)).filter(
        ({ event, data }) => event === 'agentActivated' || (event === 'taskStarted' && data.task === 'print'),
      );
      expect(
        events.map(({ event }) => event),
        JSON.stringify(when),
      ).toEqual(['agentActivated', 'taskStarted']);
    }),
  );
});

test.concurrent('plan: skills choose who does a task, and an agent never does more at a time than its capacity', async () => {
  const [left, right] = meeting();
  const tasks = [
    { id: 'test', skills: ['test'] },
    ...Array.from({ length: 4 }, (_, n) => ({ id: `docs-${n}`, skills: ['docs'] })),
    { id: 'left', agent: 'x', input: left },
    { id: 'right', agent: 'x', input: right },
  ];
  const execution = await carryOut(onePlan(tasks));
  const spans = journal.spans(execution.id);
  expect(spanOf(execution, 'test').agent).toBe('y');
  const docs = spans.filter(({ task }) => task.startsWith('docs-'));
  expect(docs.map(({ agent }) => agent)).toEqual(['z', 'z', 'z', 'z']);
  expect(mostAtOnce(docs)).toBe(1);
  expect(isOverlapping(spanOf(execution, 'left'), spanOf(execution, 'right'))).toBe(true);
});

test.concurrent('plan: exclusive resources and overlapping paths never meet, shared ones do up to their capacity, with growing fencing tokens', async () => {
  const [left, right] = meeting();
  const [inA, inB] = meeting();
  const exclusive = Array.from({ length: 4 }, (_, n) => ({ id: `press-${n}`, agent: 'x', resources: ['press'] }));
  const shared = [left, right].map((input, n) => ({
    id: `rig-${n}`,
    agent: 'y',
    priority: 'urgent',
    resources: [{ id: 'rig', mode: 'shared' }],
    input,
  }));
  const paths = [
    { id: 'folder', agent: 'x', paths: ['src'] },
    { id: 'a', agent: 'x', paths: ['src/a.ts'], input: inA },
    { id: 'b', agent: 'x', paths: ['src/b.ts'], input: inB },
  ];
  const execution = await carryOut(onePlan([...exclusive, ...shared, ...paths]));
  const spans = journal.spans(execution.id);
  expect(mostAtOnce(spans.filter(({ task }) => task.startsWith('press-')))).toBe(1);
  for (const file of ['a', 'b']) expect(isOverlapping(spanOf(execution, 'folder'), spanOf(execution, file))).toBe(false);
  expect(isOverlapping(spanOf(execution, 'a'), spanOf(execution, 'b'))).toBe(true);
  const leases = journal
    .starts(execution.id)
    .flatMap(({ request }) => request.leases.map((lease) => ({ ...lease, task: request.task.id })));
  const tokens = leases.filter(({ resource }) => resource === 'press').map(({ token }) => token);
  expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
  expect(tokens).toHaveLength(4);
  expect(leases.filter(({ resource }) => resource === 'rig').map(({ mode }) => mode)).toEqual(['shared', 'shared']);
});

test.concurrent('plan: where only one can go, the more urgent goes first, and among equals the one with the longest way to go', async () => {
  const gate = newGate();
  const tasks = [
    { id: 'now', agent: 'z', priority: 'urgent', input: { steps: [{ until: gate }] } },
    { id: 'low', agent: 'z', priority: 'low' },
    { id: 'short', agent: 'z', estimate: '1m' },
    { id: 'long', agent: 'z', estimate: '1h' },
    { id: 'high', agent: 'z', priority: 'high' },
  ];
  const execution = await engine.start(onePlan(tasks));
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 1,
  );
  expect(existsSync(gate)).toBe(false);
  open(gate);
  await execution.result();
  expect(journal.starts(execution.id).map(({ request }) => request.task.id)).toEqual(['now', 'high', 'long', 'short', 'low']);
});
