import { describe, expect, it } from 'vitest';
import type { RollbackOutcome } from '../../../src/domain/rollback/rollback.ts';
import { agent, START, task, type GivenSprint } from './sprint-definition.ts';
import { deliverable, runSprint } from './sprint-run.ts';

const undo = { id: 'undo', digest: 'digest of undo' };
const three = [
  task('a', { agent: 'w', deliverables: [deliverable('out')] }),
  task('b', { agent: 'w', dependsOn: ['a'], compensation: { check: 'undo' } }),
  task('c', { agent: 'w', dependsOn: ['b'] }),
];

function sprintOf(given: Partial<GivenSprint> = {}) {
  const run = runSprint({ tasks: three, agents: [agent('w', { capacity: 4 })], checks: [undo], people: ['ann'], ...given });
  run.start();
  const started = () =>
    run.effects().flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'rollback' ? [effect] : []));
  const told = () =>
    run.effects().flatMap((effect) => (effect.type === 'tellProcedure' && effect.kind === 'rollback' ? [effect.news] : []));
  const end = (outcome: Partial<RollbackOutcome> | null = {}, n = 1) =>
    run.happen({
      type: 'procedureEnded',
      kind: 'rollback',
      n,
      outcome: outcome && { how: 'done', settled: 2, skipped: 0, startedAt: START, endedAt: START, ...outcome },
      reason: outcome ? null : 'terminated',
    });
  const fail = (step: string, id: string, n = 1) =>
    run.happen({ type: 'procedureSaid', kind: 'rollback', n, said: { type: 'stepFailed', step, task: id, reason: 'no' } });
  const rollBack = (to: unknown = 'start', more: object = {}) => run.send('rollback', { by: 'ann', to, ...more });
  const states = () => run.state.tasks.map(({ state }) => state).join();
  const finish = (id: string) => {
    run.passTime(1_000);
    return run.finish(id, [deliverable('out')]);
  };
  return { ...run, finish, failTask: run.fail, started, told, end, failStep: fail, rollBack, states };
}

const stopped = { cause: 'stopped' } as const;

describe('rollback of a sprint', () => {
  it('ends what is at work, undoes newest first, then opens the tasks again with higher numbers of attempts', () => {
    const sprint = sprintOf();
    sprint.finish('a');
    sprint.finish('b');
    expect(sprint.rollBack('start', { reason: 'wrong' })).toBe('accepted');
    expect(sprint.state.phase).toBe('rollingBack');
    expect(sprint.cancelled()).toEqual(['c#1']);
    expect(sprint.started()).toEqual([]);
    sprint.failTask('c', stopped);
    const [start] = sprint.started();
    expect(start?.input).toMatchObject({ folder: 'core-1', title: 'rolled back to its start by ann: wrong' });
    expect(start?.input.steps.map(({ id, kind, compensation }) => [id, kind, compensation?.id])).toEqual([
      ['b#1', 'undo', 'undo'],
      ['a#1', 'undo', undefined],
    ]);
    expect(sprint.order()).toEqual(['a', 'b', 'c']);
    sprint.end();
    expect(sprint.states()).toBe('running,waiting,waiting');
    expect(sprint.runOf('a')).toMatchObject({ attempt: 2, deliverables: [] });
    expect(sprint.runOf('b').feedback).toEqual(['Attempt 1 was rolled back by ann: wrong']);
    expect(sprint.state).toMatchObject({ phase: 'running', reason: null, rollback: null, ended: 0 });
    for (const id of ['a', 'b', 'c']) sprint.finish(id);
    expect(sprint.state.phase).toBe('completed');
  });

  it('keeps what had ended at the checkpoint, restores it, and is ahead of the checkpoints after it again', () => {
    const sprint = sprintOf({
      checkpoints: [
        { id: 'one', after: ['a'], agents: ['w'] },
        { id: 'two', after: ['b'], agents: ['w'] },
      ],
      triggers: [{ agent: 'w', when: { any: [{ checkpoint: 'two' }, { afterMs: 0 }] } }],
    });
    expect(sprint.rollBack({ checkpoint: 'one' })).toContain('has not been passed');
    sprint.finish('a');
    sprint.passTime(1);
    expect(sprint.rollBack({ checkpoint: 'three' })).toContain(
      'UnknownCheckpoint: "three" is no checkpoint of this sprint; it has one, two',
    );
    expect(sprint.rollBack({ sprint: 'other' })).toContain('UnknownSprint');
    sprint.finish('b');
    expect(sprint.state.checkpoints.map(({ state }) => state)).toEqual(['passed', 'passed']);
    expect(sprint.rollBack({ checkpoint: 'one' })).toBe('accepted');
    expect(sprint.rollBack({ checkpoint: 'one' })).toContain('being rolled back');
    sprint.failTask('c', stopped);
    expect(sprint.started()[0]?.input.steps.map(({ id, kind }) => `${kind} ${id}`)).toEqual(['undo b#1', 'restore a#1']);
    sprint.end();
    expect(sprint.states()).toBe('done,running,waiting');
    expect(sprint.state.checkpoints.map(({ state }) => state)).toEqual(['passed', 'ahead']);
    for (const id of ['b', 'c']) sprint.finish(id);
    expect(sprint.state.phase).toBe('completed');
  });

  it('begins again when its child ends without a word of why, and stops where it ended early with everything undone', () => {
    const sprint = sprintOf();
    expect(sprint.rollBack({ checkpoint: 'one' })).toContain('it has none');
    sprint.finish('a');
    sprint.rollBack();
    sprint.failTask('b', stopped);
    sprint.happen({ type: 'procedureEnded', kind: 'rollback', n: 1, outcome: null, reason: null });
    expect(sprint.textsOf('rollbackLost')).toEqual(['rollback 1 ended without an outcome and begins again: no reason known']);
    sprint.end({ how: 'abandoned', settled: 9 }, 2);
    expect(sprint.state.phase).toBe('stopped');
    expect(sprint.states()).toBe('waiting,waiting,waiting');
  });

  it('leaves alone what has been at work since before the checkpoint', () => {
    const sprint = sprintOf({
      tasks: [task('a', { agent: 'w' }), task('long', { agent: 'v' }), task('b', { agent: 'w', dependsOn: ['a'] })],
      agents: [agent('v'), agent('w')],
      checkpoints: [{ id: 'one', after: ['a'], agents: ['w'] }],
    });
    sprint.finish('a');
    sprint.passTime(1_000);
    sprint.rollBack({ checkpoint: 'one' });
    expect(sprint.cancelled()).toEqual(['b#1']);
    sprint.failTask('b', stopped);
    sprint.end();
    expect(sprint.states()).toBe('done,running,running');
    expect(sprint.runOf('b').attempt).toBe(2);
    expect(sprint.runOf('long').attempt).toBe(1);
  });

  it('takes agents back that a checkpoint gathered, and that only what is undone had activated', () => {
    const sprint = sprintOf({
      tasks: [task('a', { agent: 'w' }), task('b', { agent: 'v', dependsOn: ['a'] }), task('other', { agent: 'u' })],
      agents: [agent('u'), agent('v'), agent('w')],
      checkpoints: [{ id: 'one', after: ['a'], agents: ['u', 'w'] }],
      triggers: [{ agent: 'v', when: { task: 'a', reached: 'finished' } }],
    });
    sprint.finish('a');
    expect(sprint.state.checkpoints[0]?.state).toBe('gathering');
    expect(sprint.state.agents.map(({ held }) => held)).toEqual([1, 0, 1]);
    expect(sprint.stateOf('b')).toBe('running');
    sprint.rollBack();
    sprint.failTask('other', stopped);
    sprint.failTask('b', stopped);
    sprint.end();
    expect(sprint.state.agents.map(({ held, active }) => [held, active])).toEqual([
      [0, true],
      [0, false],
      [0, true],
    ]);
    expect(sprint.states()).toBe('running,waiting,running');
  });

  it('abandons what it has undone and what waits, when asked to', () => {
    const sprint = sprintOf();
    sprint.finish('a');
    sprint.rollBack({ sprint: 'core' }, { policy: 'abandon' });
    sprint.failTask('b', stopped);
    sprint.end();
    expect(sprint.states()).toBe('skipped,skipped,skipped');
    expect(sprint.state.phase).toBe('completed');
  });

  it('reopens what failed and what was skipped because of it', () => {
    const sprint = sprintOf({ tasks: [...three, task('last', { agent: 'w' })] });
    sprint.failTask('a', { retryable: false });
    expect(sprint.states()).toBe('failed,skipped,skipped,running');
    sprint.send('pause', { by: 'ann' });
    sprint.rollBack();
    sprint.failTask('last', stopped);
    expect(sprint.state).toMatchObject({ phase: 'paused', failed: 0, ended: 0 });
    expect(Object.keys(sprint.state.inbox)).toEqual(['paused']);
    expect(sprint.states()).toBe('waiting,waiting,waiting,waiting');
  });

  it('asks about a step that fails, and passes the answer on', () => {
    const sprint = sprintOf();
    sprint.finish('a');
    sprint.finish('b');
    sprint.rollBack();
    sprint.failTask('c', stopped);
    sprint.failStep('b#1', 'b', 7);
    expect(sprint.state.inbox).toEqual({});
    sprint.failStep('b#1', 'b');
    expect(sprint.state.alerts.map(({ id }) => id)).toEqual(['rollback/1']);
    expect(sprint.send('respond', { by: 'ann', itemId: 'rollback/1/b#1', decision: 'skip' })).toBe('accepted');
    expect(sprint.told()).toEqual([{ type: 'decided', step: 'b#1', decision: 'skip', by: 'ann' }]);
    expect(sprint.state.alerts).toEqual([]);
    sprint.end({ skipped: 1 });
    expect(sprint.textsOf('rollbackEnded')).toEqual(['rollback 1 has ended: 2 steps, 1 of them skipped; 3 tasks are open again']);
  });

  it('is abandoned by silence: what was undone is open again, the rest stays as it is, and the sprint is stopped', () => {
    const sprint = sprintOf();
    sprint.finish('a');
    sprint.finish('b');
    sprint.rollBack();
    sprint.failTask('c', stopped);
    sprint.failStep('b#1', 'b');
    sprint.passTime(86_400_000);
    expect(sprint.told()).toEqual([{ type: 'decided', step: 'b#1', decision: 'abandon', by: null }]);
    sprint.end({ how: 'abandoned', settled: 0 });
    expect(sprint.states()).toBe('done,done,waiting');
    expect(sprint.state.phase).toBe('stopped');
    sprint.send('resume', { by: 'ann' });
    expect(sprint.atWork()).toEqual(['c']);
  });

  it('opens all that was meant again when only something that stays could not be restored', () => {
    const sprint = sprintOf({ checkpoints: [{ id: 'one', after: ['a'], agents: ['w'] }] });
    sprint.finish('a');
    sprint.finish('b');
    sprint.rollBack({ checkpoint: 'one' });
    sprint.failTask('c', stopped);
    sprint.end({ how: 'abandoned', settled: 1 }, 7);
    expect(sprint.state.phase).toBe('rollingBack');
    sprint.end({ how: 'abandoned', settled: 1 });
    expect(sprint.states()).toBe('done,waiting,waiting');
    expect(sprint.textsOf('rollbackEnded')).toEqual([
      'rollback 1 has ended: it ended after 1 of 2 steps; 2 tasks are open again',
    ]);
    expect(sprint.state.phase).toBe('stopped');
  });

  it('begins again when its child is lost, three times', () => {
    const sprint = sprintOf();
    sprint.finish('a');
    sprint.finish('b');
    sprint.rollBack();
    sprint.failTask('c', stopped);
    for (const n of [1, 2, 3]) sprint.end(null, n);
    expect(sprint.started().map(({ n, input }) => [n, input.folder])).toEqual([1, 2, 3, 4].map((n) => [n, 'core-1']));
    sprint.end(null, 4);
    expect(sprint.state.phase).toBe('stopped');
    expect(sprint.states()).toBe('done,done,waiting');
  });

  it('comes to its end before a cancel or a stop does its work', () => {
    for (const kind of ['cancel', 'stop'] as const) {
      const sprint = sprintOf();
      sprint.finish('a');
      sprint.finish('b');
      sprint.rollBack();
      if (kind === 'cancel') sprint.happen({ type: 'cancelRequested' });
      else sprint.send('emergencyStop', { by: 'ann', reason: 'smoke' });
      expect(sprint.state.phase).toBe('rollingBack');
      if (kind === 'cancel') {
        sprint.happen({ type: 'rollbackRequested', by: 'ann', to: 'start' });
        expect(sprint.rollBack()).toContain('being rolled back');
      }
      sprint.failTask('c', stopped);
      sprint.end();
      expect(sprint.state.phase).toBe(kind === 'cancel' ? 'cancelled' : 'stopped');
    }
  });

  it('happens by a cancel where the plan compensates, and not before the sprint has started', () => {
    const sprint = sprintOf({ onCancel: 'compensate' });
    sprint.finish('a');
    sprint.happen({ type: 'cancelRequested' });
    sprint.failTask('b', stopped);
    expect(sprint.started()[0]?.input.steps.map(({ id }) => id)).toEqual(['b#1', 'a#1']);
    sprint.end();
    expect(sprint.states()).toBe('cancelled,cancelled,cancelled');

    const early = runSprint({ tasks: three, agents: [agent('w')], onCancel: 'compensate' });
    expect(early.send('rollback', { by: 'ann', to: 'start' })).toContain('has not started');
    early.happen({ type: 'cancelRequested' });
    expect(early.state.phase).toBe('cancelled');
  });

  it('cannot be asked for while the sprint is being cancelled', () => {
    const sprint = sprintOf();
    sprint.happen({ type: 'cancelRequested' });
    expect(sprint.rollBack()).toContain('being cancelled');
  });
});

describe('rollback by an escalation', () => {
  const escalation = { levels: [{ to: ['ann'], via: [], withinMs: 1_000 }], otherwise: 'rollback' } as const;
  const outcome = { note: null, data: null, level: 1, startedAt: START, endedAt: START };

  it('goes to the checkpoint that was passed last, and on with the work', () => {
    const sprint = sprintOf({
      escalation,
      checkpoints: [
        { id: 'one', after: ['a'], agents: ['w'] },
        { id: 'two', after: ['b'], agents: ['w'] },
      ],
    });
    sprint.finish('a');
    sprint.finish('b');
    sprint.passTime(1);
    sprint.failTask('c', { retryable: false });
    sprint.happen({
      type: 'procedureEnded',
      kind: 'escalation',
      n: 1,
      outcome: { ...outcome, decision: 'rollback', by: 'ann', how: 'answered' },
      reason: null,
    });
    expect(sprint.textsOf('rollbackStarted')[0]).toContain('ann rolls the sprint back to checkpoint "two"');
    sprint.end();
    expect(sprint.states()).toBe('done,done,running');
  });

  it('is stopped afterwards when it came by silence; an escalation about what is undone is withdrawn', () => {
    const sprint = sprintOf({ escalation, tasks: [task('x', { agent: 'w' }), task('y', { agent: 'w' })] });
    sprint.failTask('x', { retryable: false });
    sprint.failTask('y', { retryable: false });
    sprint.happen({
      type: 'procedureEnded',
      kind: 'escalation',
      n: 1,
      outcome: { ...outcome, decision: 'rollback', by: null, how: 'silence' },
      reason: null,
    });
    expect(sprint.state.phase).toBe('stopped');
    expect(sprint.states()).toBe('waiting,waiting');
    expect(sprint.state.escalations).toEqual({});
    expect(sprint.state.alerts).toEqual([]);
  });

  it('changes nothing more where the sprint is being rolled back already', () => {
    const sprint = sprintOf({
      escalation,
      tasks: [task('x', { agent: 'w' }), task('y', { agent: 'w' }), task('z', { agent: 'w' })],
    });
    const decide = (n: number) =>
      sprint.happen({
        type: 'procedureEnded',
        kind: 'escalation',
        n,
        outcome: { ...outcome, decision: 'rollback', by: 'ann', how: 'answered' },
        reason: null,
      });
    sprint.finish('z');
    sprint.failTask('x', { retryable: false });
    sprint.failTask('y', { retryable: false });
    decide(1);
    decide(2);
    expect(sprint.started()).toHaveLength(1);
    sprint.end();
    expect(sprint.states()).toBe('running,running,running');
  });
});
