import { describe, expect, it } from 'vitest';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

describe('choice of agent', () => {
  it('a task goes to the agent that it names, whatever its skills', () => {
    const sprint = runSprint({ tasks: [task('a', { agent: 'bo' })], agents: [agent('al', { skills: ['x'] }), agent('bo')] });
    sprint.start();
    expect(sprint.agentIdOf('a')).toBe('bo');
    expect(sprint.textsOf('taskStarted')).toEqual(['bo starts "a" (attempt 1): the only candidate']);
  });

  it('only an agent with all the skills is a candidate', () => {
    const agents = [agent('al', { skills: ['x'] }), agent('bo', { skills: ['y'] }), agent('cy', { skills: ['x', 'y'] })];
    const sprint = runSprint({ tasks: [task('a', { skills: ['x', 'y'] })], agents });
    sprint.start();
    expect(sprint.agentIdOf('a')).toBe('cy');
  });

  it.each([
    { what: 'the lowest load wins', agents: [agent('al', { capacity: 2 }), agent('bo', { capacity: 4 })], count: 3, last: 'bo' },
    { what: 'then the fewest tasks so far', agents: [agent('al'), agent('bo')], count: 2, last: 'bo' },
    {
      what: 'then the fewest skills: specialists before those who can do everything',
      agents: [agent('al', { skills: ['x'] }), agent('bo')],
      count: 1,
      last: 'bo',
    },
    { what: 'then the id', agents: [agent('al'), agent('bo')], count: 1, last: 'al' },
  ])('$what', ({ agents, count, last }) => {
    const tasks = Array.from({ length: count }, (_, number) => task(`t${number}`));
    const sprint = runSprint({ tasks, agents });
    sprint.start();
    expect(sprint.agentIdOf(`t${count - 1}`)).toBe(last);
  });

  it('the fewest tasks so far counts those that are done', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b', { dependsOn: ['a'] })], agents: [agent('al'), agent('bo')] });
    sprint.start();
    sprint.finish('a');
    expect([sprint.agentIdOf('a'), sprint.agentIdOf('b')]).toEqual(['al', 'bo']);
  });

  it('after a failure another agent is preferred', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b')], agents: [agent('al'), agent('bo', { capacity: 2 })] });
    sprint.start();
    sprint.fail('a');
    expect(sprint.agentIdOf('a')).toBe('bo');
    expect(sprint.textsOf('taskStarted').at(-1)).toBe(
      'bo starts "a" (attempt 2): bo (1/2 busy, 1 so far) before al (failed it last, 0/1 busy, 1 so far)',
    );
  });

  it('after a lost attempt it is still the agent that failed that is avoided', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al'), agent('bo')] });
    sprint.start();
    sprint.fail('a');
    sprint.fail('a', { cause: 'lost' });
    expect(sprint.agentIdOf('a')).toBe('bo');
  });

  it('who failed it last does it again when nobody else can', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.start();
    sprint.fail('a');
    expect(sprint.runOf('a')).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('the log names what the others were doing, at most three of them', () => {
    const agents = Array.from({ length: 12 }, (_, number) => agent(`a${number + 10}`));
    const sprint = runSprint({
      tasks: [task('a'), task('b', { agent: 'a11', priority: 'urgent' })],
      agents,
      triggers: [{ agent: 'a10', when: { afterMs: 1_000 } }],
    });
    sprint.send('agentAvailability', { agent_id: 'a12', available: false });
    sprint.start();
    const [, text] = sprint.textsOf('taskStarted');
    expect(text).toContain(
      'a13 (0/1 busy, 0 so far) before a10 (waits for its trigger), a11 (1/1 busy, 1 so far), a12 (unavailable)',
    );
    expect(text).toContain(' and 8 more');
  });

  it('an agent told to be away starts nothing new, finishes what it does and is back by itself', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b')], agents: [agent('al')] });
    sprint.start();
    const until = new Date(sprint.now() + 60_000).toISOString();
    expect(sprint.send('agentAvailability', { agent_id: 'al', available: false, until, reason: 'quota' })).toBe('accepted');
    sprint.finish('a');
    expect([sprint.stateOf('a'), sprint.stateOf('b')]).toEqual(['done', 'waiting']);
    sprint.wake();
    sprint.passTime(60_000);
    expect(sprint.stateOf('b')).toBe('running');
    expect(sprint.textsOf('agentAvailabilityChanged')).toEqual([`al is unavailable until ${until}: quota`, 'al is available']);
  });

  it('a changed capacity counts at once', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b'), task('c')], agents: [agent('al')] });
    sprint.start();
    sprint.send('agentAvailability', { agent_id: 'al', available: true, capacity: 2 });
    expect(sprint.atWork()).toEqual(['a', 'b']);
    sprint.send('agentAvailability', { agent_id: 'al', available: true, capacity: 1 });
    sprint.finish('a');
    expect(sprint.atWork()).toEqual(['b']);
  });

  it('availability of an agent and priority of a task that are not there change nothing', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [agent('al')] });
    sprint.start();
    const before = JSON.stringify(sprint.state);
    expect(sprint.happen({ type: 'agentAvailabilityChanged', agent_id: 'nobody', available: false })).toEqual([]);
    expect(sprint.happen({ type: 'priorityChanged', by: 'ann', taskId: 'none', priority: 'low' })).toEqual([]);
    expect(JSON.stringify(sprint.state)).toBe(before);
  });
});
