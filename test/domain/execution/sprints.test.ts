import { describe, expect, it } from 'vitest';
import { deliveredBefore, toChildDefinition } from '../../../src/domain/execution/sprints.ts';
import { toStatusView, toTaskPage } from '../../../src/domain/execution/view.ts';
import { agent, news, runAuthorized, runExecution, START, task, type GivenPlan } from './execution-run.ts';

const file = { id: 'out', path: 'out.txt', uri: 'file:///out.txt', sha256: 'a'.repeat(64), size: 3 };

describe('sprints: order', () => {
  it('a sprint starts once all before it have completed, parallel ones together', () => {
    const run = runAuthorized({
      sprints: { a: null, b: null, c: null },
      order: [
        ['a', 'c'],
        ['b', 'c'],
      ],
    });
    expect(run.started()).toEqual(['a', 'b']);
    run.endSprint('a');
    expect(run.started()).toEqual(['a', 'b']);
    run.endSprint('b');
    expect(run.started()).toEqual(['a', 'b', 'c']);
    run.endSprint('c');
    expect([run.state.phase, run.state.reason]).toEqual(['completed', null]);
  });

  it('what depends on a failed sprint at any distance is skipped, even if the plan lists it first', () => {
    const run = runAuthorized({
      sprints: { c: null, b: null, a: null },
      order: [
        ['b', 'c'],
        ['a', 'b'],
      ],
    });
    run.endSprint('a', 'failed', [], { reason: '1 of 1 tasks failed' });
    expect(run.standings()).toEqual({ c: 'skipped', b: 'skipped', a: 'ended' });
    expect(run.state).toMatchObject({ phase: 'failed', reason: 'sprint c skipped, sprint b skipped, sprint a failed' });
    expect(run.textsOf('sprintSkipped')).toEqual([
      'sprint b is skipped: sprint a did not complete',
      'sprint c is skipped: sprint b did not complete',
    ]);
  });

  it('of many broken sprints the first five are named', () => {
    const ids = Array.from({ length: 8 }, (_, number) => `s${number}`);
    const run = runAuthorized({ sprints: Object.fromEntries(ids.map((id) => [id, null])) });
    for (const id of ids) run.endSprint(id, 'failed');
    expect(run.state.reason).toBe(
      'sprint s0 failed, sprint s1 failed, sprint s2 failed, sprint s3 failed, sprint s4 failed and 3 more',
    );
  });

  it('one that somebody cancelled by hand has not completed', () => {
    const run = runAuthorized({ sprints: { a: null, b: null }, order: [['a', 'b']] });
    run.endSprint('a', 'cancelled');
    expect(run.state).toMatchObject({ phase: 'failed', reason: 'sprint a cancelled, sprint b skipped' });
  });

  it('an edge to a sprint that the plan does not have is none', () => {
    const run = runAuthorized({
      sprints: { a: null },
      order: [
        ['gone', 'a'],
        ['a', 'gone'],
      ],
    });
    expect(run.started()).toEqual(['a']);
  });
});

describe('sprints: what they tell', () => {
  it('outcomes and reports of sprints that have not started or have ended change nothing', () => {
    const run = runAuthorized({ sprints: { a: null, b: null }, order: [['a', 'b']] });
    run.endSprint('b');
    run.tell('b', { phase: 'stopped' });
    run.lose('b');
    run.endSprint('unknown');
    expect(run.standings()).toEqual({ a: 'started', b: 'waiting' });
    run.endSprint('a', 'failed');
    run.endSprint('a', 'completed');
    expect(run.state.phase).toBe('failed');
  });

  it('tasks that the sprint does not have are left out, whatever they are called', () => {
    const run = runAuthorized({ sprints: { a: [task('constructor')], b: null } });
    run.tell('a', {}, [
      news('__proto__'),
      news('b-task'),
      news('toString'),
      news('constructor', { state: 'running', endedAt: null }),
    ]);
    expect(Object.keys(run.state.tasks)).toEqual(['constructor']);
    expect(toTaskPage(run.state, {}).items.map(({ id, state, actualMs }) => [id, state, actualMs])).toEqual([
      ['constructor', 'running', null],
      ['b-task', 'waiting', null],
    ]);
  });

  it('a sprint terminated by hand has failed: what it was at is cancelled, what it did stays', () => {
    const run = runAuthorized({ sprints: { a: [task('t1'), task('t2'), task('t3')] } });
    run.tell('a', { tasks: { total: 3, waiting: 1, running: 1, blocked: 0, done: 1, failed: 0, cancelled: 0, skipped: 0 } }, [
      news('t1'),
      news('t2', { state: 'running', startedAt: START, endedAt: null }),
    ]);
    run.passTime(5_000);
    run.lose('a');
    expect(run.state).toMatchObject({ phase: 'failed', reason: 'sprint a failed' });
    expect(toTaskPage(run.state, {}).items.map(({ id, state, reason, actualMs }) => [id, state, reason, actualMs])).toEqual([
      ['t1', 'done', null, 1_000],
      ['t2', 'cancelled', 'sprint a was lost', 5_000],
      ['t3', 'cancelled', 'its sprint ended without telling of it', null],
    ]);
    expect(toStatusView(run.state).sprints[0]).toMatchObject({
      phase: 'failed',
      tasks: { total: 3, done: 1, cancelled: 2, running: 0 },
    });
  });

  it('one that was lost before it told anything has failed as well', () => {
    const run = runAuthorized({ sprints: { a: null, b: null }, order: [['a', 'b']] });
    run.lose('a');
    expect(toStatusView(run.state)).toMatchObject({
      phase: 'failed',
      reason: 'sprint a failed, sprint b skipped',
      tasks: { total: 2, cancelled: 1, skipped: 1 },
    });
  });
});

describe('sprints: what they are given', () => {
  const plan: GivenPlan = {
    sprints: {
      a: [task('a1'), task('a2'), task('a3'), task('a4')],
      b: [task('b1')],
      c: [task('c1', { dependsOn: ['a1'] })],
    },
    order: [
      ['a', 'b'],
      ['b', 'c'],
    ],
    checkpoints: { a: [{ id: 'freeze', after: ['a1', 'a2'], agents: ['builder'] }] },
    triggers: [
      {
        agent: 'builder',
        when: {
          all: [
            { any: [{ task: 'a2', reached: 'finished' }] },
            { deliverable: 'out', of: 'a3' },
            { checkpoint: 'freeze' },
            { afterMs: 1 },
          ],
        },
      },
    ],
  };

  it('deliverables of all earlier sprints that they mention, and no others', () => {
    const run = runAuthorized(plan);
    run.endSprint(
      'a',
      'completed',
      ['a1', 'a2', 'a3', 'a4'].map((id) => news(id, { deliverables: [file] })),
    );
    run.endSprint('b', 'completed', [news('b1', { state: 'skipped' })]);
    expect(deliveredBefore(run.state, 'c').map(({ task: id }) => id)).toEqual(['a1', 'a2', 'a3', 'a4']);
    const { delivered, passedCheckpoints } = toChildDefinition(run.state, 'c', 'release/sprint/c');
    expect(delivered).toEqual(['a1', 'a2', 'a3'].map((id) => ({ task: id, deliverables: [file] })));
    expect(passedCheckpoints).toEqual(['freeze']);
    expect(toChildDefinition(run.state, 'a', 'x').delivered).toEqual([]);
  });

  it('earlier sprints that are reached in two ways count once', () => {
    const run = runAuthorized({
      sprints: { a: null, b: null, c: null, d: null },
      order: [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'd'],
        ['c', 'd'],
      ],
    });
    for (const id of ['a', 'b', 'c']) run.endSprint(id, 'completed', [news(`${id}-task`)]);
    expect(deliveredBefore(run.state, 'd').map(({ task: id }) => id)).toEqual(['a-task', 'b-task', 'c-task']);
  });

  it('what was said of agents and tasks before they started, and only those whom it concerns', () => {
    const run = runExecution({
      sprints: { a: null, b: [task('b1'), task('b2')] },
      order: [['a', 'b']],
      agents: [agent('builder', { capacity: 4 }), agent('writer')],
      teams: { a: ['builder'], b: ['builder', 'writer'] },
    });
    expect(run.send('agentAvailability', { agent_id: 'writer', available: false, reason: 'ill' })).toBe('accepted');
    expect(run.send('setPriority', { by: 'ann', taskId: 'b2', priority: 'urgent' })).toBe('accepted');
    run.authorize();
    expect(run.forwards()).toEqual([]);
    expect(toTaskPage(run.state, {}).items.at(-1)?.priority).toBe('urgent');
    run.send('agentAvailability', { agent_id: 'writer', available: true, until: null });
    run.send('agentAvailability', { agent_id: 'builder', available: true, capacity: 1 });
    expect(run.forwards().map(({ payload, sprintIds }) => [payload, sprintIds])).toEqual([
      [{ agent_id: 'builder', available: true, capacity: 1, until: null, reason: null }, ['a']],
    ]);
    run.endSprint('a');
    expect(run.effects().findLast((effect) => effect.type === 'startSprint')).toMatchObject({
      sprintId: 'b',
      earlier: [
        { name: 'agentAvailability', payload: { agent_id: 'writer', available: true } },
        { name: 'agentAvailability', payload: { agent_id: 'builder', capacity: 1 } },
        { name: 'setPriority', payload: { taskId: 'b2', priority: 'urgent' } },
      ],
    });
    run.send('setPriority', { by: 'ann', taskId: 'b1', priority: 'low', reason: 'later' });
    expect(run.forwards().at(-1)).toMatchObject({
      name: 'setPriority',
      payload: { taskId: 'b1', reason: 'later' },
      sprintIds: ['b'],
    });
    expect(run.send('setPriority', { by: 'ann', taskId: 'a-task', priority: 'low' })).toBe(
      'NotAllowedInPhase: sprint a of the task "a-task" has been ended',
    );
  });

  it('their share of a new capacity, one place at least', () => {
    const run = runAuthorized({ sprints: { a: null, b: null, c: null }, capacities: { a: { builder: 3 }, b: { builder: 1 } } });
    for (const capacity of [8, 2, 0, null]) run.send('agentAvailability', { agent_id: 'builder', available: true, capacity });
    expect(run.forwards().map(({ payload }) => (payload as { capacity: number | null }).capacity)).toEqual([
      6,
      2,
      8,
      1,
      1,
      2,
      0,
      0,
      0,
      null,
      null,
      null,
    ]);
  });
});
