import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrepareInput } from '../../src/activities/prepare.ts';
import type { TestedAdditions } from '../../src/activities/test-additions.ts';
import { canonicalHash } from '../../src/domain/canonical-hash.ts';
import type { Prepared, ReadinessItem } from '../../src/domain/prepared.ts';
import type { Problem } from '../../src/domain/source/problem.ts';
import { commandAgent, createEnvironment, createFixture, type Fixture, channel } from './attempt-fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await createFixture((baseDir) => {
    const run = [process.execPath, join(baseDir, 'agents/agent.mjs')];
    return {
      agents: [
        commandAgent('builder', run, {
          probe: [process.execPath, '-e', 'require("fs").writeFileSync(process.env.HOME + "/x", "")'],
        }),
        commandAgent('sick', run, { probe: ['sh', '-c', 'echo licence expired; exit 2'] }),
        commandAgent('absent', ['/no/such/program']),
        { ...commandAgent('remote', ['/only/there']), queue: 'gpu' },
        { ...commandAgent('ann', []), adapter: { kind: 'human', people: ['ann', 'bo'], withinMs: 1_000, otherwise: 'fail' } },
      ],
      checks: [
        { id: 'tests', run: ['sh', '-c', 'true'], timeoutMs: 1_000, env: {} },
        { id: 'lint', run: ['/no/such/linter'], timeoutMs: 1_000, env: {} },
      ],
      channels: [
        channel({ id: 'log', kind: 'console' }),
        channel({ id: 'mail', kind: 'command', run: ['/no/such/mailer'] }),
        channel({ id: 'backed', kind: 'command', run: ['/no/such/pager'], fallback: ['mail', 'log'] }),
      ],
      notify: ['log', 'mail', 'pager', 'backed'],
    };
  });
  await fixture.program('agent.mjs', 'process.exit(0)');
});
afterAll(() => fixture.close());

const prepare = async (input: Partial<PrepareInput>): Promise<Prepared> =>
  (await createEnvironment().env.run<[PrepareInput], object, (input: PrepareInput) => Promise<object>>(
    fixture.activities.workflowActivities.prepare,
    { executionId: 'pact-1', ...input },
  )) as Prepared;
const failureOf = async (input: Partial<PrepareInput>): Promise<ApplicationFailure> => {
  const failure = await prepare(input).then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect((failure as ApplicationFailure).nonRetryable).toBe(true);
  return failure as ApplicationFailure;
};
const task = (id: string, agent: string, change: object = {}) => ({ id, agent, ...change });
const plan = (...tasks: object[]) => ({ pact: 1, project: { name: 'Parser' }, sprints: [{ id: 'core', tasks }] });
const byName = (items: readonly ReadinessItem[]) =>
  Object.fromEntries(items.map(({ name, ok, detail }) => [name, { ok, detail }]));

describe('prepare', () => {
  it('resolves a plan, tests what it uses and fixes the hash', async () => {
    const sprint = {
      id: 'core',
      agents: ['builder', 'ann'],
      tasks: [task('lexer', 'builder', { checks: ['tests'] }), task('sign', 'ann')],
    };
    const prepared = await prepare({ plan: { pact: 1, project: { name: 'Parser' }, sprints: [sprint] } });
    expect(prepared.resolved.agents.map(({ id }) => id)).toEqual(['ann', 'builder']);
    expect(prepared.resolved.checks).toEqual([{ id: 'tests', digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(prepared.planHash).toBe(canonicalHash(prepared.resolved));
    expect(prepared.review).toContain(prepared.planHash);
    expect(prepared.searchAttributes).toBe(true);
    const readiness = byName(prepared.readiness);
    expect(Object.keys(readiness)).toEqual([
      'agent ann: person',
      'agent builder: program',
      'agent builder: probe',
      'check tests: program',
      'channel log',
      'channel mail',
      'channel pager',
      'channel backed',
      'emergency stop',
    ]);
    expect(Object.entries(readiness).flatMap(([name, { ok }]) => (ok ? [] : [name]))).toEqual(['channel mail', 'channel pager']);
    expect(readiness['channel backed']?.detail).toMatch(/no\/such\/pager.*; mail: .*; log stands in: the log of the worker/);
    expect(readiness['emergency stop']?.detail).toMatch(/processes/);
  });

  it('says what is not ready and why', async () => {
    const readiness = byName(
      (await prepare({ plan: plan(task('a', 'sick'), task('b', 'absent', { checks: ['lint'] }), task('c', 'remote')) }))
        .readiness,
    );
    expect(readiness['agent sick: probe']).toEqual({
      ok: false,
      detail: expect.stringMatching(/Exited with 2.*licence expired/),
    });
    expect(readiness['agent absent: program']).toEqual({ ok: false, detail: expect.stringContaining('/no/such/program') });
    expect(readiness['check lint: program']).toEqual({ ok: false, detail: expect.stringContaining('/no/such/linter') });
    expect(Object.keys(readiness).filter((name) => name.includes('remote'))).toEqual([]);
  });

  it('gives another hash when a program file has changed', async () => {
    const before = await prepare({ plan: plan(task('a', 'builder')) });
    expect((await prepare({ plan: plan(task('a', 'builder')) })).planHash).toBe(before.planHash);
    await appendFile(join(fixture.baseDir, 'agents/agent.mjs'), '// changed');
    expect((await prepare({ plan: plan(task('a', 'builder')) })).planHash).not.toBe(before.planHash);
  });

  it('fails with every mistake of the plan in message and details', async () => {
    const failure = await failureOf({
      plan: plan(task('a', 'bilder'), task('b', 'builder', { checks: ['test'], colour: 'red' })),
    });
    expect(failure.type).toBe('InvalidPlan');
    const problems = failure.details?.[0] as Problem[];
    expect(problems.length).toBeGreaterThanOrEqual(3);
    for (const { path } of problems) expect(failure.message).toContain(path);
    for (const word of ['bilder', 'colour', 'test']) expect(failure.message).toContain(word);
  });

  it.each([
    [{}, 'plan', /no plan in the workflow input/],
    [{ plan: null }, 'plan', /no plan in the workflow input/],
    [{ plan: {}, planRef: {} }, 'planRef', /both "plan" and "planRef"/],
    [{ planRef: { uri: 'file:///x', sha256: 'x' } }, 'planRef', /sha256: expected 64 hex digits/],
  ])('refuses the input %j', async (input, path, message) => {
    const failure = await failureOf(input);
    expect(failure.type).toBe('InvalidPlan');
    expect(failure.message).toMatch(message);
    expect(failure.details?.[0]).toMatchObject([{ path }]);
  });

  it('refuses a sprint that the plan does not have', async () => {
    expect((await failureOf({ plan: plan(task('a', 'builder')), sprintId: 'cor' })).message).toContain('cor');
  });

  it.each([0, 'text', [], { pact: 2 }, { sprints: 7 }])('refuses %j and never breaks', async (garbage) => {
    expect((await failureOf({ plan: garbage })).type).toBe('InvalidPlan');
  });
});

describe('probeAgents', () => {
  it('tests agents on their own queue and knows what it does not have', async () => {
    const { probeAgents } = fixture.activities.agentActivities;
    const items = (await createEnvironment().env.run(probeAgents, {
      agentIds: ['builder', 'nobody'],
    })) as readonly ReadinessItem[];
    expect(items.map(({ name, ok }) => [name, ok])).toEqual([
      ['agent builder: program', true],
      ['agent builder: probe', true],
      ['agent nobody', false],
    ]);
  });
});

describe('testAdditions', () => {
  it('tests what an amendment brings in, leaves other queues to their workers, and finds what has changed since', async () => {
    const { resolved } = await prepare({ plan: plan(task('a', 'builder', { checks: ['tests'] }), task('b', 'remote')) });
    const { testAdditions } = fixture.activities.workflowActivities;
    const test = async (change: object = {}): Promise<TestedAdditions> =>
      (await createEnvironment().env.run(testAdditions, {
        agents: resolved.agents.filter(({ id }) => id !== 'ann').map((agent) => ({ ...agent, ...change })),
        checks: resolved.checks,
        targets: [],
        channels: ['mail', 'backed'],
      })) as TestedAdditions;
    const { readiness, elsewhere } = await test();
    expect(elsewhere).toEqual({ gpu: ['remote'] });
    expect(readiness.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['agent absent: program', 'agent sick: probe', 'channel mail']),
    );
    expect(readiness.filter(({ ok }) => ok).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['agent builder: probe', 'check tests: program', 'channel backed']),
    );
    const changed = (await test({ digest: 'another' })).readiness.find(({ name }) => name === 'agent remote: config');
    expect(changed).toMatchObject({ ok: false, detail: expect.stringContaining('It has changed since') as string });
  });
});
