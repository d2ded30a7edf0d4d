import { describe, expect, it } from 'vitest';
import type { AlertKind, EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import type { AlertView } from '../../../src/domain/views.ts';
import { runWithBudgets } from './budget-run.ts';
import { openRoom } from './message-room.ts';
import { runMoving } from './moving-run.ts';
import { agent, task, type GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const chainFor = (kind: AlertKind): EscalationPolicy => ({
  levels: [{ to: ['bo'], via: [], withinMs: 60_000 }],
  otherwise: 'hold',
  alerts: [{ kind, afterMs: 5_000 }],
});

type Run = Pick<ReturnType<typeof runSprint>, 'state' | 'send' | 'passTime' | 'effects' | 'events' | 'textsOf'>;
interface Case {
  readonly id: string;
  readonly run: Run;
  /** Opens it, once more, ends it. */
  readonly open: () => unknown;
  readonly again: () => unknown;
  readonly resolve: () => unknown;
}

const CASES: Readonly<Record<AlertKind, (escalation: EscalationPolicy) => Case>> = {
  timeline(escalation) {
    const run = runSprint({ agents: [agent('w')], tasks: [task('a')], escalation });
    run.start();
    const late = (ms: number) => () => run.report('a', { estimated_completion: new Date(run.now() + ms).toISOString() });
    return { id: 'slip/a', run, open: late(200_000), again: late(300_000), resolve: () => run.finish('a') };
  },
  performance(escalation) {
    const run = runMoving({ escalation });
    const slow = () => run.report('page', { estimated_completion: new Date(run.now() + 600_000).toISOString() });
    return { id: 'reallocation/1', run, open: () => run.away('a1'), again: slow, resolve: () => run.finish('page') };
  },
  resource(escalation) {
    const a = task('a', { budget: { timeMs: null, attempts: 1, tokens: 100 } });
    const run = runWithBudgets({ tasks: [a], escalation });
    return {
      id: 'budget/task/a/tokens',
      run,
      open: () => run.use('a', 85),
      again: () => run.use('a', 100),
      resolve: () => run.topUp('task/a', { tokens: 1_000 }),
    };
  },
  quality(escalation) {
    const undo = { id: 'undo', digest: 'd' };
    const run = runSprint({
      agents: [agent('w')],
      tasks: [task('a', { compensation: { check: 'undo' } }), task('b', { dependsOn: ['a'] })],
      checks: [undo],
      escalation,
    });
    run.start();
    run.finish('a');
    run.send('rollback', { by: 'ann', to: 'start' });
    run.fail('b', { cause: 'stopped' });
    const fail = () =>
      run.happen({
        type: 'procedureSaid',
        kind: 'rollback',
        n: 1,
        said: { type: 'stepFailed', step: 'a#1', task: 'a', reason: 'no' },
      });
    const resolve = () => run.send('respond', { by: 'ann', itemId: 'rollback/1/a#1', decision: 'retry' });
    return { id: 'rollback/1', run, open: fail, again: fail, resolve };
  },
  communication() {
    const room = openRoom();
    let asked = 0;
    const say = () => room.say('of-ann', { kind: 'request', withinMs: 1_000, body: (asked += 1) });
    const ask = () => {
      say();
      room.passTime(1_000);
    };
    const resolve = () => {
      say();
      room.say('of-bo', { to: null, kind: 'response', inReplyTo: `m${room.state.mail?.sequence}`, body: 'here' });
    };
    return { id: 'unanswered/ann/bo', run: room, open: ask, again: ask, resolve };
  },
};

const openAlert = ({ run, id }: Case): AlertView | undefined => run.state.alerts.find((alert) => alert.id === id);
const escalated = ({ run }: Case) =>
  run.effects().flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect.input] : []));
const withdrawn = ({ run }: Case): string[] =>
  run
    .effects()
    .flatMap((effect) =>
      effect.type === 'tellProcedure' && effect.kind === 'escalation' && effect.news.type === 'withdrawn'
        ? [effect.news.reason]
        : [],
    );
const takeNotice = ({ run, id }: Case) => run.send('respond', { by: 'ann', itemId: `alert/${id}`, decision: 'acknowledge' });

describe.each(Object.entries(CASES))('an alert of kind %s', (kind, make) => {
  const chain = chainFor(kind as AlertKind);

  it('is opened, comes once however often its cause does, is acknowledged and resolved', () => {
    const one = make(chain);
    expect(openAlert(one)).toBeUndefined();
    one.open();
    expect(openAlert(one)).toMatchObject({ id: one.id, kind });
    one.again();
    expect(one.run.state.alerts.filter(({ id }) => id === one.id)).toHaveLength(1);
    expect(takeNotice(one)).toBe('accepted');
    expect(openAlert(one)?.acknowledged?.by).toBe('ann');
    one.again();
    expect(openAlert(one)?.acknowledged?.by).toBe('ann');
    one.resolve();
    expect(openAlert(one)).toBeUndefined();
  });
});

describe.each(Object.entries(CASES).filter(([kind]) => kind !== 'communication'))(
  'an unnoticed alert of kind %s',
  (kind, make) => {
    const chain = chainFor(kind as AlertKind);

    it('goes before the chain once, after its time, while it is open', () => {
      const one = make(chain);
      one.open();
      one.run.passTime(4_999);
      expect(escalated(one)).toEqual([]);
      one.run.passTime(1);
      expect(escalated(one)).toMatchObject([
        { cause: { kind: 'alert', key: `alert/${one.id}`, evidence: { kind, count: 1 } }, policy: { levels: [{ to: ['bo'] }] } },
      ]);
      expect(one.run.state.alerts.map(({ id }) => id)).not.toContain('escalation/1');
      one.again();
      one.run.passTime(10_000);
      expect(escalated(one).filter(({ cause }) => cause.kind === 'alert')).toHaveLength(1);
      one.resolve();
      expect(withdrawn(one)).toEqual(['the alert is resolved']);
      expect(one.run.state.escalations).toEqual({});
    });

    it('does not when somebody takes notice in time; afterwards that withdraws it', () => {
      const one = make(chain);
      one.open();
      takeNotice(one);
      one.run.passTime(10_000);
      expect(escalated(one)).toEqual([]);
      const late = make(chain);
      late.open();
      late.run.passTime(5_000);
      takeNotice(late);
      expect(withdrawn(late)).toEqual(['ann has taken notice of the alert']);
    });

    it('does not where the plan says nothing of its kind', () => {
      const { alerts: _, ...plain } = chain;
      const one = make(plain);
      one.open();
      one.run.passTime(10_000);
      expect(escalated(one)).toEqual([]);
      expect(one.run.state.alertClocks).toBeUndefined();
    });
  },
);

describe('alerts that escalate', () => {
  const sprintOf = (given: Partial<GivenSprint> = {}) => {
    const run = runSprint({ agents: [agent('w', { capacity: 9 })], tasks: [task('a'), task('b')], ...given });
    run.start();
    const late = (id: string) => run.report(id, { estimated_completion: new Date(run.now() + 600_000).toISOString() });
    const causes = () =>
      run.effects().flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect.input] : []));
    const end = (decision: string, n = 1) => {
      const outcome = { decision, by: 'bo', note: null, data: null, level: 1, startedAt: 0, endedAt: 1 };
      run.happen({ type: 'procedureEnded', kind: 'escalation', n, outcome: { ...outcome, how: 'answered' }, reason: null });
    };
    return { ...run, late, causes, end };
  };

  it('about a task go to the chain of that task, as serious as the task is urgent', () => {
    const own = { ...chainFor('timeline'), levels: [{ to: ['cy'], via: [], withinMs: 1_000 }] };
    const run = sprintOf({ tasks: [task('a', { escalation: own, priority: 'urgent' }), task('b')] });
    run.late('a');
    run.late('b');
    run.passTime(5_000);
    expect(run.causes()).toMatchObject([{ policy: { levels: [{ to: ['cy'] }] }, cause: { task: 'a', severity: 'critical' } }]);
  });

  it('about the sprint go to its chain: past its planned duration', () => {
    const run = sprintOf({ escalation: chainFor('timeline'), durationMs: 10_000 });
    run.passTime(10_000);
    run.passTime(5_000);
    expect(run.causes()).toMatchObject([{ cause: { key: 'alert/duration', task: null, severity: 'medium' } }]);
    run.end('hold');
    expect(run.state.phase).toBe('paused');
  });

  it('say nothing of a task that waits for another decision', () => {
    const a = task('a', { budget: { timeMs: null, attempts: 2 } });
    const run = sprintOf({ escalation: chainFor('timeline'), tasks: [a, task('b')] });
    run.late('a');
    run.passTime(5_000);
    run.fail('a', { retryable: false });
    expect(run.stateOf('a')).toBe('waiting');
    run.end('continue', 1);
    expect(run.stateOf('a')).toBe('waiting');
  });

  it('are bounded as the alerts are', () => {
    const tasks = Array.from({ length: 250 }, (_, number) => task(`t${number}`));
    const run = sprintOf({ escalation: chainFor('timeline'), tasks, agents: [agent('w', { capacity: 250 })] });
    for (const { id } of tasks) run.late(id);
    expect(Object.keys(run.state.alertClocks ?? {}).length).toBeLessThanOrEqual(201);
    run.passTime(5_000);
    expect(run.causes()).toHaveLength(50);
  });
});

describe('an agent that says nothing', () => {
  it('is late after 1.5 times its estimate, without a report, in its forecast and by an alert', () => {
    const run = runSprint({ agents: [agent('w')], tasks: [task('a'), task('b')] });
    run.start();
    run.passTime(89_999);
    expect(run.state.alerts).toEqual([]);
    run.passTime(1);
    expect(run.state.alerts).toMatchObject([{ id: 'slip/a', kind: 'timeline' }]);
    expect(run.runOf('a').expectedAt).toBe(run.now() + 9_000);
    run.passTime(600_000);
    expect(run.textsOf('forecastSlipped')).toHaveLength(1);
    run.finish('a');
    expect(run.state.alerts).toEqual([]);
    run.passTime(90_000);
    expect(run.state.alerts).toMatchObject([{ id: 'slip/b' }]);
  });

  it('is looked at with the others, not each with a timer of its own; a person is not', () => {
    const tasks = ['ann', 'x', 'y', 'z'].map((id, place) =>
      task(`of-${id}`, { agent: id, estimateMs: id === 'ann' ? 1 : place * 100 }),
    );
    const run = runSprint({ agents: [agent('ann', { kind: 'human' }), agent('x'), agent('y'), agent('z')], tasks });
    run.start();
    const timers = run.state.timers.filter(({ kind }) => kind === 'slip');
    expect(timers).toEqual([{ at: run.now() + 2_000, kind: 'slip', ref: 0 }]);
    run.passTime(2_000);
    expect(run.state.alerts.map(({ id }) => id)).toEqual(['slip/of-x', 'slip/of-y', 'slip/of-z']);
    expect(run.state.slipWatchAt).toBeUndefined();
  });

  it('has its task moved when the plan counts that as too complex', () => {
    const run = runMoving();
    run.passTime(90_000);
    expect(run.begun()).toEqual([]);
    run.passTime(30_000);
    expect(run.begun()).toMatchObject([{ trigger: 'complex', from: { agent_id: 'a1' } }]);
  });
});
