import { describe, expect, test } from 'vitest';
import type { Contingency } from '../../../src/domain/emergencies/contingency.ts';
import { runWatched } from './emergency-run.ts';
import { agents, asking, escalated, lexer, when } from './measuring-run.ts';
import { task, type GivenSprint } from './sprint-definition.ts';

describe('what is held while something else has failed', () => {
  const held = (cause: Contingency['when']): Contingency => ({ ...when(cause, { hold: true }), tasks: ['deploy', 'b'] });
  const bench = task('b', { agent: 'tester', resources: [{ id: 'bench', mode: 'shared' }] });
  const deploy = task('deploy', { agent: 'spare', dependsOn: ['gate'] });
  const gate = task('gate', { agent: 'builder' });

  test('waits until people say that it goes on nevertheless, and is asked about when nothing else is left', () => {
    const run = runWatched({
      tasks: [bench, gate, deploy],
      agents,
      resources: { bench: 9 },
      contingencies: [held({ resource: 'bench', state: 'failed' })],
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    run.finish('b');
    run.finish('gate');
    expect([run.stateOf('deploy'), run.asked()]).toEqual(['waiting', ['resource/bench']]);
    run.decide('override');
    expect(run.stateOf('deploy')).toBe('running');
  });

  test.each(['skip', 'reject'])('is not done when people decide "%s"', (decision) => {
    const run = runWatched({
      tasks: [bench, gate, deploy],
      agents,
      contingencies: [held({ resource: 'bench', state: 'failed' })],
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    run.finish('b');
    run.finish('gate');
    run.decide(decision);
    expect(run.stateOf('deploy')).toBe(decision === 'skip' ? 'skipped' : 'failed');
  });

  test('because an agent is away is asked about, and fails when people give the agent up', () => {
    const run = runWatched({
      tasks: [gate, deploy, task('later', { agent: 'spare', dependsOn: ['deploy'] })],
      agents,
      contingencies: [{ ...held({ agent: 'tester', state: 'unavailable' }), tasks: ['deploy', 'later'] }],
      people: ['ann'],
    });
    run.start();
    run.send('agentAvailability', { agent_id: 'tester', available: false });
    run.finish('gate');
    expect(Object.keys(run.state.inbox)).toEqual(['agent/tester']);
    run.send('respond', { by: 'ann', itemId: 'agent/tester', decision: 'fail' });
    expect([run.stateOf('deploy'), run.stateOf('later'), run.state.phase]).toEqual(['failed', 'skipped', 'failed']);
  });
});

describe('priorities of measures', () => {
  const late = { sprint: 'core', state: 'late' } as const;
  const given = (...contingencies: Contingency[]): Omit<GivenSprint, 'agents'> => ({
    tasks: [lexer(), task('a', { agent: 'builder', dependsOn: ['gate'] }), task('gate', { agent: 'tester' })],
    durationMs: 1_000,
    contingencies,
  });

  test('the later one in the plan counts, and what there was comes back after the last', () => {
    const run = asking(given(when(escalated, { priority: 'urgent' }), { ...when(late, { priority: 'low' }), tasks: ['a'] }));
    expect(run.runOf('a').priority).toBe('urgent');
    run.passTime(1_000);
    expect(run.runOf('a').priority).toBe('low');
    run.decide('retry');
    expect(run.runOf('a').priority).toBe('low');
    const other = asking(given({ ...when(late, { priority: 'low' }), tasks: ['a'] }, when(escalated, { priority: 'urgent' })));
    other.passTime(1_000);
    expect(other.runOf('a').priority).toBe('urgent');
    other.decide('retry');
    expect(other.runOf('a').priority).toBe('low');
  });

  test('what people say meanwhile stays', () => {
    const run = asking(given(when(escalated, { priority: 'urgent' })));
    run.send('setPriority', { by: 'dora', taskId: 'a', priority: 'high' });
    run.decide('retry');
    expect(run.runOf('a').priority).toBe('high');
    expect(run.state.emergencies).not.toHaveProperty('priorities');
  });

  test('what has ended is left alone, and comes back as it was', () => {
    const run = asking({
      ...given(when(escalated, { priority: 'urgent' })),
      tasks: [lexer(), task('a', { agent: 'builder' }), task('b', { agent: 'tester' })],
    });
    run.finish('a');
    run.decide('retry');
    expect(run.runOf('a')).toMatchObject({ state: 'done', priority: 'normal' });
    expect(run.textsOf('priorityChanged')).toHaveLength(1);
  });
});
