import { describe, expect, it } from 'vitest';
import { toWrapUp } from '../../../src/domain/sprint/wrap-up.ts';
import { runMoving } from './moving-run.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const running = (more: Partial<Parameters<typeof runSprint>[0]> = {}) => {
  const sprint = runSprint({ agents: [agent('al'), agent('bo')], tasks: [task('a', { agent: 'al' })], ...more });
  sprint.start();
  return sprint;
};

describe('what comes late, or says less than it could', () => {
  it('is no wrap-up for who asks with anything else than an attempt, or when the sprint is being stopped', () => {
    const sprint = runMoving();
    sprint.away('a1');
    sprint.award('a2');
    expect(sprint.wrapUp('page', 1)).not.toBeNull();
    for (const raw of [undefined, 'page', { taskId: 'page' }]) expect(toWrapUp(sprint.sprint, raw).wrapUp).toBeNull();
    sprint.send('pause', { by: 'ann' });
    expect(sprint.wrapUp('page', 1)).not.toBeNull();
    sprint.send('emergencyStop', { by: 'ann', reason: 'fire' });
    expect(sprint.wrapUp('page', 1)).toBeNull();
  });

  it('is an answer to an offer without note and data', () => {
    const human = { people: ['ann', 'bo'], withinMs: 1, otherwise: 'fail' } as const;
    const sprint = runMoving({ agents: [agent('a1'), agent('desk', { kind: 'human', human })] });
    sprint.away('a1');
    sprint.say({ type: 'offered', agents: ['desk'], deadline: sprint.now() + 1_000 });
    const [item] = Object.values(sprint.state.inbox).filter(({ kind }) => kind === 'offer');
    expect(item?.people).toEqual(['ann', 'bo']);
    expect(sprint.send('respond', { by: 'ann', itemId: item?.itemId, decision: 'accept' })).toBe('accepted');
    expect(sprint.told()).toContainEqual({
      type: 'bid',
      agent_id: 'desk',
      by: 'ann',
      decision: 'accept',
      note: null,
      data: null,
    });
  });

  it('is an offer to a person of whom the config names nobody: whoever has the id of the agent answers', () => {
    const sprint = runMoving({ agents: [agent('a1'), agent('p', { kind: 'human' })] });
    sprint.away('a1');
    sprint.say({ type: 'offered', agents: ['p'], deadline: sprint.now() + 1_000 });
    expect(Object.values(sprint.state.inbox).map(({ people }) => people)).toEqual([['p']]);
  });

  it('is a reassignment of what has ended meanwhile: it changes nothing', () => {
    const sprint = running({ tasks: [task('a', { agent: 'al' }), task('b', { agent: 'al' })] });
    sprint.finish('a');
    const before = JSON.stringify(sprint.state);
    sprint.happen({ type: 'taskReassigned', by: 'ann', taskId: 'a', agentId: 'bo', reason: 'faster' });
    expect(JSON.stringify(sprint.state)).toBe(before);
  });

  it('is a revision that holds tasks which the sprint does not have yet', () => {
    const sprint = running({ tasks: [task('a', { agent: 'al' }), task('b', { agent: 'al' })] });
    sprint.happen({ type: 'tasksHeld', revision: 1, taskIds: ['b', 'c', 'd', 'e', 'f', 'g'] });
    expect(sprint.state.hold).toEqual({ revision: 1, tasks: [1] });
    expect(sprint.textsOf('tasksHeld')).toEqual(['awaiting authorization of revision 1: b, c, d, e, f, …']);
  });

  it('is an amendment that takes the planned length away, and one that brings a trigger before the start', () => {
    const timed = running({ durationMs: 1_000 });
    timed.happen({ type: 'amended', amendment: { revision: 1, durationMs: null } });
    timed.passTime(2_000);
    expect(timed.events()).not.toContain('durationExceeded');
    const early = runSprint({ agents: [agent('al')], tasks: [task('a', { agent: 'al' })] });
    const triggers = [{ agent: 'bo', when: { task: 'a', reached: 'finished' } }] as const;
    const tasks = [task('b', { agent: 'bo' })];
    early.happen({ type: 'amended', amendment: { revision: 1, tasks, agents: [agent('bo')], team: ['al', 'bo'], triggers } });
    early.start();
    expect(early.atWork()).toEqual(['a']);
    early.finish('a');
    expect(early.atWork()).toEqual(['b']);
  });
});
