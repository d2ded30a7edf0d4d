import { describe, expect, test } from 'vitest';
import { runWatched } from './emergency-run.ts';
import { runMediating } from './mediating-run.ts';
import { runMoving } from './moving-run.ts';
import { agent, task } from './sprint-definition.ts';

const bench = [{ id: 'bench', mode: 'exclusive' as const }];

/** `holder`, of low priority, has the bench past its estimate; `waiting` wants it, and the moment at which that is looked at has come. */
function runContested() {
  const tasks = ['holder', 'waiting'].map((id) => task(id, { estimateMs: 10_000, resources: bench }));
  const run = runMediating({ tasks, durationMs: 3_600_000 });
  expect(run.atWork()).toEqual(['holder']);
  run.send('setPriority', { by: 'ann', taskId: 'holder', priority: 'low' });
  run.passTime(1_000);
  run.elapse(10_000);
  return run;
}

describe('a result of an attempt that only gives way', () => {
  test('counts where the conflict is decided in the very step in which it comes: the one that waited goes on', () => {
    const run = runContested();
    run.finish('holder');
    expect(run.resolved()).toMatchObject([{ decision: 'yield' }]);
    expect(run.stateOf('holder')).toBe('done');
    expect(run.stateOf('waiting')).toBe('running');
    expect(run.events()).not.toContain('staleAttemptRefused');
  });

  test('counts as long as its agent has not ended, since the lease is still its own', () => {
    const run = runContested();
    run.passTime(0);
    expect(run.cancelled()).toEqual(['holder#1']);
    expect(run.stateOf('waiting')).toBe('waiting');
    run.finish('holder');
    expect(run.runOf('holder')).toMatchObject({ state: 'done', attempt: 1 });
    expect(run.runOf('holder')).not.toHaveProperty('isPutBack');
    expect(run.stateOf('waiting')).toBe('running');
  });

  test('does not once the attempt has ended: it is done again', () => {
    const run = runContested();
    run.passTime(0);
    run.release('holder');
    run.finish('holder', [], 1);
    expect(run.runOf('holder')).toMatchObject({ state: 'waiting', failures: 0 });
    expect(run.textsOf('staleAttemptRefused')).toHaveLength(1);
  });

  test('counts where an urgent task needs its agent', () => {
    const urgent = task('alarm', { priority: 'urgent', dependsOn: ['gate'], agent: 'a1' });
    const tasks = [task('page', { agent: 'a1', priority: 'low' }), task('gate', { agent: 'a2' }), urgent];
    const run = runMoving({ agents: [agent('a1'), agent('a2')], tasks });
    run.finish('gate');
    expect(run.cancelled()).toEqual(['page#1']);
    run.finish('page');
    expect([run.stateOf('page'), run.stateOf('alarm')]).toEqual(['done', 'running']);
  });

  test('counts where a contingency has somebody else go on with it', () => {
    const contingencies = [{ when: { resource: 'bench', state: 'failed' as const }, do: [{ useAgent: 'cloud' }] }];
    const run = runWatched({
      tasks: [task('measure', { agent: 'worker', resources: bench })],
      agents: [agent('worker'), agent('cloud')],
      contingencies,
    });
    run.start();
    run.probe('resource', 'bench', 'down');
    expect(run.cancelled()).toEqual(['measure#1']);
    run.finish('measure');
    expect(run.state.phase).toBe('completed');
  });
});

test('the answer of a person counts in the moment in which a conflict over what the person holds would be decided', () => {
  const people = [agent('p', { kind: 'human', human: { people: 'anyone', withinMs: 60_000, otherwise: 'fail' } }), agent('x')];
  const tasks = [
    task('sign', { agent: 'p', estimateMs: 10_000, resources: bench, priority: 'high' }),
    task('waiting', { agent: 'x', estimateMs: 10_000, resources: bench }),
  ];
  const run = runMediating({ tasks, agents: people, durationMs: 3_600_000 });
  run.send('setPriority', { by: 'ann', taskId: 'sign', priority: 'low' });
  run.passTime(1_000);
  run.elapse(10_000);
  expect(run.send('respond', { by: 'ann', itemId: 'sign#1', decision: 'approve' })).toBe('accepted');
  expect(run.stateOf('sign')).toBe('done');
  expect(run.found()).toEqual([]);
});

test('an answer counts in the moment in which its deadline comes: what was accepted is not silence', () => {
  const people = [agent('p', { kind: 'human', human: { people: 'anyone', withinMs: 60_000, otherwise: 'fail' } })];
  const run = runMediating({ tasks: [task('sign', { agent: 'p' })], agents: people });
  run.elapse(60_000);
  expect(run.send('respond', { by: 'ann', itemId: 'sign#1', decision: 'approve' })).toBe('accepted');
  expect(run.state.phase).toBe('completed');
  expect(run.events()).not.toContain('nobodyAnswered');
});
