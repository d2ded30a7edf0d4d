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

  test('does not where somebody has taken the task away before', () => {
    const contingencies = [{ when: { resource: 'bench', state: 'failed' as const }, do: [{ useAgent: 'cloud' }] }];
    const run = runWatched({
      tasks: [task('measure', { agent: 'worker', resources: bench })],
      agents: [agent('worker'), agent('cloud'), agent('other')],
      contingencies,
    });
    run.start();
    run.send('reassignTask', { by: 'ann', taskId: 'measure', agentId: 'other', force: true });
    run.probe('resource', 'bench', 'down');
    expect(run.cancelled()).toEqual(['measure#1']);
    run.finish('measure');
    expect(run.textsOf('staleAttemptRefused')).toHaveLength(1);
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

const HOUR = 3_600_000;

/** `sign`, which the person `p` has, holds the bench past its estimate; the program `x` wants it for `waiting`. */
function runSigning(human: object = {}, more: Partial<Parameters<typeof runMediating>[0]> = {}) {
  const person = agent('p', {
    kind: 'human',
    human: { people: ['ann'], withinMs: 2 * HOUR, otherwise: 'fail', ...human },
  });
  const sign = task('sign', { agent: 'p', estimateMs: 10_000, resources: bench, priority: 'high', input: { question: 'Good?' } });
  const tasks = [sign, task('waiting', { agent: 'x', estimateMs: 10_000, resources: bench })];
  const run = runMediating({ tasks, agents: [person, agent('x'), agent('y')], durationMs: HOUR, ...more });
  const answer = (decision: string, rest: object = {}, itemId = 'sign#1') =>
    run.send('respond', { by: 'ann', itemId, decision, ...rest });
  /** The conflict over the bench is decided for the one that waits. */
  const giveWay = (): void => {
    run.send('setPriority', { by: 'ann', taskId: 'sign', priority: 'low' });
    run.passTime(1_000);
    run.passTime(10_000);
  };
  return { ...run, answer, giveWay, item: () => run.state.inbox['sign#1'] };
}

describe('a task of a person that gives way', () => {
  test('is not taken away at once: the item says why and until when, and what is handed in by then counts', () => {
    const run = runSigning();
    const before = run.item();
    run.giveWay();
    expect(run.resolved()).toMatchObject([{ decision: 'yield' }]);
    expect(run.item()).toMatchObject({
      kind: 'humanTask',
      title: 'gives way: p: sign',
      options: ['done', 'approve', 'reject', 'handOver'],
      otherwise: 'it is taken away as it is: "sign" is done again later, or by somebody else',
      deadlineMs: run.now() + 600_000,
    });
    expect(run.item()?.since).not.toBe(before?.since);
    expect(run.item()?.question).toMatch(
      /^"waiting" and "sign" both want bench: decided by priority: .*Within 10m finish it, or answer handOver .* Good\?$/,
    );
    expect(run.stateOf('waiting')).toBe('waiting');
    expect(run.answer('approve', { note: 'fine' })).toBe('accepted');
    expect(run.runOf('sign')).toMatchObject({ state: 'done', summary: 'ann: approve (fine)' });
    expect(run.stateOf('waiting')).toBe('running');
  });

  test('may be handed over as it is: whoever goes on with it, person or program, finds what was left', () => {
    const run = runSigning({ wrapUpWithinMs: HOUR });
    run.giveWay();
    expect(run.item()?.deadlineMs).toBe(run.now() + HOUR);
    expect(run.answer('handOver', { note: 'half is read', data: { page: 7 } })).toBe('accepted');
    expect(run.runOf('sign')).toMatchObject({ state: 'waiting', failures: 0 });
    expect(run.textsOf('handedOver')).toEqual(['ann handed over "sign": half is read {"page":7}']);
    run.finish('waiting');
    expect(run.state.inbox['sign#2']?.question).toBe('Good?\n\nLeft by p in attempt 1: half is read {"page":7}');
    expect(run.answer('approve')).toMatch(/^StaleAttempt/);
    run.send('reassignTask', { by: 'lead', taskId: 'sign', agentId: 'y', force: true });
    expect(run.performed().at(-1)).toMatchObject({
      task: { id: 'sign' },
      handover: { from: { agent_id: 'p', attempt: 1 }, bundle: null, notes: ['half is read', '{"page":7}'] },
    });
  });

  test('is taken away when the time is up, which is never more than there was: nobody has failed', () => {
    const run = runSigning({ withinMs: 20_000 });
    run.giveWay();
    expect(run.item()?.deadlineMs).toBe(run.now() + 9_000);
    run.passTime(9_000);
    expect(run.runOf('sign')).toMatchObject({ state: 'waiting', failures: 0 });
    expect(run.stateOf('waiting')).toBe('running');
    expect(run.textsOf('nobodyAnswered')).toHaveLength(1);
    run.finish('waiting');
    expect(run.state.inbox['sign#2']?.question).toBe('Good?');
    expect(run.state.inbox['sign#2']?.options).not.toContain('handOver');
  });

  test('is taken away at once by a stop, and when the person is not there; rejected it has failed', () => {
    const stopped = runSigning();
    stopped.giveWay();
    stopped.send('emergencyStop', { by: 'ann', reason: 'fire' });
    expect(stopped.state.phase).toBe('stopped');
    const away = runSigning();
    away.send('agentAvailability', { agent_id: 'p', available: false });
    away.giveWay();
    expect(away.stateOf('waiting')).toBe('running');
    const rejected = runSigning();
    rejected.giveWay();
    rejected.answer('reject');
    expect(rejected.runOf('sign')).toMatchObject({ state: 'failed', reason: 'rejected by ann' });
  });

  test('is what an amendment makes of it from then on: what is handed in after a restart, or of a task that is cancelled, is too late', () => {
    const run = runSigning();
    run.giveWay();
    const [sign] = run.sprint.definition.sprint.tasks;
    run.happen({
      type: 'amended',
      amendment: { revision: 1, tasks: [{ ...sign!, input: { question: 'Better?' } }], restart: ['sign'] },
    });
    expect([run.stateOf('sign'), run.stateOf('waiting')]).toEqual(['waiting', 'running']);
    expect(run.answer('approve')).toMatch(/^StaleAttempt/);
    const program = runContested();
    program.passTime(0);
    const [holder] = program.sprint.definition.sprint.tasks;
    program.happen({ type: 'amended', amendment: { revision: 1, tasks: [{ ...holder!, title: 'x' }], restart: ['holder'] } });
    expect(program.cancelled()).toEqual(['holder#1']);
    program.finish('holder');
    expect(program.textsOf('staleAttemptRefused')).toHaveLength(1);
    const gone = runSigning();
    gone.giveWay();
    gone.state.pending = { sign: { ...sign!, cancelled: true } };
    expect(gone.answer('handOver')).toBe('accepted');
    expect(gone.runOf('sign')).toMatchObject({ state: 'cancelled' });
    expect(gone.runOf('sign').moves).toBeUndefined();
    expect(gone.textsOf('handedOver')).toEqual(['ann handed over "sign"']);
  });

  test('is taken over by another agent when it has been handed over, and not at all when it is finished before', () => {
    for (const decision of ['handOver', 'approve']) {
      const person = agent('p', { kind: 'human', capacity: 2, human: { people: ['ann'], withinMs: HOUR, otherwise: 'fail' } });
      const tasks = [task('first', { agent: 'p' }), task('other', { agent: 'q' }), task('read')];
      const run = runMoving({ agents: [person, agent('q')], tasks });
      expect(run.agentIdOf('read')).toBe('p');
      run.finish('other');
      run.send('agentAvailability', { agent_id: 'p', available: true, capacity: 1 });
      run.award('q');
      expect(run.state.inbox['read#1']?.options).toContain('handOver');
      run.send('respond', { by: 'ann', itemId: 'read#1', decision, note: 'see page 7' });
      if (decision === 'approve') expect(run.stateOf('read')).toBe('done');
      else expect(run.performed().at(-1)).toMatchObject({ agent: 'q', handover: { notes: ['see page 7'] } });
    }
  });
});
