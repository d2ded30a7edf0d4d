import { describe, expect, it } from 'vitest';
import { toStatusesEvent } from '../../../src/domain/execution/commands.ts';
import type { ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { toProgressEvent } from '../../../src/domain/execution/progress-schema.ts';
import { agent, item, news, progress, runAuthorized, runExecution, status, type GivenPlan } from './execution-run.ts';

const pair: GivenPlan = { sprints: { core: null, docs: null } };

describe('messages: what is refused, and why', () => {
  const cases: readonly (readonly [string, Parameters<ReturnType<typeof runExecution>['send']>[0], unknown, RegExp])[] = [
    [
      'an agent that the plan does not have',
      'agentAvailability',
      { agent_id: 'nobody', available: true },
      /^UnknownAgent: the plan has no agent "nobody"; it has builder$/,
    ],
    [
      'an agent named like something that every record has',
      'agentAvailability',
      { agent_id: 'constructor', available: true },
      /^UnknownAgent/,
    ],
    ['an availability of nobody', 'agentAvailability', { available: true }, /^InvalidMessage: agent_id/],
    [
      'a task that the plan does not have',
      'setPriority',
      { by: 'ann', taskId: 'none', priority: 'low' },
      /^UnknownTask: the plan has no task "none"/,
    ],
    [
      'a priority that does not exist',
      'setPriority',
      { by: 'ann', taskId: 'core-task', priority: 'asap' },
      /^InvalidMessage: priority/,
    ],
    [
      'an answer to what nobody asked',
      'respond',
      { by: 'ann', itemId: 'x#1', decision: 'yes' },
      /^UnknownItem: no item "x#1" waits; open are: none/,
    ],
    [
      'an answer named like something that every record has',
      'respond',
      { by: 'ann', itemId: '__proto__', decision: 'resume' },
      /^UnknownItem/,
    ],
    ['an answer without a decision', 'respond', { by: 'ann', itemId: 'x#1' }, /^InvalidMessage: decision/],
  ];
  it.each(cases)('%s', (_title, name, body, expected) => {
    expect(runAuthorized(pair).send(name, body)).toMatch(expected);
  });

  it('an answer to a task of a person that is over is stale, by what its sprint has told', () => {
    const run = runAuthorized(pair);
    const answer = { by: 'ann', itemId: 'core-task#1', decision: 'approve' };
    expect(run.send('respond', answer)).toMatch(/^UnknownItem/);
    run.tell('core', {}, [news('core-task')]);
    expect(run.send('respond', answer)).toBe(
      'StaleAttempt: "core-task#1" is of attempt 1 of "core-task", which is over; "core-task" is done',
    );
  });

  it('before the plan is prepared nothing is known of agents and tasks', () => {
    const run = runExecution();
    expect(run.send('agentAvailability', { agent_id: 'builder', available: true })).toMatch(
      /^NotAllowedInPhase: the plan is still being prepared/,
    );
    expect(run.send('setPriority', { by: 'ann', taskId: 't', priority: 'low' })).toMatch(
      /^NotAllowedInPhase: the plan is still being prepared/,
    );
    run.happen({ type: 'statusesForwarded', reports: [{ agent_id: 'builder', status: 'working', progress_percentage: 0 }] });
    expect(run.forwards()).toEqual([]);
  });

  it('of many agents the first twenty are named', () => {
    const run = runAuthorized({
      sprints: { core: null },
      agents: Array.from({ length: 30 }, (_, number) => agent(`a${number}`)),
    });
    expect(run.send('agentAvailability', { agent_id: 'x', available: true })).toMatch(/a19, …$/);
  });

  it('the authorization is not answered with respond', () => {
    expect(runExecution(pair).send('respond', { by: 'ann', itemId: 'authorization', decision: 'authorize' })).toMatch(
      /^InvalidMessage: .* the message authorize/,
    );
  });
});

describe('messages: answers reach whoever asked', () => {
  const held = (sprint: string) =>
    item('paused', sprint, { kind: 'paused', task: null, options: ['resume'], title: `${sprint} is paused` });
  const questions = (sprint: string) => [
    held(sprint),
    item('agent/builder', sprint, { kind: 'agentUnavailable', task: null, options: ['fail'] }),
  ];

  it('items of two sprints and of the execution itself never share an id', () => {
    const run = runAuthorized(pair);
    run.tell('core', { inbox: [...questions('core'), item('core-task#1', 'core', { task: 'core-task' })] });
    run.tell('docs', { inbox: questions('docs') });
    run.send('pause', { by: 'ann' });
    expect(run.send('respond', { by: 'ann', itemId: 'none', decision: 'x' })).toContain(
      'open are: paused, core/paused, core/agent/builder, core-task#1, docs/paused, docs/agent/builder',
    );
    expect(run.send('respond', { by: 'ann', itemId: 'docs/paused', decision: 'resume' })).toBe('accepted');
    expect(run.forwards().at(-1)).toEqual({
      type: 'forward',
      name: 'respond',
      payload: { by: 'ann', itemId: 'paused', decision: 'resume', note: null, data: null },
      sprintIds: ['docs'],
    });
    expect(run.send('respond', { by: 'ann', itemId: 'core-task#1', decision: 'approve', note: 'fine', data: { n: 1 } })).toBe(
      'accepted',
    );
    expect(run.forwards().at(-1)).toMatchObject({
      payload: { itemId: 'core-task#1', note: 'fine', data: { n: 1 } },
      sprintIds: ['core'],
    });
    expect(run.state.phase).toBe('paused');
    expect(run.send('respond', { by: 'ann', itemId: 'paused', decision: 'resume' })).toBe('accepted');
    expect(run.state.phase).toBe('running');
  });

  it('an answer by the wrong person or with an option that is none is refused', () => {
    const run = runAuthorized(pair);
    run.send('pause', { by: 'ann' });
    expect(run.send('respond', { by: 'mallory', itemId: 'paused', decision: 'resume' })).toMatch(/^NotAnApprover: .*ann, bo, cy/);
    expect(run.send('respond', { by: 'ann', itemId: 'paused', decision: 'approve' })).toMatch(
      /^InvalidMessage: decision: expected one of resume/,
    );
  });

  it('an answer to an item that is gone changes nothing', () => {
    const run = runAuthorized(pair);
    run.happen({ type: 'responded', by: 'ann', itemId: 'constructor', decision: 'resume' });
    expect(run.forwards()).toEqual([]);
  });
});

describe('messages: statuses of outside agents', () => {
  const plan: GivenPlan = {
    ...pair,
    agents: [agent('builder'), agent('writer')],
    teams: { core: ['builder'], docs: ['builder', 'writer'] },
  };
  const forwarded = (reports: unknown) => {
    const run = runAuthorized(plan);
    const event = toStatusesEvent({ reports }, run.now());
    if (event.ok) run.take(event.value);
    return run
      .forwards()
      .map(({ payload, sprintIds }) => [sprintIds, (payload as { reports: { agent_id: string }[] }).reports] as const);
  };

  it('each sprint at work hears of its own agents', () => {
    const report = {
      agent_id: 'writer',
      status: 'blocked',
      blocking_issues: Array(50).fill('x'.repeat(1_000)),
      outputs_ready: Array(200).fill('o'),
    };
    const [[to, [told]] = [[], []], ...others] = forwarded([report, { agent_id: 'stranger', status: 'working' }, 7, null]);
    expect([to, others]).toEqual([['docs'], []]);
    expect(told).toMatchObject({ agent_id: 'writer', blocking_issues: { length: 5 }, outputs_ready: { length: 20 } });
    expect(forwarded([{ agent_id: 'writer', status: 'working' }])[0]?.[1]).toMatchObject([
      { blocking_issues: [], outputs_ready: [] },
    ]);
  });

  it('no more goes on than fits in one message, however many come', () => {
    const all = forwarded(
      Array.from({ length: 2_000 }, () => ({ agent_id: 'builder', status: 'working', current_task: 'x'.repeat(500) })),
    );
    for (const [, reports] of all) expect(JSON.stringify(reports).length).toBeLessThan(64 * 1024);
    expect(all[0]?.[1].length).toBeGreaterThan(50);
  });

  it('a message without reports is refused', () => {
    expect(toStatusesEvent({}, 0)).toMatchObject({ ok: false, error: { type: 'InvalidMessage' } });
  });
});

describe('messages: reports of sprints', () => {
  const run = runAuthorized(pair);
  const good = {
    progress: progress('core', { agents: [status('builder')], inbox: [item('a#1', 'core')] }),
    changed: [news('core-task')],
    decisions: [{ at: '2026-12-01T09:00:00.000Z', event: 'taskFinished', text: 'done', data: { task: 'core-task' } }],
  };
  const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);

  it('a report is taken as it came, without what nobody asked for', () => {
    const event = toProgressEvent(run.state, { ...good, more: 1 }, 5);
    expect(event).toEqual({ ok: true, value: { type: 'sprintProgressed', at: 5, ...good } satisfies ExecutionEvent });
    if (event.ok) run.take(event.value);
    expect(run.state.decisions.at(-1)?.event).toBe('taskFinished');
  });

  it.each([
    ['nothing', undefined],
    ['a deep one', deep],
    ['one of a sprint that nobody has', { ...good, progress: progress('none') }],
    ['one with a percentage beyond all', { ...good, progress: { ...good.progress, progressPercentage: 1e9 } }],
    ['one with an agent that is none', { ...good, progress: { ...good.progress, agents: [{ agent_id: 'x' }] } }],
    [
      'one with an authorization in its inbox',
      { ...good, progress: { ...good.progress, inbox: [item('authorization', 'core', { kind: 'authorization' })] } },
    ],
    ['one with counts that are texts', { ...good, progress: { ...good.progress, tasks: { total: '1' } } }],
    ['one with deep data', { ...good, decisions: [{ ...good.decisions[0], data: deep }] }],
    ['one with a time that no date can hold', { ...good, changed: [news('core-task', { startedAt: 1e300 })] }],
  ])('%s is refused', (_title, raw) => {
    expect(toProgressEvent(run.state, raw, 5)).toMatchObject({
      ok: false,
      error: { type: expect.stringMatching(/^(InvalidMessage|UnknownSprint)$/) },
    });
  });
});
