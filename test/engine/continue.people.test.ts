import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readArtifact } from '../support/artifacts.ts';
import { refusalOf, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from '../support/engine.ts';
import { fillRun, passRuns, SHORT_RUN } from '../support/runs.ts';

const journal = openAgentJournal();
afterAll(() => journal.remove());

const open = (authorization: Record<string, unknown>): Promise<Engine> => {
  const agents = [
    journal.agent('talker', { capacity: 5 }, { input: 'stream' }),
    { id: 'board', adapter: { kind: 'human', people: ['bo', 'cy'], within: '2d' } },
    { id: 'hasty', adapter: { kind: 'human', people: 'anyone', within: '8s', otherwise: 'fail' } },
  ];
  return openEngine({ config: { agents, authorization }, worker: { continueAfterEvents: SHORT_RUN } });
};

async function approve(execution: Execution, by: string): Promise<string | null> {
  const { planHash } = await execution.authorization();
  const decision = { by, decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true };
  return refusalOf(execution, 'authorize', decision);
}

test.concurrent('continue: approvals, a human task and a question of a running agent outlive the runs that they came in', async () => {
  const engine = await open({ mode: 'named', approvers: ['ann', 'bo', 'cy'], required: 2, expires: '1h' });
  try {
    const gate = join(engine.baseDir, 'gate');
    const steps = [{ ask: { id: 'colour', text: 'Red or blue?', options: ['red', 'blue'] } }];
    const execution = await engine.start(
      onePlan([
        { id: 'holder', agent: 'talker', input: { steps: [{ until: gate }] } },
        { id: 'sign', agent: 'board', input: { question: 'Ship it?' } },
        {
          id: 'paint',
          agent: 'talker',
          dependsOn: ['sign'],
          input: { steps },
          deliverables: [{ id: 'answer', path: 'answer.txt' }],
        },
      ]),
    );
    const sprintId = `${execution.id}/sprint/only`;
    expect(await approve(execution, 'ann')).toBeNull();
    await passRuns(engine.client, execution.id);
    expect((await execution.authorization()).approvals).toMatchObject([{ by: 'ann' }]);
    expect(await approve(execution, 'ann')).toBe('AlreadyDecided');
    expect(journal.starts(execution.id)).toEqual([]);
    expect(await approve(execution, 'bo')).toBeNull();

    const { itemId } = await untilAsked(execution, ({ kind }) => kind === 'humanTask');
    await passRuns(engine.client, execution.id);
    expect((await untilAsked(execution, ({ kind }) => kind === 'humanTask')).itemId).toBe(itemId);
    await fillRun(engine.client, sprintId);
    await execution.update('respond', { by: 'cy', itemId, decision: 'approve' });

    // Asked from a lane, since the run of the sprint is full and held by an attempt of its own.
    const question = await untilAsked(execution, ({ kind }) => kind === 'question');
    writeFileSync(gate, '');
    await Promise.all([passRuns(engine.client, sprintId, 2), passRuns(engine.client, execution.id, 2)]);
    await execution.update('respond', { by: 'ann', itemId: question.itemId, decision: 'blue' });
    expect(await execution.result()).toMatchObject({ phase: 'completed', summary: 'completed: 3 of 3 tasks done' });
    const answer = JSON.parse(await readArtifact(engine, execution.id, 'deliverables/paint/answer.txt')) as object;
    expect(answer).toMatchObject({ id: 'colour', decision: 'blue' });
    expect(journal.starts(execution.id).map(({ request }) => request.attempt)).toEqual([1, 1]);
  } finally {
    await engine.close();
  }
});

test.concurrent('continue: what silence ends, it ends at the same moment in a later run: an authorization, a human task', async () => {
  const engine = await open({ mode: 'anyone', expires: '12s' });
  try {
    const [silent, asking] = await Promise.all([
      engine.start(onePlan([{ id: 'sign', agent: 'board' }])),
      engine.start(onePlan([{ id: 'sign', agent: 'hasty' }])),
    ]);
    await asking.authorize();
    const { deadline } = await untilAsked(asking, ({ kind }) => kind === 'humanTask');
    const { expiresAt } = await silent.authorization();
    await Promise.all([passRuns(engine.client, silent.id), passRuns(engine.client, `${asking.id}/sprint/only`)]);
    expect((await silent.authorization()).expiresAt).toBe(expiresAt);
    expect(await silent.result()).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('expired') });
    await expect(asking.result()).rejects.toMatchObject({ cause: { type: 'PlanFailed' } });
    expect(await asking.tasks()).toMatchObject([{ state: 'failed', reason: expect.stringContaining(deadline.slice(0, 16)) }]);
  } finally {
    await engine.close();
  }
});

test.concurrent('continue: an escalation outlives the runs of its sprint, which notices when it is terminated, too', async () => {
  const engine = await open({ mode: 'anyone' });
  try {
    const shaky = { id: 'shaky', agent: 'talker', budget: { attempts: 1 }, input: { steps: [{ failUntilAttempt: 2 }] } };
    const escalation = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' };
    const execution = await engine.start({ ...onePlan([shaky]), escalation });
    await execution.authorize();
    const sprintId = `${execution.id}/sprint/only`;
    const first = await untilAsked(execution, ({ kind }) => kind === 'escalation');
    await passRuns(engine.client, sprintId);
    await engine.client.workflow.getHandle(`${sprintId}/escalation/1`).terminate('by hand');
    const { inbox } = await until(
      () => execution.status(),
      (status) => status.inbox.some(({ itemId }) => itemId === 'shaky/escalation/2/1'),
    );
    expect(inbox.map(({ itemId }) => itemId)).not.toContain(first.itemId);
    await passRuns(engine.client, sprintId);
    await execution.update('respond', { by: 'ann', itemId: 'shaky/escalation/2/1', decision: 'retry' });
    expect(await execution.result()).toMatchObject({ phase: 'completed' });
    expect(await readArtifact(engine, execution.id, 'reviews/only-escalation-2.md')).toContain('ann of level 1 decided');
  } finally {
    await engine.close();
  }
});
