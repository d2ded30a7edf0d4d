import { describe, expect, it } from 'vitest';
import { amendDefinition, toAmendment, type SprintAmendment } from '../../../src/domain/sprint/amended-definition.ts';
import { toAmendmentEvent } from '../../../src/domain/sprint/amendment-letter.ts';
import { agent, START, task, toDefinition } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const after = (id: string) => [{ task: id, until: 'finished' as const }];

function running(more: Partial<Parameters<typeof runSprint>[0]> = {}) {
  const sprint = runSprint({
    agents: [agent('al', { capacity: 2 }), agent('bo')],
    tasks: [task('a', { agent: 'al' }), task('b', { agent: 'al', dependsOn: ['a'] }), task('c', { agent: 'bo' })],
    ...more,
  });
  sprint.start();
  const amend = (amendment: Omit<SprintAmendment, 'revision'>) =>
    sprint.happen({ type: 'amended', amendment: { revision: 1, ...amendment } });
  return { ...sprint, amend };
}

describe('an amendment of a sprint under way', () => {
  it('adds tasks, which wait for what they depend on, and starts what can start', () => {
    const sprint = running();
    sprint.amend({ tasks: [task('d', { agent: 'al' }), { ...task('e', { agent: 'bo' }), dependsOn: after('a') }] });
    expect(sprint.stateOf('d')).toBe('running');
    expect(sprint.stateOf('e')).toBe('waiting');
    sprint.finish('c');
    sprint.finish('a');
    expect(sprint.stateOf('e')).toBe('running');
  });

  it('fires triggers that it brings, and counts what a changed checkpoint comes after as done', () => {
    const sprint = running({ checkpoints: [{ id: 'there', after: ['c'], agents: ['al'] }] });
    sprint.finish('a');
    sprint.finish('b');
    sprint.amend({
      tasks: [task('d', { agent: 'late' })],
      agents: [agent('late')],
      team: ['al', 'bo', 'late'],
      triggers: [{ agent: 'late', when: { task: 'c', reached: 'finished' } }],
      checkpoints: [{ id: 'there', after: ['a', 'b'], agents: ['al'] }],
    });
    expect(sprint.state.checkpoints.map(({ state }) => state)).toEqual(['passed']);
    expect(sprint.stateOf('d')).toBe('waiting');
    sprint.finish('c');
    expect(sprint.stateOf('d')).toBe('running');
  });

  it('brings budgets of its own beside those that are there', () => {
    const sprint = running({
      budgets: { warnAt: 0.8, withinMs: 1_000, elsewhere: {} },
      tasks: [task('a', { agent: 'al', budget: { timeMs: null, attempts: 2, tokens: 100 } })],
    });
    sprint.report('a', { usage: { tokens: 60, cost: 0 } });
    sprint.amend({ tasks: [task('d', { agent: 'bo', budget: { timeMs: null, attempts: 2, tokens: 50 } })] });
    sprint.report('d', { usage: { tokens: 10, cost: 0 } });
    const spent = sprint.sprint.index.budgets?.accounts.map(({ id }, n) => [id, sprint.state.budgets?.accounts[n]?.spent.tokens]);
    expect(Object.fromEntries(spent ?? [])).toEqual({ 'task/a': 60, 'task/d': 10 });
  });

  it('changes the capacity of an agent, and the planned length', () => {
    const sprint = running({ durationMs: 1_000_000 });
    sprint.amend({ agents: [agent('al', { capacity: 5 })], durationMs: 60_000 });
    expect(sprint.state.agents[0]?.capacity).toBe(5);
    sprint.passTime(60_000);
    expect(sprint.state.alerts.map(({ id }) => id)).toEqual(['duration']);
  });

  it('leases what one task alone had taken as soon as another takes it, too', () => {
    const sprint = running();
    const path = { paths: ['src'] };
    sprint.amend({ tasks: [task('a', { agent: 'al', ...path }), task('d', { agent: 'al', ...path })] });
    expect(sprint.stateOf('d')).toBe('running');
    expect(sprint.stateOf('a')).toBe('running');
    const shared = running({ tasks: [task('a', { agent: 'al', ...path }), task('b', { agent: 'al', dependsOn: ['a'] })] });
    shared.amend({ tasks: [task('d', { agent: 'bo', ...path })] });
    expect(shared.stateOf('d')).toBe('waiting');
    shared.finish('a');
    expect(shared.stateOf('d')).toBe('running');
  });

  it('takes an attempt away that must not go on, and one of a task that is taken out', () => {
    const sprint = running();
    sprint.amend({ tasks: [task('a', { agent: 'al', title: 'another' }), { ...task('c'), cancelled: true }], restart: ['a'] });
    expect(sprint.cancelled()).toEqual(['a#1', 'c#1']);
    sprint.fail('a', { cause: 'stopped' });
    sprint.fail('c', { cause: 'stopped' });
    expect([sprint.stateOf('a'), sprint.stateOf('c')]).toEqual(['running', 'cancelled']);
    expect(sprint.performed().at(-1)?.task.title).toBe('another');
  });

  it('gives a sprint its first budgets, and another one for what had used its up', () => {
    const sprint = running();
    const budgets = { warnAt: 0.8, withinMs: 60_000, elsewhere: {} };
    sprint.amend({ tasks: [task('d', { agent: 'al', budget: { tokens: 50, attempts: 2, timeMs: null } })], budgets });
    sprint.amend({ budget: { tokens: 100 } });
    const use = (tokens: number) => sprint.report('d', { usage: { tokens, cost: 0 } });
    use(50);
    expect(Object.keys(sprint.state.inbox)).toEqual(['budget/task/d']);
    sprint.send('respond', { by: 'ann', itemId: 'budget/task/d', decision: 'topUp', data: { tokens: 1_000 } });
    use(100);
    expect(Object.keys(sprint.state.inbox)).toEqual(['budget/sprint/core']);
    sprint.amend({ budget: { tokens: 90 } });
    expect(Object.keys(sprint.state.inbox)).toEqual(['budget/sprint/core']);
    sprint.amend({ budget: { tokens: 200 } });
    expect([Object.keys(sprint.state.inbox), sprint.stateOf('d')]).toEqual([[], 'running']);
    sprint.amend({ budget: { tokens: 80 } });
    expect(Object.keys(sprint.state.inbox)).toEqual(['budget/sprint/core']);
    sprint.amend({ budget: null });
    expect(Object.keys(sprint.state.inbox)).toEqual([]);
  });

  it('comes too late for a task whose attempt ends as it was begun, and whoever looks is told so', () => {
    const sprint = running();
    sprint.amend({ tasks: [task('a', { agent: 'al', title: 'another' })] });
    sprint.finish('a');
    expect(sprint.events()).toContain('amendmentTooLate');
    expect(sprint.state.alerts).toMatchObject([{ id: 'amendment/a', kind: 'communication' }]);
    expect(sprint.state.pending).toBeUndefined();
  });

  it('comes too late for what has ended', () => {
    const sprint = running();
    sprint.finish('c');
    sprint.amend({ tasks: [task('c', { agent: 'al' })] });
    expect([sprint.stateOf('c'), sprint.events().includes('amendmentTooLate')]).toEqual(['done', true]);
  });

  it('holds tasks until it is decided, and lets them go', () => {
    const sprint = running();
    sprint.happen({ type: 'tasksHeld', revision: 2, taskIds: ['b'] });
    sprint.finish('a');
    expect(sprint.stateOf('b')).toBe('waiting');
    sprint.happen({ type: 'tasksReleased', revision: 2 });
    expect(sprint.stateOf('b')).toBe('running');
  });

  it('is asked for at the execution; reassignment is checked here', () => {
    const sprint = running();
    expect(sprint.send('amendPlan', { by: 'ann', changes: [] })).toMatch(/^NotAllowedInPhase/);
    const reassign = { by: 'ann', taskId: 'b', agentId: 'bo', reason: 'al is busy' };
    expect(sprint.send('reassignTask', { ...reassign, taskId: 'x' })).toMatch(/^UnknownTask/);
    expect(sprint.send('reassignTask', { ...reassign, agentId: 'x' })).toMatch(/^UnknownAgent/);
  });
});

describe('a definition and its amendments', () => {
  it('come of each other', () => {
    const from = toDefinition({ agents: [agent('al')], tasks: [task('a'), task('b')] });
    expect(toAmendment(from, from)).toBeNull();
    const trigger = { agent: 'al', when: { afterMs: 5 } };
    const amendment: SprintAmendment = {
      revision: 0,
      tasks: [task('b', { title: 'another' }), task('c')],
      agents: [agent('bo')],
      team: ['al', 'bo'],
      checkpoints: [{ id: 'there', after: ['a'], agents: ['al'] }],
      durationMs: 5,
      budget: { tokens: 5 },
      budgets: { warnAt: 1, withinMs: 1, elsewhere: {} },
      resources: { gpu: 2 },
      checks: [{ id: 'lint', digest: 'd' }],
      triggers: [trigger],
    };
    const to = amendDefinition(from, amendment);
    expect(toAmendment(from, to)).toEqual(amendment);
    expect(amendDefinition(to, { revision: 1, triggers: [trigger] }).triggers).toEqual([trigger]);
    const same = toAmendment(from, { ...from }) as object;
    expect(Object.keys(same)).toEqual(['revision', 'tasks', 'agents', 'team', 'triggers']);
  });

  it('letters count only with the key', () => {
    const amendment = { revision: 1 };
    const read = (letter: unknown) => toAmendmentEvent(letter, 'k', START);
    expect(read({ key: 'k', amendment })).toEqual({ type: 'amended', at: START, amendment });
    expect(read({ key: 'k', hold: { revision: 1, taskIds: ['a'] } })).toMatchObject({ type: 'tasksHeld', taskIds: ['a'] });
    expect(read({ key: 'k', release: 3, why: 'no' })).toEqual({ type: 'tasksReleased', at: START, revision: 3, why: 'no' });
    expect(read({ key: 'k', amendment, proposal: 2 })).toMatchObject({ type: 'amended', proposal: 2 });
    expect(read({ key: 'k', hold: { revision: 1, taskIds: [] }, proposal: 2 })).toMatchObject({ type: 'tasksHeld', proposal: 2 });
    const settled = { type: 'proposalSettled', at: START, proposal: 2, why: null };
    expect(read({ key: 'k', proposal: { n: 2, why: null } })).toEqual(settled);
    expect([read({ key: 'x', amendment }), read(null), read({ key: 'k' })]).toEqual([null, null, null]);
  });
});
