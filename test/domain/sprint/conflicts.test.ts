import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/domain/plan/plan.ts';
import { runMediating } from './mediating-run.ts';
import { agent, task, type GivenSprint } from './sprint-definition.ts';

const bench = [{ id: 'bench', mode: 'exclusive' as const }];
/** Long enough that nobody is late by waiting. */
const calm = { durationMs: 3_600_000 };

/** `holder` has the bench, `waiting` wants it. */
const rivals = (holder: Partial<Task> = {}, waiting: Partial<Task> = {}): Task[] => [
  { ...task('holder', { estimateMs: 10_000, resources: bench }), ...holder },
  { ...task('waiting', { estimateMs: 10_000, resources: bench }), ...waiting },
];
const runRivals = (holder: Partial<Task> = {}, waiting: Partial<Task> = {}, given: Partial<GivenSprint> = {}) => {
  const run = runMediating({ tasks: rivals(holder, waiting), ...calm, ...given });
  expect(run.atWork()).toEqual(['holder']);
  return run;
};

describe('a task that waits for a lease', () => {
  it('is in no conflict as long as the holder is within its estimate', () => {
    const run = runRivals();
    run.passTime(9_000);
    expect(run.found()).toEqual([]);
    run.finish('holder');
    run.passTime(60_000);
    expect(run.found()).toEqual([]);
  });

  it('is in conflict with a holder past its estimate, which is named with its numbers, once', () => {
    const run = runRivals();
    run.passTime(1_000);
    run.passTime(9_000);
    expect(run.found()).toMatchObject([
      {
        conflict: 'lease/bench/waiting/holder#1',
        kind: 'resource',
        evidence: { resource: 'bench', holder: 'holder', heldMs: 10_000, estimateMs: 10_000 },
        alternatives: [{ id: 'wait' }, { id: 'yield' }],
      },
    ]);
    expect(run.textsOf('conflictFound')[0]).toBe(
      '"waiting" and "holder" both want bench: "holder" has held bench for 10s, its estimate is 10s; "waiting" waits and has a slack of 59m40s.',
    );
    run.passTime(100_000);
    expect(run.found()).toHaveLength(1);
  });

  it('goes first by priority: the holder is put back, its leases and its turn go to the other', () => {
    const run = runRivals();
    run.send('setPriority', { by: 'ann', taskId: 'holder', priority: 'low' });
    run.passTime(1_000);
    run.passTime(10_000);
    expect(run.resolved()).toMatchObject([
      {
        decision: 'yield',
        by: 'priority',
        why: '"waiting" is normal, "holder" low',
        lost: [{ id: 'wait', because: '"waiting" is normal, "holder" low' }],
      },
    ]);
    expect(run.cancelled()).toEqual(['holder#1']);
    run.release('holder');
    expect(run.stateOf('waiting')).toBe('running');
    expect(run.runOf('holder')).toMatchObject({ state: 'waiting', failures: 0 });
    run.finish('waiting');
    expect(run.runOf('holder')).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('waits where the holder comes first by priority', () => {
    const run = runRivals({ priority: 'high' });
    run.passTime(1_000);
    run.passTime(10_000);
    expect(run.resolved()).toMatchObject([{ decision: 'wait', by: 'priority' }]);
    expect(run.cancelled()).toEqual([]);
  });

  it('goes first by slack where priorities are equal; priorities are put in order then', () => {
    const tasks = [...rivals(), task('after', { estimateMs: 600_000, dependsOn: ['waiting'] })];
    const run = runMediating({ tasks, durationMs: null });
    // Longest path first: `waiting` began.
    expect(run.atWork()).toEqual(['waiting']);
    const other = runMediating({
      tasks: [...rivals({ priority: 'high' }), task('after', { estimateMs: 600_000, dependsOn: ['waiting'] })],
    });
    expect(other.atWork()).toEqual(['holder']);
    other.send('setPriority', { by: 'ann', taskId: 'holder', priority: 'normal' });
    other.passTime(1_000);
    other.passTime(10_000);
    expect(other.resolved()).toMatchObject([{ decision: 'yield', by: 'slack' }]);
    expect(other.runOf('waiting').priority).toBe('high');
    other.release('holder');
    expect(other.stateOf('waiting')).toBe('running');
  });

  it('is decided by whoever the plan names where they are even', () => {
    const run = runRivals({}, {}, { durationMs: 3_600_000, tasks: rivals() });
    run.passTime(1_000);
    run.passTime(10_000);
    expect(run.resolved()).toEqual([]);
    const [asked] = run.asked();
    expect(asked).toMatchObject({
      cause: { kind: 'conflict', key: 'conflict/lease/bench/waiting/holder#1', task: 'waiting', severity: 'medium' },
      policy: { levels: [{ to: ['ann'], withinMs: 60_000, asks: 'mediation' }], otherwise: 'fallback' },
      options: ['wait', 'yield', 'hold', 'stop'],
    });
    expect(asked?.cause.text).toContain('yield: "holder" is put back, "waiting" goes first.');
    expect(run.state.alerts).toMatchObject([{ id: 'slip/holder' }, { id: 'escalation/1', kind: 'resource' }].slice(1));
    run.end({ decision: 'yield', note: 'the bench is needed' });
    expect(run.resolved()).toMatchObject([{ decision: 'yield', by: 'ann', why: 'the bench is needed' }]);
    expect(run.cancelled()).toEqual(['holder#1']);
  });

  it('waits when nobody decides, and when the decision is about the sprint', () => {
    const silent = runRivals();
    silent.passTime(11_000);
    silent.end({ decision: 'fallback', by: null, how: 'silence' });
    expect(silent.resolved()).toMatchObject([{ decision: 'wait', by: 'fallback', why: 'nobody decided ("fallback")' }]);
    const held = runRivals();
    held.passTime(11_000);
    held.end({ decision: 'hold' });
    expect(held.state.phase).toBe('paused');
    expect(held.resolved()).toMatchObject([{ decision: 'wait', by: 'ann', why: 'ann said so ("hold")' }]);
  });

  it('goes to the chain after the mediators, or at once where there are none; without either what loses least happens', () => {
    const chain = {
      levels: [{ to: ['bo'], via: [], withinMs: 1_000 }],
      otherwise: 'stop' as const,
      hours: { days: [1], from: 0, until: 60, offset: 0 },
    };
    const both = runRivals({}, {}, { escalation: chain });
    both.passTime(11_000);
    expect(both.asked()[0]?.policy).toMatchObject({
      levels: [{ to: ['ann'] }, { to: ['bo'] }],
      otherwise: 'stop',
      hours: chain.hours,
    });
    const mediation = { to: [], withinMs: 1, limit: 20 };
    const chainOnly = runRivals({}, {}, { escalation: chain, mediation });
    chainOnly.passTime(11_000);
    expect(chainOnly.asked()[0]?.policy.levels).toEqual(chain.levels);
    const nobody = runRivals({}, {}, { mediation });
    nobody.passTime(11_000);
    expect(nobody.resolved()).toMatchObject([{ decision: 'wait', by: 'fallback', why: 'there is nobody to decide it' }]);
  });

  it('is not asked about any more when the holder has ended', () => {
    const run = runRivals();
    run.passTime(11_000);
    run.finish('holder');
    expect(run.told()).toEqual([{ type: 'withdrawn', reason: 'the conflict has settled itself' }]);
    expect(run.state.conflicts?.open).toEqual({});
    run.end({ decision: 'yield' });
    expect(run.resolved()).toEqual([]);
    expect(run.stateOf('waiting')).toBe('running');
  });

  it('is in conflict before that when it is of a higher priority and its slack is too small', () => {
    const run = runMediating({ tasks: rivals({ estimateMs: 60_000 }), durationMs: 61_000 });
    run.send('setPriority', { by: 'ann', taskId: 'waiting', priority: 'high' });
    run.passTime(1_000);
    expect(run.resolved()).toMatchObject([{ kind: 'resource', decision: 'yield', by: 'priority' }]);
    expect(run.textsOf('conflictFound')[0]).toContain(
      '"waiting" (high) waits for bench, which "holder" (normal) holds for about 59s more',
    );
  });

  it('is in none when nobody could do it anyway, when the plan has no mediation, or after too many', () => {
    const busy = runMediating({
      tasks: [...rivals({ agent: 'w' }, { agent: 'x' }), task('busy', { agent: 'x', priority: 'low' })],
      ...calm,
    });
    expect(busy.atWork()).toEqual(['holder', 'busy']);
    busy.passTime(1_000);
    busy.passTime(20_000);
    expect(busy.found()).toEqual([]);
    const without = runMediating({ tasks: rivals(), mediation: undefined as never });
    without.passTime(20_000);
    expect(without.state.conflicts).toBeUndefined();
    const limited = runRivals({}, {}, { mediation: { to: ['ann'], withinMs: 1, limit: 1 } });
    limited.passTime(11_000);
    limited.end({ decision: 'yield' });
    limited.release('holder');
    for (const _ of [1, 2]) {
      limited.passTime(11_000);
      limited.passTime(11_000);
    }
    expect(limited.found()).toHaveLength(1);
    expect(limited.textsOf('conflictsTooMany')).toHaveLength(1);
  });
});

describe('a conflict', () => {
  it('is none as long as what is waited for is out of order, or its holder is on its way out', () => {
    const broken = runRivals();
    const [lease] = broken.state.resources;
    Object.assign(lease ?? {}, { limit: 1 });
    broken.passTime(11_000);
    expect(broken.found()).toEqual([]);
    const leaving = runRivals();
    leaving.runOf('holder').withdrawn = 'put back';
    leaving.passTime(11_000);
    expect(leaving.found()).toEqual([]);
  });

  it('that nobody is asked about any more ends as if nobody had decided', () => {
    const run = runRivals();
    run.passTime(11_000);
    for (const n in run.state.escalations) delete run.state.escalations[n];
    run.passTime(1);
    expect(run.resolved()).toMatchObject([{ decision: 'wait', by: 'fallback', why: 'nobody is asked about it any more' }]);
  });

  it('of several that wait is looked for at once', () => {
    const run = runMediating({
      tasks: [...rivals(), task('third', { resources: bench, agent: 'x' })],
      agents: [agent('w', { capacity: 2 }), agent('x', { capacity: 2 })],
      ...calm,
    });
    expect(run.atWork()).toHaveLength(1);
    expect(run.state.timers.filter(({ kind }) => kind === 'conflicts')).toHaveLength(1);
  });

  it('whose question is lost with its workflow is put again', () => {
    const run = runRivals();
    run.passTime(11_000);
    run.happen({ type: 'procedureEnded', kind: 'escalation', n: 1, outcome: null, reason: 'terminated' });
    expect(run.asked()).toHaveLength(2);
    run.end({ decision: 'yield', by: 'bo' }, 2);
    expect(run.resolved()).toMatchObject([{ decision: 'yield', by: 'bo', why: 'bo said so' }]);
  });

  it('is played by no simulation', () => {
    const run = runRivals();
    run.state.isRehearsal = true;
    run.passTime(11_000);
    expect(run.found()).toEqual([]);
  });
});

describe('tasks that change the same place', () => {
  const paths = ['src/api'];

  it('are in conflict when both are urgent, though neither is late', () => {
    const run = runMediating({
      tasks: ['a', 'b'].map((id) => task(id, { paths, priority: 'urgent', estimateMs: 60_000 })),
      ...calm,
    });
    run.passTime(1_000);
    expect(run.found()).toMatchObject([{ kind: 'paths', evidence: { resource: 'path:./src/api' } }]);
    expect(run.textsOf('conflictFound')[0]).toContain(
      'both change the path ./src/api, so one waits for the other, and both are urgent',
    );
    run.end({ decision: 'yield' });
    run.release('a');
    expect(run.stateOf('b')).toBe('running');
    expect([run.runOf('a').priority, run.runOf('b').priority]).toEqual(['high', 'urgent']);
  });

  it('are in conflict when both are critical', () => {
    const run = runMediating({ tasks: ['a', 'b'].map((id) => task(id, { paths, estimateMs: 60_000 })) });
    run.passTime(1_000);
    expect(run.textsOf('conflictFound')[0]).toContain('both are critical');
  });

  it('are in none when there is time for one after the other', () => {
    const run = runMediating({ tasks: ['a', 'b'].map((id) => task(id, { paths })), ...calm });
    run.passTime(1_000);
    expect(run.found()).toEqual([]);
  });
});
