import { describe, expect, it } from 'vitest';
import { MAX_IN_FLIGHT } from '../../../src/domain/sprint/state.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const one = agent('one');
const finishAll = (sprint: ReturnType<typeof runSprint>): void => {
  for (let [next] = sprint.atWork(); next; [next] = sprint.atWork()) sprint.finish(next);
};

describe('order of tasks', () => {
  it('nothing starts before the sprint has started, whatever is said to it', () => {
    const sprint = runSprint({ tasks: [task('a')], agents: [one] });
    sprint.passTime(1_000);
    sprint.send('setPriority', { by: 'ann', taskId: 'a', priority: 'urgent' });
    sprint.send('agentAvailability', { agent_id: 'one', available: true, capacity: 5 });
    expect(sprint.order()).toEqual([]);
    sprint.start();
    expect(sprint.order()).toEqual(['a']);
  });

  it('started twice is started once', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b')], agents: [one] });
    sprint.start();
    sprint.start();
    finishAll(sprint);
    expect(sprint.order()).toEqual(['a', 'b']);
  });

  it('a task starts when the last of its dependencies is done', () => {
    const sprint = runSprint({
      tasks: [task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })],
      agents: [agent('one', { capacity: 3 })],
    });
    sprint.start();
    sprint.finish('a');
    expect(sprint.stateOf('c')).toBe('waiting');
    sprint.finish('b');
    expect(sprint.stateOf('c')).toBe('running');
  });

  it('a dependency on a task of an earlier sprint does not hold back, and its deliverables are handed over', () => {
    const delivered = [{ task: 'spec', deliverables: [{ id: 'grammar', path: 'g', uri: 'file:///g', sha256: '0', size: 1 }] }];
    const sprint = runSprint({ tasks: [task('a', { dependsOn: ['spec', 'unheard-of'] })], agents: [one], delivered });
    sprint.start();
    expect(sprint.performed()[0]?.inputs).toEqual([{ task: 'spec', deliverable: delivered[0]?.deliverables[0] }]);
  });

  it.each([
    {
      what: 'priority comes first',
      tasks: [task('a'), task('b', { priority: 'high' }), task('c', { priority: 'urgent' }), task('d', { priority: 'low' })],
      order: 'c b a d',
    },
    {
      what: 'of equal priority the least slack, that is the longest way to the end',
      tasks: [task('a'), task('b', { estimateMs: 90_000 }), task('c')],
      order: 'b a c',
    },
    {
      what: 'a task counts with what depends on it',
      tasks: [task('a'), task('b'), task('c', { dependsOn: ['b'], estimateMs: 1 })],
      order: 'b a c',
    },
    { what: 'with nothing else between them the id decides', tasks: [task('b'), task('c'), task('a')], order: 'a b c' },
  ])('$what', ({ tasks, order }) => {
    const sprint = runSprint({ tasks, agents: [one] });
    sprint.start();
    finishAll(sprint);
    expect(sprint.order().join(' ')).toBe(order);
  });

  it('the most pressing task of all classes comes first when they compete for one agent', () => {
    const sprint = runSprint({ tasks: [task('any'), task('named', { agent: 'one', priority: 'urgent' })], agents: [one] });
    sprint.start();
    expect(sprint.order()).toEqual(['named']);
  });

  it('a task whose priority is raised overtakes, and the log says who asked and why', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b'), task('c')], agents: [one] });
    sprint.start();
    expect(sprint.send('setPriority', { by: 'ann', taskId: 'c', priority: 'urgent', reason: 'customer waits' })).toBe('accepted');
    expect(sprint.send('setPriority', { by: 'ann', taskId: 'b', priority: 'normal' })).toBe('accepted');
    finishAll(sprint);
    expect(sprint.order()).toEqual(['a', 'c', 'b']);
    expect(sprint.textsOf('priorityChanged')[0]).toBe('ann set the priority of "c" to urgent: customer waits');
  });

  it(`at most ${MAX_IN_FLIGHT} attempts are at work, and the next starts as soon as one ends`, () => {
    const tasks = Array.from({ length: MAX_IN_FLIGHT + 2 }, (_, number) => task(`t${String(number).padStart(4, '0')}`));
    const sprint = runSprint({ tasks, agents: [agent('one', { capacity: 10_000 })] });
    sprint.start();
    expect(sprint.state.running).toBe(MAX_IN_FLIGHT);
    sprint.finish('t0007');
    expect(sprint.state.running).toBe(MAX_IN_FLIGHT);
    expect(sprint.order()).toHaveLength(MAX_IN_FLIGHT + 1);
    finishAll(sprint);
    expect(sprint.state.phase).toBe('completed');
  });
});
