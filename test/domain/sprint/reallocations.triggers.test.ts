import { describe, expect, it } from 'vitest';
import { runMoving } from './moving-run.ts';
import { agent, START, task } from './sprint-definition.ts';

const iso = (ms: number): string => new Date(START + ms).toISOString();
const blocked = { status: 'blocked', blocking_issues: ['no licence'] } as const;

describe('a task more complex than estimated', () => {
  it('is moved when it is expected to take more than the factor times its estimate', () => {
    const sprint = runMoving();
    sprint.report('page', { estimated_completion: iso(120_000) });
    expect(sprint.begun()).toEqual([]);
    sprint.report('page', { estimated_completion: iso(150_000), progress_percentage: 20 });
    expect(sprint.begun()).toMatchObject([
      {
        trigger: 'complex',
        text: `a1 in attempt 1 of "page": expected at ${iso(150_000)}, 2.5 times its estimate`,
        evidence: { factor: 2.5, estimateMs: 60_000, progress: 20 },
        task: { remainingMs: 150_000 },
        candidates: [
          { agent: { id: 'a2' }, record: { slipped: 0 } },
          { agent: { id: 'a1' }, record: { slipped: 1 } },
        ],
      },
    ]);
  });

  it('stays where it is when the plan does not ask for it', () => {
    const sprint = runMoving({}, { on: ['stalled'] });
    sprint.report('page', { estimated_completion: iso(900_000) });
    expect(sprint.begun()).toEqual([]);
  });
});

describe('an agent that stays blocked', () => {
  it('is relieved after the limit', () => {
    const sprint = runMoving();
    sprint.report('page', blocked);
    sprint.passTime(4_999);
    expect(sprint.begun()).toEqual([]);
    sprint.passTime(1);
    expect(sprint.begun()).toMatchObject([
      {
        trigger: 'blocked',
        text: 'a1 in attempt 1 of "page": blocked: no licence',
        evidence: { issues: ['no licence'], progress: 50 },
      },
    ]);
  });

  it('is left alone when it is not blocked any more, when a person is asked, or when the plan does not ask for it', () => {
    const free = runMoving();
    free.report('page', blocked);
    free.report('page');
    free.passTime(5_000);
    const asking = runMoving();
    asking.report('page', { ...blocked, question: { id: 'q', text: 'Which one?', options: [] } });
    asking.passTime(5_000);
    const off = runMoving({}, { on: ['stalled'] });
    off.report('page', blocked);
    off.passTime(5_000);
    expect([...free.begun(), ...asking.begun(), ...off.begun()]).toEqual([]);
  });
});

describe('an agent that can do less at a time than it does', () => {
  it('hands over what it began last', () => {
    const sprint = runMoving({
      agents: [agent('a1', { capacity: 2, skills: ['s'] }), agent('a2', { skills: ['s', 'more'] })],
      tasks: [
        task('early', { skills: ['s'] }),
        task('gate', { agent: 'a2' }),
        task('late', { skills: ['s'], dependsOn: ['gate'] }),
      ],
    });
    sprint.passTime(1_000);
    sprint.finish('gate');
    sprint.back('a1', { capacity: 3 });
    expect(sprint.begun()).toEqual([]);
    sprint.back('a1', { capacity: sprint.agentIdOf('late') === 'a1' ? 1 : 0 });
    expect(sprint.begun()).toMatchObject([{ trigger: 'overloaded', evidence: { available: true } }]);
    expect(sprint.begun()[0]?.text).toMatch(/it has \d tasks and can do \d at a time/);
  });

  it('hands over the latest first, of those begun at once the last one', () => {
    const sprint = runMoving({ agents: [agent('a1', { capacity: 2 })], tasks: [task('x'), task('y')] });
    sprint.back('a1', { capacity: 1 });
    expect(sprint.textsOf('reallocationRefused')).toHaveLength(1);
    expect(sprint.textsOf('reallocationRefused')[0]).toContain('"y"');
  });
});

describe('an urgent task for which nobody is free', () => {
  const urgent = task('alarm', { priority: 'urgent', dependsOn: ['gate'], skills: ['s'] });
  const gate = task('gate', { agent: 'other' });
  const other = agent('other');

  it('has the least urgent attempt moved to somebody idle', () => {
    const sprint = runMoving({
      agents: [agent('a1', { skills: ['s'] }), agent('a2'), other],
      tasks: [task('page', { priority: 'low' }), gate, urgent, task('more', { agent: 'a2', dependsOn: ['gate'] })],
    });
    expect(sprint.agentIdOf('page')).toBe('a2');
    sprint.finish('gate');
    expect(sprint.stateOf('alarm')).toBe('running');
    const busy = runMoving({
      agents: [agent('a1', { skills: ['s'] }), agent('a2', { skills: ['t', 'u'] }), other],
      tasks: [task('page', { priority: 'low' }), gate, urgent],
    });
    expect(busy.agentIdOf('page')).toBe('a1');
    busy.finish('gate');
    expect(busy.begun()).toMatchObject([
      { trigger: 'urgent', task: { id: 'page' }, evidence: { urgent: 'alarm', priority: 'low' }, isOver: false },
    ]);
    busy.passTime(1_000);
    expect(busy.begun()).toHaveLength(1);
  });

  it('has it put back when nobody is idle; it goes on when there is room', () => {
    const sprint = runMoving({
      agents: [agent('a1', { skills: ['s'], capacity: 3 }), other],
      tasks: [
        task('high', { agent: 'a1', priority: 'high' }),
        task('low', { agent: 'a1', priority: 'low' }),
        task('normal', { agent: 'a1', priority: 'normal' }),
        gate,
        urgent,
      ],
    });
    sprint.finish('gate');
    expect(sprint.cancelled()).toEqual(['low#1']);
    sprint.passTime(1_000);
    expect(sprint.cancelled()).toHaveLength(1);
    expect(sprint.wrapUp('low', 1)).toEqual({ reason: 'put back: the urgent task "alarm" needs its agent', withinMs: 1_000 });
    sprint.release('low');
    expect(sprint.stateOf('alarm')).toBe('running');
    expect(sprint.runOf('low')).toMatchObject({ state: 'waiting', failures: 0, moves: { count: 1 } });
    sprint.finish('alarm');
    expect(sprint.performed().at(-1)).toMatchObject({ task: { id: 'low' }, handover: { from: { attempt: 1 } } });
  });

  it('waits when all are as urgent, were put back too often, or are people', () => {
    const sprint = runMoving({
      agents: [agent('a1', { skills: ['s'] }), agent('p', { kind: 'human', skills: ['s'] }), other],
      tasks: [task('page', { agent: 'a1', priority: 'urgent' }), task('sign', { agent: 'p', priority: 'low' }), gate, urgent],
    });
    sprint.finish('gate');
    sprint.passTime(1_000);
    expect([...sprint.begun(), ...sprint.cancelled()]).toEqual([]);
  });
});

describe('an agent that others wait for', () => {
  const crowd = (estimateMs: number, policy = {}) =>
    runMoving(
      {
        agents: [agent('a1', { skills: ['s'] }), agent('a2', { skills: ['t', 'u'] }), agent('b', { skills: ['x', 'y', 'z'] })],
        tasks: [
          task('gate', { agent: 'b' }),
          task('long', { estimateMs: 600_000 }),
          task('short', { skills: ['s'], estimateMs, dependsOn: ['gate'] }),
        ],
      },
      policy,
    );

  it('hands over what somebody idle could do, when the wait is too long', () => {
    const sprint = crowd(60_000);
    expect(sprint.agentIdOf('long')).toBe('a1');
    sprint.passTime(1_000);
    sprint.finish('gate');
    expect(sprint.begun()).toMatchObject([
      {
        trigger: 'overloaded',
        task: { id: 'long' },
        text: 'a1 in attempt 1 of "long": "short" waits for a1, another 599 s by the forecast',
        evidence: { waiting: 'short', waitMs: 599_000, busy: 1, capacity: 1 },
      },
    ]);
    sprint.passTime(1_000);
    expect(sprint.begun()).toHaveLength(1);
  });

  it('keeps it when the wait is short, when it is nearly done, or when nobody else is idle', () => {
    const brief = crowd(700_000);
    brief.finish('gate');
    const done = crowd(30_000);
    done.passTime(480_000);
    done.finish('gate');
    const alone = crowd(60_000);
    alone.away('a2');
    alone.away('b');
    alone.finish('gate');
    const off = crowd(60_000, { on: ['stalled'] });
    off.finish('gate');
    expect([brief, done, alone, off].flatMap((each) => each.begun().filter(({ trigger }) => trigger === 'overloaded'))).toEqual(
      [],
    );
  });

  it('of several it hands over the one that takes longest', () => {
    const sprint = runMoving({
      agents: [agent('a1', { skills: ['s', 'z'], capacity: 3 }), agent('a2', { skills: ['s'] }), agent('b', { skills: ['z'] })],
      tasks: [
        task('gate', { agent: 'b', priority: 'high' }),
        task('hold', { agent: 'a2', estimateMs: 600_000 }),
        ...['p', 'q', 'r'].map((id) => task(id, { skills: ['z'], estimateMs: id === 'q' ? 900_000 : 600_000 })),
        task('short', { skills: ['s'], dependsOn: ['gate'] }),
      ],
    });
    expect(['p', 'q', 'r'].map(sprint.agentIdOf)).toEqual(['a1', 'a1', 'a1']);
    sprint.finish('gate');
    expect(sprint.begun()).toMatchObject([{ trigger: 'overloaded', task: { id: 'q' } }]);
  });
});
