import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { toSprintInboxView, toSprintStatusView } from '../../../src/domain/sprint/view.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

describe('status of a sprint', () => {
  it('is that of an execution with one sprint in it', () => {
    const run = runSprint({ tasks: [task('sign', { agent: 'ann' })], agents: [agent('ann', { kind: 'human' })] });
    run.start();
    expect(toSprintStatusView(run.sprint)).toMatchObject({
      executionId: 'release',
      project: null,
      phase: 'running',
      planHash: null,
      sprints: [{ id: 'core', workflowId: 'release/sprint/core', phase: 'running', tasks: { total: 1, running: 1 } }],
      tasks: { total: 1, running: 1 },
      agents: [{ agent_id: 'ann' }],
      inbox: [{ itemId: 'sign#1', kind: 'humanTask', people: ['ann'] }],
    });
    expect(toSprintStatusView(run.sprint).inbox[0]).not.toHaveProperty('deadlineMs');
    expect(toSprintInboxView(run.sprint)).toEqual(toSprintStatusView(run.sprint).inbox);
  });

  it('stays below what a query may answer, with 500 questions of any length', () => {
    const people = Array.from({ length: 500 }, (_, number) => agent(`p${number}`, { kind: 'human' }));
    const tasks = people.map(({ id }) => task(`of-${id}`, { agent: id, description: '漢'.repeat(20_000) }));
    const run = runSprint({ tasks, agents: people });
    run.start();
    const { inbox, ...rest } = toSprintStatusView(run.sprint);
    expect(jsonBytes({ inbox, ...rest })).toBeLessThan(2 * 1024 * 1024);
    expect(toSprintInboxView(run.sprint)).toEqual(inbox);
  });
});

describe('mailbox of a sprint', () => {
  it('has the answers for the attempts at work, and none for others', () => {
    const run = runSprint({ tasks: [task('a')], agents: [agent('builder')] });
    run.start();
    run.report('a', { status: 'blocked', question: { id: 'q', text: 'Which?', options: [] } });
    run.send('respond', { by: 'ann', itemId: 'a#1/q', decision: 'left', note: 'it is shorter', data: { n: 1 } });
    const ask = (attempts: unknown) => toMailbox(run.sprint, { attempts }).answers;
    expect(ask([{ taskId: 'a', attempt: 1 }])).toEqual([
      { taskId: 'a', attempt: 1, questionId: 'q', decision: 'left', text: 'it is shorter', data: { n: 1 } },
    ]);
    expect([
      ask([{ taskId: 'a', attempt: 2 }]),
      ask([{ taskId: 'constructor', attempt: 1 }]),
      ask('all'),
      toMailbox(run.sprint, null).answers,
    ]).toEqual([[], [], [], []]);
  });
});
