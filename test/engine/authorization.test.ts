import { appendFileSync, copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAgentJournal, type AgentJournal } from '../support/agent-journal.ts';
import { artifactPath, parseLedger, readArtifact, readLedger } from '../support/artifacts.ts';
import { refusalOf } from '../support/authorized.ts';
import { fixtureAgent, onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { createRandom, newSeed } from '../support/random.ts';
import { randomMessage } from '../support/random-messages.ts';

const journal: AgentJournal = openAgentJournal();
afterAll(() => journal.remove());

const plan = onePlan([{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['a'] }]);
const policy = { mode: 'named', approvers: ['ann', 'bo', 'cy'], required: 2, expires: '1h' };
const WRONG_HASH = '0'.repeat(64);

async function ready(execution: Execution): Promise<string> {
  const { planHash } = await until(
    () => execution.authorization(),
    (view) => view.planHash !== null,
  );
  return planHash as string;
}

const approval = (by: string, planHash: string, more: Record<string, unknown> = {}) => ({
  by,
  decision: 'approve',
  planHash,
  reviewed: true,
  emergencyStopUnderstood: true,
  ...more,
});

/** Type of the failure of a refused update; null when it was accepted. */
/** Ends it and makes sure that no agent was ever started for it. */
async function expectNothingRan(execution: Execution): Promise<void> {
  await execution.handle.cancel();
  await execution.handle.result().catch(() => undefined);
  expect(journal.starts(execution.id)).toEqual([]);
}

describe('two of three named approvers', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ config: { agents: [journal.agent('worker', { capacity: 4 })], authorization: policy } });
  });
  afterAll(() => engine.close());

  test('authorization: nothing starts for a wrong hash, a wrong person, no review, or without knowing the stop; each is logged', async () => {
    const execution = await engine.start(plan);
    const hash = await ready(execution);
    const refused: readonly (readonly [unknown, string])[] = [
      [approval('ann', WRONG_HASH), 'WrongHash'],
      [approval('ann', hash.toUpperCase()), 'WrongHash'],
      [approval('ann', ''), 'WrongHash'],
      [approval('mallory', hash), 'NotAnApprover'],
      [approval('Ann', hash), 'NotAnApprover'],
      [{ ...approval('mallory', hash), decision: 'reject' }, 'NotAnApprover'],
      [approval('ann', hash, { reviewed: false }), 'InvalidMessage'],
      [approval('ann', hash, { reviewed: undefined }), 'InvalidMessage'],
      [approval('ann', hash, { emergencyStopUnderstood: false }), 'InvalidMessage'],
      [approval('ann', hash, { planHash: undefined }), 'InvalidMessage'],
    ];
    for (const [payload, type] of refused)
      expect(await refusalOf(execution, 'authorize', payload), JSON.stringify(payload)).toBe(type);
    for (const [payload] of refused) await execution.handle.signal('authorize', payload);

    const view = await until(
      () => execution.authorization(),
      ({ refusals }) => refusals.length === 2 * refused.length,
    );
    const types = refused.map(([, type]) => type);
    expect(view.refusals.map(({ type }) => type)).toEqual([...types, ...types]);
    expect(view).toMatchObject({
      phase: 'awaitingAuthorization',
      approvals: [],
      checklist: { explicitPermission: false, documented: false },
    });
    await expectNothingRan(execution);
    const ledger = await readLedger(engine, execution.id);
    expect(ledger.filter(({ event }) => event === 'messageRefused').map(({ data }) => data.type)).toEqual([...types, ...types]);
  });

  test('authorization: one of two is not enough, and the same person twice is one', async () => {
    const execution = await engine.start(plan);
    const hash = await ready(execution);
    expect(await refusalOf(execution, 'authorize', approval('ann', hash))).toBeNull();
    expect(await refusalOf(execution, 'authorize', approval('ann', hash))).toBe('AlreadyDecided');
    expect(await refusalOf(execution, 'authorize', approval(' ann ', hash))).toBe('AlreadyDecided');
    expect(await execution.authorization()).toMatchObject({
      phase: 'awaitingAuthorization',
      required: 2,
      approvals: [{ by: 'ann' }],
    });
    await expectNothingRan(execution);
  });

  test('authorization: two distinct people start it, and what comes after is refused as decided', async () => {
    const execution = await engine.start(plan);
    const hash = await ready(execution);
    await execution.update('authorize', approval('ann', hash, { note: 'looks right' }));
    await execution.update('authorize', approval('cy', hash));
    expect(await refusalOf(execution, 'authorize', approval('bo', hash))).toBe('AlreadyDecided');
    expect((await execution.result()).phase).toBe('completed');
    const view = await execution.authorization();
    expect(view.approvals).toMatchObject([
      { by: 'ann', signed: false, note: 'looks right' },
      { by: 'cy', note: null },
    ]);
    expect(view.checklist).toEqual({ planReviewed: true, explicitPermission: true, documented: true, emergencyStopActive: true });
    expect(journal.starts(execution.id)).toHaveLength(3);
  });

  test('authorization: one rejection of an approver ends it, whoever has approved', async () => {
    const execution = await engine.start(plan);
    const hash = await ready(execution);
    await execution.update('authorize', approval('ann', hash));
    await execution.update('authorize', { by: 'bo', decision: 'reject', note: 'not this week' });
    expect(await execution.result()).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('not this week') });
    expect((await execution.authorization()).rejection).toMatchObject({
      by: 'bo',
      reason: expect.stringContaining('not this week'),
    });
    expect(journal.starts(execution.id)).toEqual([]);
  });

  test('authorization: the hash of plan A does not authorize plan B', async () => {
    const a = await engine.start(plan);
    const b = await engine.start(onePlan([{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['b'] }]));
    const [hashA, hashB] = [await ready(a), await ready(b)];
    expect(hashA).not.toBe(hashB);
    for (const by of ['ann', 'bo']) expect(await refusalOf(b, 'authorize', approval(by, hashA))).toBe('WrongHash');
    await expectNothingRan(b);
    await expectNothingRan(a);
  });

  test('authorization: before the plan is prepared there is nothing to authorize', async () => {
    const early = await openEngine({ worker: null });
    try {
      const execution = await early.start(plan);
      await execution.handle.signal('authorize', approval('ann', WRONG_HASH));
      await early.startWorker();
      await ready(execution);
      const { refusals } = await until(
        () => execution.authorization(),
        (view) => view.refusals.length === 1,
      );
      expect(refusals).toMatchObject([{ type: 'NotAllowedInPhase' }]);
      await expectNothingRan(execution);
    } finally {
      await early.close();
    }
  });

  test('authorization: 1,000 random messages start nothing; then the right ones do', async () => {
    const seed = newSeed();
    console.log(`[authorization] seed of the random messages: ${seed}`);
    const random = createRandom(seed);
    const execution = await engine.start(plan);
    const hash = await ready(execution);
    const queue = Array.from({ length: 1000 }, () =>
      randomMessage(random, { hash, taskIds: ['a', 'b', 'c'], agentIds: ['worker'], approvers: policy.approvers }),
    );
    const send = async (): Promise<void> => {
      for (let message = queue.pop(); message !== undefined; message = queue.pop()) {
        const { kind, name, payload } = message;
        if (kind === 'signal') await execution.handle.signal(name, payload);
        else await execution.update(name, payload).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: 16 }, send));
    const { phase, approvals } = await execution.authorization();
    expect(['awaitingAuthorization', 'stopped']).toContain(phase);
    expect(approvals).toEqual([]);
    expect(journal.starts(execution.id)).toEqual([]);

    if ((await execution.status()).phase === 'stopped') await execution.update('resume', { by: 'ann' });
    await execution.update('authorize', approval('ann', hash));
    await execution.update('authorize', approval('bo', hash));
    expect((await execution.result()).phase).toBe('completed');
    expect(
      journal
        .starts(execution.id)
        .map(({ request }) => request.task.id)
        .toSorted(),
    ).toEqual(['a', 'b', 'c']);
  }, 120_000);

  test('authorization: it stands in the ledger before the first agent starts', async () => {
    const id = `${engine.taskQueue}-ledger`;
    const ledger = artifactPath(engine, id, 'ledger.jsonl');
    const steps = [{ copy: ledger, to: 'seen.jsonl' }];
    const execution = await engine.start(
      onePlan([{ id: 'a', input: { steps }, deliverables: [{ id: 'seen', path: 'seen.jsonl' }] }]),
      id,
    );
    const hash = await ready(execution);
    for (const by of ['bo', 'ann']) await execution.update('authorize', approval(by, hash));
    await execution.result();
    // What the agent saw of the ledger when it started.
    const seen = parseLedger(await readArtifact(engine, id, 'deliverables/a/seen.jsonl'));
    expect(seen.filter(({ event }) => event === 'approved').map(({ data }) => data.by)).toEqual(['bo', 'ann']);
    const events = (await readLedger(engine, id)).map(({ event }) => event);
    expect(events.lastIndexOf('approved')).toBeLessThan(events.indexOf('taskStarted'));
  });
});

test.concurrent('authorization: an expired one is rejected, and an approval that comes too late while no worker runs is refused as expired', async () => {
  const engine = await openEngine({
    config: { agents: [journal.agent('worker')], authorization: { ...policy, required: 1, expires: '4s' } },
  });
  try {
    const [silent, late] = [await engine.start(plan), await engine.start(plan)];
    const hash = await ready(late);
    await engine.worker?.shutdown();
    const expired = Date.now() + 4_000;
    await until(
      () => Date.now(),
      (now) => now > expired,
    );
    await late.handle.signal('authorize', approval('ann', hash));
    await engine.startWorker();
    expect(await silent.result()).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('expired') });
    expect(await late.result()).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('expired') });
    expect((await silent.authorization()).rejection).toMatchObject({ by: null, reason: expect.stringContaining('expired') });
    expect((await late.authorization()).refusals).toMatchObject([{ type: 'Expired', by: 'ann' }]);
    expect(journal.starts(silent.id)).toEqual([]);
    expect(journal.starts(late.id)).toEqual([]);
  } finally {
    await engine.close();
  }
});

test.concurrent('authorization: what is not ready cannot be approved, and says what is missing', async () => {
  const agents = [
    journal.agent('missing', {}, { run: ['no-such-program-anywhere'] }),
    journal.agent('mute', {}, { probe: ['node', '-e', 'console.log("no licence"); process.exit(3)'] }),
    journal.agent('fine', {}, { probe: ['node', '-e', '0'] }),
  ];
  const engine = await openEngine({ config: { agents } });
  try {
    for (const [agent, words] of [
      ['missing', 'no-such-program-anywhere'],
      ['mute', 'no licence'],
    ] as const) {
      const execution = await engine.start(onePlan([{ id: 'a', agent }], { agents: [agent] }));
      const hash = await ready(execution);
      const failed = (await execution.authorization()).readiness.filter(({ ok }) => !ok);
      expect(failed).toMatchObject([{ name: expect.stringContaining(agent), detail: expect.stringContaining(words) }]);
      expect(await refusalOf(execution, 'authorize', approval('ann', hash))).toBe('NotAllowedInPhase');
      expect((await execution.authorization()).refusals.at(-1)?.message).toContain(words);
      await expectNothingRan(execution);
    }
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'fine' }], { agents: ['fine'] }));
    await execution.authorize();
    expect((await execution.result()).phase).toBe('completed');
  } finally {
    await engine.close();
  }
});

test.concurrent('authorization: an agent whose program changes after it is refused by the worker', async () => {
  const engine = await openEngine({
    config: {
      agents: [{ id: 'worker', adapter: { kind: 'command', run: ['node', 'agent.mjs'], env: { AGENT_JOURNAL: journal.path } } }],
    },
  });
  try {
    await engine.worker?.shutdown();
    const program = `${engine.baseDir}/agent.mjs`;
    copyFileSync(fixtureAgent('scripted.mjs'), program);
    await engine.startWorker();
    const execution = await engine.start(onePlan([{ id: 'a' }]));
    await ready(execution);
    appendFileSync(program, '\n// another program now\n');
    await execution.authorize();
    const failure = await execution.result().catch((error: { cause: unknown }) => error.cause);
    expect(failure).toMatchObject({ type: 'PlanFailed' });
    expect((await execution.tasks())[0]).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not the one that was authorized'),
    });
    expect(journal.starts(execution.id)).toEqual([]);
  } finally {
    await engine.close();
  }
});
