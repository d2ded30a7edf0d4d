import { describe, expect, it } from 'vitest';
import { toAgentPage, toAuthorizationView, toStatusView, toTaskPage } from '../../../src/domain/execution/view.ts';
import { agent, counts, runAuthorized, runExecution, START, status, task, toPrepared } from './execution-run.ts';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const hour = 3_600_000;
const long = (id: string, hours: number) => task(id, { estimateMs: hours * hour });

describe('status of an execution', () => {
  it('before the plan is prepared says so with nulls', () => {
    expect(toStatusView(runExecution().state)).toEqual({
      executionId: 'release',
      project: null,
      phase: 'preparing',
      reason: null,
      planHash: null,
      progressPercentage: 0,
      forecastCompletion: null,
      sprints: [],
      tasks: counts({ total: 0 }),
      agents: [],
      alerts: [],
      inbox: [],
      coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: null },
    });
  });

  it('counts the tasks of sprints that wait, and of those that were never run', () => {
    const run = runAuthorized({ sprints: { a: [task('a1'), task('a2')], b: [task('b1')] }, order: [['a', 'b']] });
    expect(toStatusView(run.state)).toMatchObject({
      tasks: { total: 3, waiting: 3 },
      sprints: [
        { id: 'a', phase: 'running', workflowId: 'release/sprint/a' },
        { id: 'b', phase: 'waiting', workflowId: null },
      ],
    });
    run.tell('a', { tasks: counts({ total: 2, running: 1, blocked: 1 }) });
    expect(toStatusView(run.state).tasks).toEqual(counts({ total: 3, running: 1, blocked: 1, waiting: 1 }));
    run.endSprint('a', 'failed', [], { tasks: counts({ total: 2, failed: 1, done: 1 }) });
    expect(toStatusView(run.state)).toMatchObject({
      tasks: { total: 3, failed: 1, done: 1, skipped: 1 },
      sprints: [{}, { phase: 'cancelled', workflowId: null }],
    });
    expect(toTaskPage(run.state, { offset: 2 }).items[0]).toMatchObject({
      id: 'b1',
      state: 'skipped',
      reason: 'its sprint did not run',
    });
  });

  it('progress is weighed by estimated work', () => {
    const run = runAuthorized({ sprints: { a: [long('a1', 3)], b: [long('b1', 1)] }, order: [['a', 'b']] });
    run.tell('a', { progressPercentage: 50 });
    expect(toStatusView(run.state).progressPercentage).toBe(37.5);
    run.endSprint('a');
    expect(toStatusView(run.state).progressPercentage).toBe(75);
    run.endSprint('b');
    expect(toStatusView(run.state).progressPercentage).toBe(100);
  });

  it('the forecast is the longest chain of sprints', () => {
    const run = runAuthorized({
      sprints: { a: [long('a1', 1)], b: [long('b1', 2)], c: [long('c1', 4)], d: [long('d1', 1)] },
      order: [
        ['a', 'c'],
        ['b', 'c'],
        ['a', 'd'],
      ],
    });
    expect(toStatusView(run.state).forecastCompletion).toBe(iso(START + 6 * hour));
    run.tell('a', { forecastCompletion: iso(START + 3 * hour) });
    expect(toStatusView(run.state).forecastCompletion).toBe(iso(START + 7 * hour));
    run.passTime(hour);
    run.endSprint('a');
    run.tell('b', { forecastCompletion: iso(START) });
    expect(toStatusView(run.state).forecastCompletion, 'a forecast of the past is now').toBe(iso(START + 5 * hour));
    run.endSprint('b', 'failed');
    run.endSprint('d');
    expect([run.state.phase, toStatusView(run.state).forecastCompletion]).toEqual(['failed', null]);
  });

  it('before the authorization there is no forecast', () => {
    expect(toStatusView(runExecution({ sprints: { a: null } }).state).forecastCompletion).toBeNull();
  });

  it('a forecast at the end of all times is shown as that', () => {
    const run = runAuthorized({ sprints: { a: null, b: null }, order: [['a', 'b']] });
    run.tell('a', { forecastCompletion: '+275760-09-13T00:00:00.000Z' });
    expect(toStatusView(run.state).forecastCompletion).toBe('+275760-09-13T00:00:00.000Z');
  });

  it('a plan without work has no percentage', () => {
    const run = runExecution();
    evolveExecution(run.state, { type: 'prepared', at: START, prepared: toPrepared({ sprints: {} }) });
    expect(toStatusView(run.state).progressPercentage).toBe(0);
  });

  it('puts together what sprints tell of alerts, checkpoints, leases and inactive agents', () => {
    const run = runAuthorized({ sprints: { a: null, b: null } });
    const alert = { id: 'slip/t', kind: 'timeline', text: 'late', since: iso(START) } as const;
    const coordination = {
      checkpoints: [{ id: 'freeze', sprint: 'a', state: 'ahead' as const }],
      leases: [{ resource: 'bench', task: 't', mode: 'shared', token: 1 }],
      inactiveAgents: ['tester'],
      drained: null,
    };
    run.tell('a', { alerts: [alert], coordination });
    run.tell('b', { coordination: { ...coordination, checkpoints: [], leases: [] } });
    expect(toStatusView(run.state)).toMatchObject({ alerts: [alert], coordination });
  });
});

describe('agents of an execution', () => {
  const agents = ['ann', 'bo', 'cy'].map((id) => agent(id));

  it('wait for the authorization, then for their sprint; at the end they are through', () => {
    const run = runExecution({ sprints: { a: null }, agents });
    expect(
      toAgentPage(run.state, {}).items.map(({ agent_id, status: now, blocking_issues }) => [agent_id, now, ...blocking_issues]),
    ).toEqual(['ann', 'bo', 'cy'].map((id) => [id, 'blocked', 'waits for authorization']));
    run.authorize();
    expect(toAgentPage(run.state, { offset: 1, limit: 1 })).toMatchObject({
      total: 3,
      nextOffset: 2,
      items: [{ agent_id: 'bo', blocking_issues: ['waits for its sprint'] }],
    });
    run.endSprint('a');
    expect(toAgentPage(run.state, {}).items.every(({ status: now }) => now === 'completed')).toBe(true);
  });

  it('those at work come first; one idle here and at work there is at work', () => {
    const run = runAuthorized({ sprints: { a: null, b: null }, agents });
    const idle = (id: string) =>
      status(id, { status: 'blocked', current_task: null, blocking_issues: ['waits for a task that it can do'] });
    run.tell('a', { agents: [idle('ann'), idle('bo')] });
    run.tell('b', {
      agents: [
        status('ann', { current_task: 'x' }),
        status('ann', { current_task: 'y', status: 'blocked' }),
        status('bo', { status: 'completed' }),
      ],
    });
    expect(
      toStatusView(run.state).agents.map(({ agent_id, current_task, status: now }) => [agent_id, current_task, now]),
    ).toEqual([
      ['ann', 'x', 'working'],
      ['ann', 'y', 'blocked'],
      ['bo', 't', 'completed'],
      ['cy', null, 'blocked'],
    ]);
    run.endSprint('b', 'completed', [], { agents: [status('cy', { status: 'completed' })] });
    expect(toStatusView(run.state).agents.map(({ agent_id, status: now }) => [agent_id, now])).toEqual([
      ['ann', 'blocked'],
      ['bo', 'blocked'],
      ['cy', 'completed'],
    ]);
  });
});

describe('authorization of an execution', () => {
  it('says what is to be reviewed, by whom, until when', () => {
    expect(toAuthorizationView(runExecution({ sprints: { a: null } }).state)).toMatchObject({
      phase: 'awaitingAuthorization',
      approvers: ['ann', 'bo', 'cy'],
      expiresAt: iso(START + 86_400_000),
      review: '# Review',
      readiness: [{ ok: true }],
      checklist: { planReviewed: false, explicitPermission: false, documented: false, emergencyStopActive: true },
      report: null,
    });
  });

  it('the item in the inbox names the project, whatever its length', () => {
    const run = runExecution({ sprints: { a: null }, name: 'x'.repeat(10_000) });
    expect(run.state.inbox.authorization?.title).toHaveLength(300);
    expect(toStatusView(run.state).project).toHaveLength(500);
  });
});

it('a task that delivered very much is listed with the first of it, and how much there is', () => {
  const run = runAuthorized({ sprints: { a: [task('a1'), task('a2')] } });
  const deliverables = Array.from({ length: 1_000 }, (_, n) => ({
    id: `d${n}`,
    path: `d${n}`,
    uri: `file:///${n}`,
    sha256: 'a'.repeat(64),
    size: 1,
  }));
  const told = {
    priority: 'normal',
    agent_id: null,
    attempts: 1,
    startedAt: 0,
    endedAt: 1,
    reason: null,
    state: 'done',
  } as const;
  run.endSprint('a', 'completed', [
    { id: 'a1', ...told, deliverables },
    { id: 'a2', ...told, deliverables: deliverables.slice(0, 1) },
  ]);
  const [first, second] = toTaskPage(run.state, {}).items;
  expect(first?.deliverablesTotal).toBe(1_000);
  expect(first?.deliverables.length).toBeGreaterThan(500);
  expect(first?.deliverables.length).toBeLessThan(1_000);
  expect(second).not.toHaveProperty('deliverablesTotal');
});
