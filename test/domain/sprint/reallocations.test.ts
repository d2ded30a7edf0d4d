import { describe, expect, it } from 'vitest';
import { AGENT_FAULTS } from '../../../src/domain/attempt.ts';
import { agent, task } from './sprint-definition.ts';
import { runMoving } from './moving-run.ts';

const trio = [agent('a1'), agent('a2'), agent('a3')];
const bundle = { path: 'handover.json', uri: 'file:///handover.json', sha256: 'a'.repeat(64), size: 1 };
const signs = { acknowledged: true, moving: true };

describe('work of an agent that is away', () => {
  it('goes on until it is awarded, is wrapped up, and goes to the new agent with what there is', () => {
    const sprint = runMoving();
    sprint.report('page', { progress_percentage: 60 });
    expect(sprint.away('a1', { reason: 'lunch' })).toBe('accepted');
    expect(sprint.begun()).toMatchObject([
      {
        task: { id: 'page', remainingMs: 60_000 },
        trigger: 'unavailable',
        text: 'a1 in attempt 1 of "page": it is unavailable: lunch',
        from: { agent_id: 'a1', attempt: 1 },
        isOver: false,
      },
    ]);
    expect(sprint.excluded()).toEqual({ a1: 'has it now, or had it last', a2: null });
    expect(sprint.state.alerts).toMatchObject([{ id: 'reallocation/1', kind: 'performance' }]);
    const assessment = { agent_id: 'a2', score: 0.5, parts: {}, text: 'it is idle', excluded: null };
    sprint.say({ type: 'assessed', assessments: [] });
    sprint.say({ type: 'assessed', assessments: [assessment] } as never);
    expect(sprint.textsOf('candidatesAssessed')).toEqual([
      'candidates for "page": none',
      'candidates for "page": a2 0.5 (it is idle)',
    ]);
    expect(sprint.wrapUp('page', 1)).toBeNull();
    // Who hands it over may have taken it over itself: its signs are none of the next one's.
    sprint.report('page', { progress_percentage: 60, handover: signs });
    sprint.award('a2');
    sprint.award('a2');
    expect(sprint.cancelled()).toEqual(['page#1']);
    expect(sprint.wrapUp('page', 1)).toEqual({ reason: 'handover to a2', withinMs: 1_000 });
    expect(sprint.wrapUp('page', 2)).toBeNull();
    expect(sprint.wrapUp('unknown', 1)).toBeNull();
    sprint.release('page', { bundle });
    expect(sprint.performed().at(-1)).toMatchObject({
      attempt: 2,
      handover: {
        from: { agent_id: 'a1', attempt: 1 },
        reason: 'handed over to a2',
        status: { progress_percentage: 60 },
        bundle,
      },
    });
    expect(sprint.told()).toEqual([
      { type: 'released', how: 'ended', hasBundle: true },
      { type: 'started', agent_id: 'a2', attempt: 2 },
    ]);
    sprint.report('page');
    sprint.report('page', { handover: { acknowledged: false, moving: false } });
    sprint.report('page', { handover: signs });
    sprint.report('page', { handover: signs });
    expect(sprint.told().slice(2)).toEqual([{ type: 'shown', ...signs }]);
    sprint.end({});
    expect(sprint.state.alerts).toEqual([]);
    expect(sprint.state.reallocations).toEqual({});
    sprint.report('page', { handover: signs });
    sprint.end({});
    sprint.award('a1');
    expect(sprint.told()).toHaveLength(3);
    expect(sprint.agentIdOf('page')).toBe('a2');
    expect(sprint.wrapUp('page', 2)).toBeNull();
  });

  it('may be finished after all, before or while another agent takes it over', () => {
    const early = runMoving();
    early.away('a1');
    early.finish('page');
    expect(early.told()).toEqual([{ type: 'finished', agent_id: 'a1' }]);
    expect(early.textsOf('reallocationEnded')).toEqual(['reallocation 1 of "page" ended: a1 has finished it']);
    const late = runMoving();
    late.quit();
    late.award('a2');
    late.finish('page');
    expect(late.told().at(-1)).toEqual({ type: 'finished', agent_id: 'a2' });
    expect(late.runOf('page')).not.toHaveProperty('moves');
  });

  it('is not taken from whoever finishes too late: the result is refused', () => {
    const sprint = runMoving();
    sprint.away('a1');
    sprint.award('a2');
    sprint.finish('page');
    expect(sprint.events()).toContain('staleAttemptRefused');
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2, failures: 0 });
    sprint.release('page', { hasLateResult: true });
    expect(sprint.textsOf('staleAttemptRefused').at(-1)).toContain('it came after the attempt had been ended');
  });

  it('stays where it is with a plan that says nothing of reallocation', () => {
    const sprint = runMoving({ reallocation: undefined });
    sprint.away('a1');
    expect(sprint.begun()).toEqual([]);
    expect(sprint.wrapUp('page', 1)).toBeNull();
    sprint.quit();
    expect(sprint.agentIdOf('page')).toBe('a2');
  });
});

describe('work whose attempt is over', () => {
  it.each([
    ...AGENT_FAULTS.map((fault) => [`its agent is at fault: ${fault}`, { fault, retryable: false }, 'unavailable'] as const),
    ['its worker is gone', { cause: 'lost', fault: 'unreachable' } as const, 'unavailable'],
    ['it has stalled', { cause: 'stalled' } as const, 'stalled'],
  ] as const)('waits for another agent when %s', (_, how, trigger) => {
    const sprint = runMoving();
    sprint.fail('page', how);
    expect(sprint.begun()).toMatchObject([{ trigger, isOver: true, task: { remainingMs: 60_000 } }]);
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', reason: 'being reallocated', moves: { isHeld: true } });
    sprint.award('a2');
    expect(sprint.agentIdOf('page')).toBe('a2');
  });

  it('is done again as ever when it just failed', () => {
    const sprint = runMoving();
    sprint.fail('page');
    expect(sprint.begun()).toEqual([]);
    expect(sprint.stateOf('page')).toBe('running');
  });

  it('comes back when the reallocation ends without an outcome', () => {
    const sprint = runMoving();
    sprint.quit();
    sprint.end(null);
    expect(sprint.textsOf('reallocationEnded')[0]).toContain('it ended without an outcome');
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2 });
    sprint.end(null, 7);
  });

  it('waits for an agent that is busy, and is refused to one that has gone', () => {
    const sprint = runMoving({ tasks: [task('page', { agent: null }), task('other', { agent: 'a2' })] });
    sprint.quit();
    sprint.award('a2');
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', moves: { isHeld: true } });
    sprint.finish('other');
    expect(sprint.agentIdOf('page')).toBe('a2');
    const other = runMoving();
    other.quit();
    other.away('a2');
    other.award('a2');
    expect(other.told()).toEqual([{ type: 'refused', agent_id: 'a2', reason: 'a2 is not at hand any more' }]);
  });

  it('waits for a resource that somebody has taken meanwhile', () => {
    const resources = [{ id: 'gpu', mode: 'exclusive' as const }];
    const agents = [agent('a1'), agent('a2'), agent('a3', { skills: ['s'] })];
    const sprint = runMoving({
      agents,
      tasks: [task('page', { resources, priority: 'high' }), task('other', { agent: 'a3', resources })],
    });
    sprint.quit();
    sprint.award('a2');
    expect([sprint.stateOf('page'), sprint.stateOf('other')]).toEqual(['waiting', 'running']);
    sprint.finish('other');
    expect(sprint.agentIdOf('page')).toBe('a2');
  });

  it('is given up with the reallocation when it may not be tried again', () => {
    const sprint = runMoving();
    sprint.away('a1');
    sprint.fail('page', { retryable: false });
    expect(sprint.told()).toEqual([{ type: 'withdrawn', reason: 'the task may not be tried again' }]);
    expect(sprint.stateOf('page')).toBe('failed');
  });

  it('is done from the start when the sprint is rolled back: nothing is moved any more', () => {
    const sprint = runMoving();
    sprint.quit();
    expect(sprint.send('rollback', { by: 'ann', to: 'start', reason: 'wrong way' })).toBe('accepted');
    expect(sprint.told()).toMatchObject([{ type: 'withdrawn' }]);
    expect(sprint.state.reallocations).toEqual({});
    expect(sprint.runOf('page')).toMatchObject({ state: 'running', attempt: 2 });
    expect(sprint.runOf('page')).not.toHaveProperty('moves');
  });

  it('is free again when the sprint is stopped', () => {
    const sprint = runMoving();
    sprint.quit();
    expect(sprint.send('emergencyStop', { by: 'ann', reason: 'fire', mode: 'halt' })).toBe('accepted');
    expect(sprint.told()).toMatchObject([{ type: 'withdrawn' }]);
    expect(sprint.runOf('page')).toMatchObject({ state: 'waiting', reason: null });
    sprint.send('resume', { by: 'ann' });
    expect(sprint.stateOf('page')).toBe('running');
  });
});

describe('how often and to whom work is moved', () => {
  it('to nobody who had it, waits for a trigger, is away, or is held', () => {
    const sprint = runMoving({
      agents: [...trio, agent('a4'), agent('a5'), agent('a6')],
      tasks: [task('page'), task('first', { agent: 'a6' }), task('second', { agent: 'a5' }), task('third', { agent: 'a6' })],
      triggers: [{ agent: 'a3', when: { task: 'third', reached: 'finished' } }],
      checkpoints: [{ id: 'freeze', after: ['first'], agents: ['a5', 'a6'] }],
    });
    sprint.finish('first');
    sprint.away('a4');
    sprint.quit();
    expect(sprint.excluded()).toEqual({
      a1: 'has it now, or had it last',
      a2: null,
      a3: 'waits for its trigger',
      a4: 'unavailable',
      a5: 'held by a checkpoint',
      a6: 'held by a checkpoint',
    });
    sprint.award('a2');
    sprint.end({});
    sprint.finish('second');
    sprint.passTime(1_000);
    sprint.quit();
    expect(sprint.excluded()).toMatchObject({ a1: 'had it before', a2: 'has it now, or had it last', a5: null });
  });

  it('not to one whose budget does not allow it; a busy one is known by when it is free', () => {
    const budget = { tokens: 100 };
    const sprint = runMoving({
      agents: [agent('a1'), agent('a2', { budget }), agent('a3')],
      tasks: [
        task('page'),
        task('big', { agent: 'a2', budget: { timeMs: null, attempts: 1, tokens: 100 } }),
        task('long', { agent: 'a3' }),
      ],
      budgets: { warnAt: 0.8, withinMs: 3_600_000, elsewhere: {} },
    });
    sprint.report('big', { usage: { tokens: 100, cost: 0 } });
    sprint.passTime(10_000);
    sprint.quit();
    expect(sprint.excluded()).toMatchObject({ a2: 'the budget does not allow it', a3: null });
    expect(sprint.begun()[0]?.candidates.at(-1)).toMatchObject({ agent: { id: 'a3' }, busy: 1, waitMs: 50_000 });
  });

  it.each([
    ['it was moved as often as it may be', { limit: 1 }, 'it has been moved 1 times, which is the limit'],
    ['nobody is left', {}, 'nobody else may do it who has not had it yet and is at hand'],
  ])('not when %s, which is said once per attempt', (_, policy, why) => {
    const sprint = runMoving({}, policy);
    sprint.quit();
    sprint.award('a2');
    sprint.report('page', { handover: signs });
    sprint.end({});
    sprint.passTime(1_000);
    sprint.away('a2');
    sprint.back('a2');
    sprint.away('a2');
    expect(sprint.textsOf('reallocationRefused')).toEqual([`"page" is not reallocated: ${why}`]);
    expect(sprint.begun()).toHaveLength(1);
  });

  it('not twice at a time, and not again before its time', () => {
    const sprint = runMoving({ agents: trio });
    sprint.away('a1');
    sprint.back('a1');
    sprint.away('a1');
    expect(sprint.begun()).toHaveLength(1);
    sprint.end({ result: 'withdrawn' });
    sprint.passTime(999);
    sprint.away('a1');
    expect(sprint.begun()).toHaveLength(1);
    sprint.passTime(1);
    sprint.away('a1');
    expect(sprint.begun()).toHaveLength(2);
  });

  it('with a bounded number at a time', () => {
    const tasks = Array.from({ length: 51 }, (_, number) => task(`t${number}`, { skills: ['s'] }));
    const agents = [agent('a1', { skills: ['s'], capacity: 51 }), agent('a2', { skills: ['s'], capacity: 1 })];
    const sprint = runMoving({ agents, tasks });
    sprint.away('a1');
    expect(sprint.begun()).toHaveLength(50);
    sprint.away('a2');
    expect(sprint.state.alerts.filter(({ id }) => id.startsWith('reallocation/'))).toHaveLength(50);
  });
});
