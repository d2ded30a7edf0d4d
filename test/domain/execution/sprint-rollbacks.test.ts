import { describe, expect, it } from 'vitest';
import type { RollbackOutcome } from '../../../src/domain/rollback/rollback.ts';
import type { StartProcedure } from '../../../src/domain/procedures/procedure.ts';
import type { UndoStep } from '../../../src/domain/rollback/undo-step.ts';
import { toChildDefinition } from '../../../src/domain/execution/sprints.ts';
import { toStatusView, toTaskPage } from '../../../src/domain/execution/view.ts';
import { toReport } from '../../../src/domain/execution/report.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import type { BudgetView, TaskView } from '../../../src/domain/views.ts';
import { deliverable } from '../sprint/sprint-run.ts';
import { agent, DAY, news, runAuthorized, START, task, type GivenPlan } from './execution-run.ts';

const out = [deliverable('out')];
const plan: GivenPlan = {
  sprints: {
    a: [task('a1'), task('a2', { dependsOn: ['a1'], compensation: { check: 'undo' } })],
    b: null,
    c: null,
    d: null,
  },
  order: [
    ['a', 'b'],
    ['b', 'c'],
  ],
  budget: { tokens: 100 },
  budgets: { b: { tokens: 100 } },
  agents: [agent('builder', { capacity: 4 })],
};
const done = (id: string, at = 0) => news(id, { startedAt: START + at, deliverables: out });

const stepsOf = (child: StartProcedure | undefined): readonly UndoStep[] => (child?.kind === 'rollback' ? child.input.steps : []);

/** a and b have ended, c and d are at work. */
function runHalf() {
  const run = runAuthorized(plan);
  run.state.prepared = {
    ...run.state.prepared!,
    resolved: { ...run.state.prepared!.resolved, checks: [{ id: 'undo', digest: 'x' }] },
  };
  run.endSprint('a', 'completed', [done('a1'), done('a2')]);
  run.endSprint('b', 'completed', [done('b-task', 10)]);
  const children = () => run.effects().flatMap((effect) => (effect.type === 'startProcedure' ? [effect] : []));
  return {
    ...run,
    rollBack: (to: unknown, more: object = {}) => run.send('rollback', { by: 'ann', to, reason: 'wrong', ...more }),
    cancelled: () => run.effects().flatMap((effect) => (effect.type === 'cancelSprints' ? [effect.sprintIds ?? 'all'] : [])),
    children,
    steps: () => stepsOf(children().at(-1)).map(({ id }) => id),
    undone: (how: Partial<RollbackOutcome> = {}, n = children().length) =>
      run.happen({
        type: 'procedureEnded',
        kind: 'rollback',
        n,
        outcome: { how: 'done', settled: 9, skipped: 0, startedAt: START, endedAt: START, ...how },
        reason: null,
      }),
    loseChild: (n: number) =>
      run.happen({ type: 'procedureEnded', kind: 'rollback', n, outcome: null, reason: n % 2 ? 'terminated' : null }),
    failStep: (step: string, n = 1) =>
      run.happen({
        type: 'procedureSaid',
        kind: 'rollback',
        n,
        said: { type: 'stepFailed', step, task: step.split('#')[0] as string, reason: 'the registry is closed' },
      }),
    tasks: () => toTaskPage(run.state, {}).items as TaskView[],
    told: () => run.effects().flatMap((effect) => (effect.type === 'tellProcedure' ? [effect.news] : [])),
  };
}

describe('rollback of ended sprints', () => {
  it('ends what came after them, then undoes from the last to the first; then they begin again', () => {
    const run = runHalf();
    expect(run.rollBack({ sprint: 'a' })).toBe('accepted');
    expect(run.state.phase).toBe('rollingBack');
    expect(run.cancelled()).toEqual([['c']]);
    expect(run.children()).toEqual([]);
    run.endSprint('c', 'cancelled', [news('c-task', { state: 'cancelled', startedAt: START + 20 })]);
    expect(run.steps()).toEqual(['b-task#1', 'a2#1', 'a1#1']);
    expect(run.children()[0]).toMatchObject({ n: 1, input: { folder: '_execution-1', executionId: 'release' } });
    expect(stepsOf(run.children()[0])[1]?.compensation).toEqual({ id: 'undo', digest: 'x' });
    expect(run.rollBack('start')).toBe('NotAllowedInPhase: rollback is not possible: rollback 1 is under way');
    expect(run.send('pause', { by: 'ann' })).toContain('NotAllowedInPhase');
    run.undone({ settled: 3, skipped: 1 });
    expect(run.standings()).toEqual({ a: 'started', b: 'waiting', c: 'waiting', d: 'started' });
    expect(run.state.phase).toBe('running');
    expect(run.started()).toEqual(['a', 'd', 'b', 'c', 'a']);
    expect(run.textsOf('rollbackEnded')[0]).toContain('3 steps, 1 of them skipped; 3 sprints begin again');
    expect(run.textsOf('sprintStarted').at(-1)).toBe('sprint a starts again');
    expect(run.tasks().map(({ state, attempts }) => `${state} ${attempts}`)).toEqual([
      'waiting 1',
      'waiting 1',
      'waiting 1',
      'waiting 1',
      'waiting 0',
    ]);
  });

  it('names the sprints at work that build on it, with their tasks at work', () => {
    const on = runAuthorized({ ...plan, sprints: { ...plan.sprints, c: [task('c1', { dependsOn: ['b-task'] }), task('c2')] } });
    on.endSprint('a', 'completed', [done('a1'), done('a2')]);
    on.endSprint('b', 'completed', [done('b-task', 10)]);
    const atWork = ['c1', 'c2'].map((id) => news(id, { state: 'running', startedAt: START + 20, endedAt: null }));
    on.tell('c', {}, atWork);
    on.send('rollback', { by: 'ann', to: { sprint: 'b' } });
    expect(on.textsOf('dependencyUndone')).toEqual([
      'sprint c is at work: c1 at work on what is undone; it ends and begins again with what holds then',
    ]);
    const after = runHalf();
    after.rollBack({ sprint: 'a' }, { policy: 'abandon' });
    expect(after.textsOf('dependencyUndone')).toEqual([
      'sprint c is at work: it comes after what is undone; it ends and is left',
    ]);
    expect(after.standings()).toMatchObject({ d: 'started' });
  });

  it('a sprint that begins again goes on with the numbers of its attempts, knows why, and has folders of its own', () => {
    const run = runHalf();
    run.rollBack({ sprint: 'b' });
    run.endSprint('c', 'cancelled');
    run.undone();
    const definition = toChildDefinition(run.state, 'b', 'release/sprint/b');
    expect(definition.earlier).toEqual({ rounds: 1, attempts: { 'b-task': 1 }, why: 'by ann: wrong' });
    const [first] = createSprint(definition, START).state.tasks;
    expect(first).toMatchObject({ state: 'waiting', attempt: 1, feedback: ['Attempt 1 was rolled back by ann: wrong'] });
    const fresh = createSprint({ ...definition, earlier: { rounds: 1, attempts: {}, why: '' } }, START);
    expect(fresh.state.tasks[0]).toMatchObject({ attempt: 0, feedback: [] });
    run.endSprint('b', 'completed', [news('b-task', { attempts: 3 })]);
    run.rollBack({ sprint: 'b' });
    run.endSprint('c', 'cancelled');
    run.undone();
    expect(toChildDefinition(run.state, 'b', 'x').earlier).toMatchObject({ rounds: 2, attempts: { 'b-task': 3 } });
  });

  it('what was used has been used', () => {
    const run = runHalf();
    const budget = (of: string, spent: number, given: Partial<BudgetView> = {}): BudgetView => ({
      budget: of,
      kind: 'tokens',
      spent,
      limit: 100,
      toppedUp: 0,
      isUsedUp: false,
      ...given,
    });
    const topUps = [{ at: 'x', event: 'budgetToppedUp', text: 'more', data: {} }];
    const usage = [{ agent_id: 'builder', tokens: 40, cost: 1 }];
    const budgets = [budget('plan/plan', 40, { toppedUp: 5, isUsedUp: true }), budget('sprint/b', 40)];
    const used = { budgets: [budget('task/b-task', 30, { toppedUp: 2 }), budget('task/b-task', 1, { kind: 'attempts' })] };
    for (const round of [1, 2]) {
      run.state.sprints[1]!.state = 'started';
      run.endSprint('b', 'completed', [news('b-task', { attempts: round, ...used })], { budgets, usage, topUps });
      run.rollBack({ sprint: 'b' });
      run.endSprint('c', 'cancelled');
      run.undone();
    }
    const { elsewhere } = { elsewhere: run.state.sprints[1]!.earlier!.budgets };
    expect(elsewhere.map(({ budget: of, spent, toppedUp, isUsedUp }) => [of, spent, toppedUp, isUsedUp])).toEqual([
      ['plan/plan', 80, 10, false],
      ['sprint/b', 80, 0, false],
      ['task/b-task', 30, 4, false],
    ]);
    expect(toStatusView(run.state)).toMatchObject({
      usage: { tokens: 80, cost: 2 },
      budgets: [
        { budget: 'plan/plan', spent: 80, limit: 110 },
        { budget: 'sprint/b', spent: 80, limit: 100 },
      ],
    });
    expect(toReport(run.state)).toMatchObject({ topUps: [{}, {}], usage: { sprints: [{ id: 'b', tokens: 80 }] } });
  });

  it('what was skipped because of them may run after all', () => {
    const run = runAuthorized(plan);
    run.endSprint('a', 'failed', [
      news('a1', { state: 'failed' }),
      news('a2', { state: 'skipped', startedAt: null, attempts: 0 }),
    ]);
    expect(run.standings()).toMatchObject({ b: 'skipped', c: 'skipped', d: 'started' });
    run.send('rollback', { by: 'ann', to: { sprint: 'a' } });
    expect(run.events()).toContain('rollbackEnded');
    expect(run.textsOf('rollbackEnded')[0]).toContain('nothing had to be undone');
    expect(run.standings()).toEqual({ a: 'started', b: 'waiting', c: 'waiting', d: 'started' });
  });

  it('goes back to where it was: paused, or stopped also when the stop comes meanwhile', () => {
    const paused = runHalf();
    paused.send('pause', { by: 'ann' });
    paused.rollBack({ sprint: 'b' });
    expect(Object.keys(paused.state.inbox)).toEqual([]);
    paused.endSprint('c', 'cancelled');
    paused.undone();
    expect([paused.state.phase, Object.keys(paused.state.inbox)]).toEqual(['paused', ['paused']]);
    const stopped = runHalf();
    stopped.rollBack('start');
    expect(stopped.cancelled()).toEqual([['c', 'd']]);
    stopped.endSprint('c', 'cancelled');
    stopped.send('emergencyStop', { by: 'bo', reason: 'smoke' });
    expect(stopped.state.phase).toBe('rollingBack');
    stopped.lose('d');
    stopped.undone();
    expect([stopped.state.phase, Object.keys(stopped.state.inbox)]).toEqual(['stopped', ['stopped']]);
    expect(stopped.send('resume', { by: 'ann' })).toBe('accepted');
    expect(stopped.standings()).toEqual({ a: 'started', b: 'waiting', c: 'waiting', d: 'started' });
  });

  it('abandoned ones are left, and what comes after them is skipped', () => {
    const run = runHalf();
    run.rollBack('start', { policy: 'abandon' });
    run.endSprint('c', 'cancelled');
    run.endSprint('d', 'cancelled');
    run.undone();
    expect(run.state.phase).toBe('failed');
    expect(run.tasks()[0]).toMatchObject({ state: 'skipped', reason: 'its sprint was rolled back', attempts: 1 });
  });
});

describe('a rollback of the execution that does not go well', () => {
  const begin = () => {
    const run = runHalf();
    run.rollBack({ sprint: 'a' });
    run.endSprint('c', 'cancelled');
    return run;
  };
  const itemId = 'rollback/execution/1/b-task#1';

  it('a step that fails asks people; their answer goes to the child', () => {
    const run = begin();
    run.failStep('b-task#1');
    run.failStep('b-task#1', 7);
    expect(run.state.inbox[itemId]).toMatchObject({
      kind: 'rollback',
      sprint: 'b',
      task: 'b-task',
      options: ['retry', 'skip', 'abandon'],
    });
    expect(run.state.alerts.map(({ id }) => id)).toEqual(['rollback/execution/1']);
    expect(run.send('respond', { by: 'mallory', itemId, decision: 'skip' })).toContain('NotAnApprover');
    expect(run.send('respond', { by: 'ann', itemId, decision: 'skip' })).toBe('accepted');
    expect(run.told()).toEqual([{ type: 'decided', step: 'b-task#1', decision: 'skip', by: 'ann' }]);
    expect([run.state.inbox, run.state.alerts]).toEqual([{}, []]);
  });

  it('a cancel does not stop it, and ends the execution afterwards', () => {
    const run = begin();
    run.failStep('b-task#1');
    run.happen({ type: 'cancelRequested' });
    run.endSprint('d', 'cancelled');
    expect(run.state.phase).toBe('rollingBack');
    expect(Object.keys(run.state.inbox)).toEqual([itemId]);
    run.undone();
    expect(run.state.phase).toBe('cancelled');
    expect(run.tasks().map(({ state }) => state)).toEqual(Array(4).fill('skipped').concat('cancelled'));
  });

  it('silence ends it half way: what is undone is open again, what is half undone has failed, and it is stopped', () => {
    const run = begin();
    run.failStep('a2#1');
    run.passTime(DAY);
    expect(run.told()).toEqual([{ type: 'decided', step: 'a2#1', decision: 'abandon', by: null }]);
    run.undone({ how: 'abandoned', settled: 2 });
    expect(run.standings()).toEqual({ a: 'ended', b: 'waiting', c: 'waiting', d: 'started' });
    expect(run.state.phase).toBe('stopping');
    expect(run.tasks()[1]).toMatchObject({ state: 'cancelled', reason: 'it was rolled back' });
    run.rollBack({ sprint: 'a' });
    expect(run.steps()).toEqual(['a1#1']);
    run.undone({}, 2);
    expect(run.standings()).toMatchObject({ a: 'waiting' });
  });

  it('a sprint that stays half undone has failed when people resume', () => {
    const run = begin();
    run.endSprint('d');
    run.undone({ how: 'abandoned', settled: 2 });
    expect(run.state.phase).toBe('stopped');
    run.send('resume', { by: 'ann' });
    expect(run.standings()).toEqual({ a: 'ended', b: 'skipped', c: 'skipped', d: 'ended' });
    expect(toStatusView(run.state)).toMatchObject({ phase: 'failed', sprints: [{ phase: 'failed' }, {}, {}, {}] });
  });

  it('a child that is lost is started again, a number of times', () => {
    const run = begin();
    for (const n of [1, 2, 3, 4]) run.loseChild(n);
    run.loseChild(9);
    expect(run.children().map(({ n }) => n)).toEqual([1, 2, 3, 4]);
    expect(run.children().every(({ input }) => (input as { folder: string }).folder === '_execution-1')).toBe(true);
    expect(run.state.phase).toBe('stopping');
    expect(run.textsOf('rollbackEnded')[0]).toContain('it ended after 0 of 3 steps');
    run.happen({ type: 'cancelRequested' });
    run.lose('d');
    expect(run.state.phase).toBe('cancelled');
  });
});
