import { describe, expect, test } from 'vitest';
import type { Contingency } from '../../../src/domain/emergencies/contingency.ts';
import { agent, task } from './sprint-definition.ts';
import { chain, runWatched } from './emergency-run.ts';

const agents = [agent('worker', { capacity: 5 }), agent('cloud', { capacity: 5, skills: ['cloud'] })];
const bench = (id: string, given = {}) =>
  task(id, { agent: 'worker', resources: [{ id: 'bench', mode: 'shared' }], needs: ['mail'], ...given });
const failed = { resource: 'bench', state: 'failed' } as const;
const when = (cause: Contingency['when'], ...actions: Contingency['do'][number][]): Contingency => ({ when: cause, do: actions });

describe('a contingency', () => {
  test('puts an agent in the place of what has failed, takes attempts at work over, and is undone', () => {
    const tasks = [bench('a'), bench('b', { dependsOn: ['gate'] }), task('gate', { agent: 'worker' })];
    const run = runWatched({ tasks, agents, resources: { bench: 5 }, contingencies: [when(failed, { useAgent: 'cloud' })] });
    run.start();
    run.probe('resource', 'bench', 'down');
    expect(run.cancelled()).toEqual(['a#1']);
    expect(run.alerts()).toEqual(['resource/bench', 'contingency/1']);
    run.fail('a', { cause: 'stopped' });
    expect(run.agentIdOf('a')).toBe('cloud');
    expect(run.emergencies()[0]?.measures.join()).toContain('cloud does the work');
    run.probe('resource', 'bench', 'up');
    run.finish('a');
    run.finish('gate');
    expect(run.agentIdOf('b')).toBe('worker');
    expect(run.alerts()).toEqual([]);
    expect(run.events()).toEqual(expect.arrayContaining(['contingencyActivated', 'contingencyUndone']));
  });

  test('that skips a task that people are asked about withdraws the question', () => {
    const run = runWatched({
      tasks: [bench('a', { budget: { timeMs: null, attempts: 1 } }), task('on', { agent: 'cloud' })],
      agents,
      resources: { bench: 5 },
      escalation: chain,
      contingencies: [when(failed, { skip: true })],
    });
    run.start();
    run.fail('a');
    expect(run.asked()).toEqual(['task/a']);
    run.probe('resource', 'bench', 'down');
    expect(run.stateOf('a')).toBe('skipped');
    expect(run.asked()).toEqual(['resource/bench']);
  });

  test('is in force for tasks that an amendment brings, and not for those that are over', () => {
    const run = runWatched({
      tasks: [bench('a'), bench('done')],
      agents,
      resources: { bench: 5 },
      contingencies: [when(failed, { useAgent: 'cloud' })],
    });
    run.start();
    run.finish('done');
    run.probe('resource', 'bench', 'down');
    run.happen({ type: 'amended', amendment: { revision: 1, tasks: [bench('n')] } });
    expect(run.agentIdOf('n')).toBe('cloud');
  });

  test('puts a resource in the place of another', () => {
    const run = runWatched({
      tasks: [
        bench('a'),
        bench('b', {
          resources: [
            { id: 'bench', mode: 'shared' },
            { id: 'tool', mode: 'shared' },
          ],
        }),
      ],
      agents,
      resources: { bench: 5, desk: 5, tool: 5 },
      contingencies: [when(failed, { useResource: 'desk' })],
    });
    run.probe('resource', 'bench', 'down');
    run.start();
    expect(run.performed().map(({ leases }) => leases.map(({ resource }) => resource))).toEqual([['desk'], ['desk', 'tool']]);
    run.probe('resource', 'bench', 'up');
    expect(run.cancelled()).toEqual([]);
  });

  test('of a dependency leaves it out, and keeps what an earlier one has put in place', () => {
    const contingencies = [
      when({ dependency: 'mail', state: 'down' }, { useAgent: 'cloud' }),
      when(failed, { useResource: 'desk' }),
    ];
    const run = runWatched({
      tasks: [bench('a'), task('idle', { agent: 'worker' })],
      agents,
      resources: { bench: 5, desk: 5 },
      contingencies,
    });
    run.probe('resource', 'bench', 'down');
    run.probe('dependency', 'mail', 'down');
    run.start();
    expect(run.performed()[0]).toMatchObject({ agent: 'cloud', leases: [{ resource: 'desk' }] });
  });

  test('changes priorities, tells channels and pauses, and takes back what it did', () => {
    const actions = [{ priority: 'urgent' as const }, { notify: ['ops'] }, { pause: true as const }];
    const run = runWatched({
      tasks: [bench('a'), bench('u', { priority: 'urgent' })],
      agents,
      contingencies: [when(failed, ...actions)],
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    expect(run.runOf('a').priority).toBe('urgent');
    expect(run.state.phase).toBe('paused');
    expect(run.state.alerts.find(({ id }) => id === 'contingency/1')?.via).toEqual(['ops']);
    run.probe('resource', 'bench', 'up');
    expect(run.runOf('a').priority).toBe('normal');
    expect(run.state.phase).toBe('running');
  });

  test('skips what has not begun, for good', () => {
    const run = runWatched({
      tasks: [bench('a'), bench('b', { dependsOn: ['a'] })],
      agents,
      contingencies: [when(failed, { skip: true })],
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    expect(run.stateOf('b')).toBe('skipped');
    run.probe('resource', 'bench', 'up');
    expect(run.textsOf('contingencyUndone')[0]).toContain('stays so');
    run.finish('a');
    expect(run.state.phase).toBe('completed');
  });

  test('of an agent comes with its absence and goes with its return', () => {
    const tasks = [task('a', { agent: 'worker', dependsOn: ['p'] }), task('p', { agent: 'cloud' })];
    const run = runWatched({
      tasks,
      agents,
      contingencies: [when({ agent: 'worker', state: 'unavailable' }, { useAgent: 'cloud' })],
    });
    run.start();
    run.send('agentAvailability', { agent_id: 'worker', available: false });
    run.send('agentAvailability', { agent_id: 'worker', available: false });
    run.finish('p');
    expect(run.agentIdOf('a')).toBe('cloud');
    run.send('agentAvailability', { agent_id: 'worker', available: true });
    expect(run.alerts()).toEqual([]);
    run.send('agentAvailability', { agent_id: 'worker', available: true });
  });

  test('of a late sprint comes with its time, for the tasks that it names', () => {
    const contingencies = [{ ...when({ sprint: 'core', state: 'late' }, { priority: 'high' }), tasks: ['b'] }];
    const run = runWatched({
      tasks: [task('a'), task('b'), task('c')],
      agents: [agent('worker')],
      durationMs: 1_000,
      contingencies,
    });
    run.start();
    run.passTime(1_000);
    expect(['a', 'b', 'c'].map((id) => run.runOf(id).priority)).toEqual(['normal', 'high', 'normal']);
  });
});
