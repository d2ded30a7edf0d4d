import { describe, expect, it } from 'vitest';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

describe('standstill', () => {
  const away = (more: Partial<Parameters<typeof runSprint>[0]> = {}) => {
    const sprint = runSprint({
      tasks: [task('a', { agent: 'al' }), task('b', { agent: 'al', dependsOn: ['a'] })],
      agents: [agent('al'), agent('bo')],
      ...more,
    });
    sprint.send('agentAvailability', { agent_id: 'al', available: false });
    sprint.start();
    return sprint;
  };

  it('when all that is left waits for an agent that is away, a person is asked', () => {
    const sprint = away();
    expect(sprint.state.inbox['agent/al']).toMatchObject({
      kind: 'agentUnavailable',
      options: ['fail'],
      deadlineMs: START + 86_400_000,
    });
    sprint.send('agentAvailability', { agent_id: 'al', available: true });
    expect(sprint.state.inbox).toEqual({});
    expect(sprint.stateOf('a')).toBe('running');
  });

  it('an agent without capacity is away', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.send('agentAvailability', { agent_id: 'al', available: true, capacity: 0 });
    sprint.start();
    expect(Object.keys(sprint.state.inbox)).toEqual(['agent/al']);
  });

  it.each([
    {
      what: 'the answer "fail"',
      end: (sprint: ReturnType<typeof away>) => sprint.send('respond', { by: 'ann', itemId: 'agent/al', decision: 'fail' }),
    },
    { what: 'silence', end: (sprint: ReturnType<typeof away>) => (sprint.wake(), sprint.passTime(86_400_000)) },
  ])('$what fails what waits for the agent, with a line in the log', ({ end }) => {
    const sprint = away();
    end(sprint);
    expect(sprint.runOf('a')).toMatchObject({ state: 'failed', reason: 'al is unavailable' });
    expect(sprint.stateOf('b')).toBe('skipped');
    expect(sprint.state.phase).toBe('failed');
    expect(sprint.textsOf('taskFailed')).toEqual(['"a" failed: al is unavailable']);
  });

  it('work that somebody else has taken over meanwhile does not fail with the silence about the one who is away', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b'), task('c', { agent: 'al' })], agents: [agent('al'), agent('bo')] });
    sprint.send('agentAvailability', { agent_id: 'al', available: false });
    sprint.send('agentAvailability', { agent_id: 'bo', available: false });
    sprint.start();
    expect(Object.keys(sprint.state.inbox)).toEqual(['agent/al']);
    sprint.send('agentAvailability', { agent_id: 'bo', available: true });
    sprint.passTime(86_400_000);
    expect([sprint.stateOf('a'), sprint.stateOf('b'), sprint.stateOf('c')]).toEqual(['running', 'waiting', 'failed']);
    sprint.finish('a');
    sprint.finish('b');
    expect(sprint.stateOf('b')).toBe('done');
  });

  it('tasks that wait behind a resource fail with their class', () => {
    const needs = { resources: [{ id: 'x', mode: 'exclusive' as const }] };
    const tasks = [
      task('a', { ...needs, agent: 'bo', priority: 'urgent' }),
      task('b', { ...needs, agent: 'al' }),
      task('c', { ...needs, agent: 'al' }),
    ];
    const sprint = runSprint({ tasks, agents: [agent('al', { capacity: 2 }), agent('bo')] });
    sprint.start();
    sprint.send('agentAvailability', { agent_id: 'al', available: false });
    sprint.finish('a');
    sprint.send('respond', { by: 'ann', itemId: 'agent/al', decision: 'fail' });
    expect(sprint.state).toMatchObject({ phase: 'failed', failed: 2 });
  });

  it('while a time is ahead at which the agent is back, nobody is asked', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.send('agentAvailability', { agent_id: 'al', available: false, until: new Date(START + 5_000).toISOString() });
    sprint.start();
    expect(sprint.state.inbox).toEqual({});
    sprint.wake();
    sprint.passTime(5_000);
    expect(sprint.stateOf('a')).toBe('running');
  });

  it('work for an agent whose triggers can never fire any more fails, and the log says so', () => {
    const sprint = runSprint({
      tasks: [task('a', { agent: 'al' }), task('b', { agent: 'late' })],
      agents: [agent('al'), agent('late')],
      triggers: [{ agent: 'late', when: { task: 'a', reached: 'failed' } }],
    });
    sprint.start();
    sprint.finish('a');
    expect(sprint.runOf('b')).toMatchObject({
      state: 'failed',
      reason: 'no trigger of late can fire any more, so nobody can do it',
    });
    expect(sprint.state.phase).toBe('failed');
  });

  it('a failure of that kind may itself activate somebody', () => {
    const sprint = runSprint({
      tasks: [task('a', { agent: 'never' }), task('b', { agent: 'rescue' })],
      agents: [agent('never'), agent('rescue')],
      triggers: [
        { agent: 'never', when: { task: 'unheard-of', reached: 'finished' } },
        { agent: 'rescue', when: { task: 'a', reached: 'failed' } },
      ],
    });
    sprint.start();
    expect([sprint.stateOf('a'), sprint.stateOf('b')]).toEqual(['failed', 'running']);
  });

  it('a task that no agent can do fails instead of waiting for ever', () => {
    const sprint = runSprint({ tasks: [task('a', { skills: ['magic'] })], agents: [agent('al')] });
    sprint.start();
    expect(sprint.runOf('a').reason).toBe('no trigger of any agent can fire any more, so nobody can do it');
  });

  it('a planned duration ahead keeps nobody waiting', () => {
    const sprint = away({ durationMs: 5_000 });
    expect(Object.keys(sprint.state.inbox)).toEqual(['agent/al']);
  });
});
