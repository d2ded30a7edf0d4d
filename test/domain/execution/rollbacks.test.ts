import { describe, expect, it } from 'vitest';
import { agent, runAuthorized, runExecution, type GivenPlan } from './execution-run.ts';

const checkpoint = (id: string) => ({ id, after: ['a-task'], agents: ['builder'] });
const plan: GivenPlan = {
  sprints: { a: null, b: null, c: null },
  order: [
    ['a', 'c'],
    ['b', 'c'],
  ],
  agents: [agent('builder', { capacity: 4 })],
  checkpoints: { a: [checkpoint('frozen')], c: [checkpoint('late')] },
};
const rollBack = (to: unknown) => ['rollback', { by: 'ann', to, reason: 'wrong' }] as const;

describe('rollback of an execution', () => {
  it('goes to the sprints that are meant: of a checkpoint, one by its id, all that are at work', () => {
    const run = runAuthorized(plan);
    for (const to of [{ checkpoint: 'frozen' }, { sprint: 'b' }, 'start']) expect(run.send(...rollBack(to))).toBe('accepted');
    expect(run.forwards().map(({ name, payload, sprintIds }) => [name, payload, sprintIds])).toEqual([
      ['rollback', { by: 'ann', to: { checkpoint: 'frozen' }, policy: null, reason: 'wrong' }, ['a']],
      ['rollback', { by: 'ann', to: 'start', policy: null, reason: 'wrong' }, ['b']],
      ['rollback', { by: 'ann', to: 'start', policy: null, reason: 'wrong' }, ['a', 'b']],
    ]);
    expect(run.textsOf('rollbackRequested')[0]).toBe('ann rolls back a: wrong');
  });

  it('is refused with what is wrong', () => {
    const run = runExecution(plan);
    expect(run.send(...rollBack('start'))).toBe('NotAllowedInPhase: rollback is not possible: nothing has started');
    expect(run.send(...rollBack('everything'))).toContain('InvalidMessage');
    run.authorize();
    expect(run.send(...rollBack({ checkpoint: 'none' }))).toBe('UnknownCheckpoint: the plan has no checkpoint "none"');
    expect(run.send(...rollBack({ sprint: 'none' }))).toBe('UnknownSprint: the plan has no sprint "none"');
    expect(run.send(...rollBack({ checkpoint: 'late' }))).toBe(
      'NotAllowedInPhase: rollback is not possible: sprint c is waiting',
    );
    run.endSprint('a');
    expect(run.send(...rollBack({ checkpoint: 'frozen' }))).toBe(
      'NotAllowedInPhase: rollback is not possible: sprint a has ended; it can be rolled back to its start',
    );
    run.happen({ type: 'cancelRequested' });
    expect(run.send(...rollBack('start'))).toContain('being cancelled');
    run.happen({ type: 'rollbackRequested', by: 'ann', to: 'start' });
    expect(run.forwards()).toEqual([]);
  });
});
