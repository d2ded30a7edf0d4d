import { describe, expect, test } from 'vitest';
import type { EscalationOutcome, EscalationSaid } from '../../../src/domain/escalation/escalation.ts';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import { nextDeadline } from '../../../src/domain/execution/own-items.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import type { ChannelResult } from '../../../src/domain/notices/notice.ts';
import { agent, item, runExecution, START, type GivenPlan } from './execution-run.ts';

const HOUR = 3_600_000;
const chain: EscalationPolicy = {
  levels: [{ to: ['ann', 'helper'], via: [], withinMs: HOUR }],
  otherwise: 'rollback',
  alerts: [{ kind: 'communication', afterMs: 60_000 }],
};

const result = (channel: string, given: Partial<ChannelResult> = {}): ChannelResult => ({
  channel,
  ok: true,
  detail: 'fine',
  insteadOf: null,
  ...given,
});
const fails = (channel = 'ops', items: readonly string[] = ['a#1']): ChannelResult =>
  result(channel, { ok: false, detail: 'no answer', what: { title: 'builder asks', items } });
const standIn = result('mail', { insteadOf: 'ops' });

/** At work, and everything told so far. */
function run(given: Partial<GivenPlan> = {}) {
  const one = runExecution({
    sprints: { core: null },
    agents: [agent('builder'), agent('helper')],
    notify: ['ops'],
    escalation: chain,
    ...given,
  });
  one.authorize();
  const told = (...results: readonly ChannelResult[]) => one.happen({ type: 'channelsTold', results });
  told();
  one.elapse(600_000);
  const children = () => one.effects().flatMap((effect) => (effect.type === 'startProcedure' ? [effect] : []));
  return {
    ...one,
    told,
    children,
    causes: () => children().flatMap((child) => (child.kind === 'escalation' ? [child.input.cause.key] : [])),
    news: () => one.effects().flatMap((effect) => (effect.type === 'tellProcedure' ? [effect.news] : [])),
    say: (said: EscalationSaid, n = 1) => one.happen({ type: 'procedureSaid', kind: 'escalation', n, said }),
    ask: (n = 1, level = 1) =>
      one.happen({
        type: 'procedureSaid',
        kind: 'escalation',
        n,
        said: {
          type: 'asked',
          level,
          people: ['ann'],
          via: [],
          deadline: one.now() + HOUR,
          otherwise: 'the execution is stopped',
        },
      }),
    end: (decision: string, given: Partial<EscalationOutcome> = {}, n = 1) =>
      one.happen({
        type: 'procedureEnded',
        kind: 'escalation',
        n,
        reason: null,
        outcome: { decision, by: 'ann', how: 'answered', note: null, data: null, level: 1, startedAt: 0, endedAt: 1, ...given },
      }),
    lose: (n = 1) => one.happen({ type: 'procedureEnded', kind: 'escalation', n, outcome: null, reason: 'terminated' }),
    items: () => toStatusView(one.state).inbox.map(({ itemId }) => itemId),
    alerts: () => toStatusView(one.state).alerts.map(({ id }) => id),
    breakdowns: () => toStatusView(one.state).coordination.emergencies ?? [],
    notices: () => one.effects().flatMap((effect) => (effect.type === 'notify' ? effect.notices : [])),
  };
}

describe('an alert of the execution that nobody takes notice of', () => {
  test('goes before the chain of the plan when its time is up, once, and is withdrawn when it is resolved', () => {
    const one = run();
    one.told(fails(), standIn);
    expect(nextDeadline(one.state)).toBe(one.now() + 60_000);
    expect(one.causes()).toEqual([]);
    one.passTime(60_000);
    expect(one.children()).toMatchObject([
      {
        n: 1,
        input: {
          executionId: 'release',
          sprint: null,
          cause: { key: 'alert/channel/ops', kind: 'alert', severity: 'medium', task: null },
          policy: { levels: chain.levels, otherwise: 'stop' },
          options: ['continue', 'hold', 'stop'],
          agents: [{ id: 'helper' }],
        },
      },
    ]);
    one.ask();
    expect(toStatusView(one.state).inbox).toMatchObject([
      {
        itemId: 'escalation/1/1',
        kind: 'escalation',
        people: ['ann'],
        sprint: null,
        task: null,
        options: ['continue', 'hold', 'stop', 'acknowledge'],
        otherwise: 'the execution is stopped',
      },
    ]);
    one.passTime(60_000);
    expect(one.causes()).toHaveLength(1);
    one.told(result('ops'));
    expect(one.news()).toEqual([{ type: 'withdrawn', reason: 'the alert is resolved' }]);
    expect([one.items(), one.alerts()]).toEqual([[], []]);
  });

  test('is not asked about when somebody has taken notice, before or after', () => {
    const early = run();
    early.told(fails(), standIn);
    const notice = { by: 'ann', itemId: 'alert/channel/ops', decision: 'acknowledge' };
    expect(early.send('respond', notice)).toBe('accepted');
    early.passTime(60_000);
    expect(early.causes()).toEqual([]);
    const late = run();
    late.told(fails(), standIn);
    late.passTime(60_000);
    late.ask();
    late.send('respond', notice);
    expect(late.news()).toEqual([{ type: 'withdrawn', reason: 'ann has taken notice of the alert' }]);
    expect(late.alerts()).toEqual(['channel/ops']);
  });

  test('is answered: who has answered is passed on, what was decided is carried out', () => {
    const one = run();
    one.told(fails(), standIn);
    one.passTime(60_000);
    one.ask();
    one.say({ type: 'reminded', level: 1 });
    expect(one.send('respond', { by: 'bo', itemId: 'escalation/1/1', decision: 'hold' })).toMatch(/^NotAnApprover/);
    expect(one.send('respond', { by: 'ann', itemId: 'escalation/1/1', decision: 'hold', note: 'see to it' })).toBe('accepted');
    expect(one.news()).toEqual([{ type: 'responded', by: 'ann', decision: 'hold', note: 'see to it', data: null }]);
    expect(one.items()).toEqual([]);
    one.end('hold', { note: 'see to it' });
    expect(one.state.phase).toBe('paused');
    expect(one.textsOf('escalationEnded')).toEqual(['escalation 1 ended: ann decided "hold": see to it']);
    // What waits because of the pause is the execution's own item, as ever.
    expect(one.items()).toEqual(['paused']);
  });

  test.each([
    ['stop', 'stopping'],
    ['continue', 'running'],
  ])('is decided "%s": then the execution is %s', (decision, phase) => {
    const one = run();
    one.told(fails(), standIn);
    one.passTime(60_000);
    one.end(decision, { by: null, how: decision === 'stop' ? 'silence' : 'answered' });
    expect(one.state.phase).toBe(phase);
    one.passTime(120_000);
    expect(one.causes()).toHaveLength(1);
  });

  test('stays asked through a pause and its end; a level that keeps silent has no item any more', () => {
    const one = run();
    one.told(fails(), standIn);
    one.passTime(60_000);
    one.ask();
    one.send('pause', { by: 'ann' });
    one.send('resume', { by: 'ann' });
    expect(one.items()).toEqual(['escalation/1/1']);
    one.passTime(HOUR);
    expect(one.items()).toEqual([]);
    expect(one.textsOf('nobodyAnswered')).toHaveLength(1);
    one.say({ type: 'reminded', level: 1 });
    one.ask(1, 2);
    expect(one.items()).toEqual(['escalation/1/2']);
    const late = { type: 'asked', level: 3, people: [], via: [], deadline: one.now(), otherwise: 'it is paused' } as const;
    one.say(late);
    expect(one.items()).toEqual([]);
    one.say({ ...late, deadline: one.now() + HOUR });
    expect(toStatusView(one.state).inbox).toMatchObject([{ itemId: 'escalation/1/3', people: ['ann', 'bo', 'cy'] }]);
  });

  test('is put before the chain again when its workflow is lost, and withdrawn at the end', () => {
    const one = run();
    one.told(fails(), standIn);
    one.passTime(60_000);
    one.lose();
    expect(one.causes()).toEqual(['alert/channel/ops', 'alert/channel/ops']);
    one.endSprint('core');
    expect(one.state.phase).toBe('completed');
    expect(one.news()).toEqual([{ type: 'withdrawn', reason: 'the execution has ended' }]);
    one.end('stop', {}, 2);
    one.ask(2);
    expect(one.state.phase).toBe('completed');
    const over = run();
    over.told(fails());
    over.happen({ type: 'cancelRequested' });
    over.lose();
    expect(over.causes()).toHaveLength(1);
  });

  test('words of an escalation that is over count for nothing', () => {
    const one = run();
    one.ask(7);
    one.end('stop', {}, 7);
    expect([one.items(), one.state.phase]).toEqual([[], 'running']);
  });

  test('goes nowhere where the plan wants nothing of its kind, before the authorization, and while everything is cancelled', () => {
    const without = run({ escalation: { ...chain, alerts: [{ kind: 'quality', afterMs: 1 }] } });
    without.told(fails(), standIn);
    without.passTime(HOUR);
    expect(without.causes()).toEqual([]);
    const early = runExecution({ sprints: { core: null }, notify: ['ops'], escalation: chain });
    early.happen({ type: 'channelsTold', results: [fails()] });
    early.passTime(HOUR);
    expect(early.effects().some(({ type }) => type === 'startProcedure')).toBe(false);
    const over = run();
    over.happen({ type: 'cancelRequested' });
    over.told(fails());
    over.passTime(HOUR);
    expect(over.causes()).toEqual([]);
  });
});

describe('a channel that does not work', () => {
  test('is an emergency of the execution: named with what it did not carry and why, limited by a stand-in, over when it works again', () => {
    const one = run();
    one.told(fails(), standIn);
    const text = 'channel ops failed to carry "builder asks": no answer';
    expect(one.breakdowns()).toEqual([
      {
        kind: 'communicationBreakdown',
        id: 'ops',
        sprint: null,
        since: new Date(one.now()).toISOString(),
        endedAt: null,
        text,
        measures: ['mail was told instead'],
      },
    ]);
    expect(toStatusView(one.state).alerts).toMatchObject([{ id: 'channel/ops', text: `${text}; mail was told instead` }]);
    one.told(result('ops'));
    expect(one.breakdowns()).toMatchObject([{ id: 'ops', endedAt: new Date(one.now()).toISOString() }]);
    expect(one.textsOf('channelRecovered')).toEqual(['channel ops works again']);
  });

  test('with nobody told instead goes before the chain at once, and not again because of its alert', () => {
    const one = run();
    one.told(fails());
    one.told(fails());
    one.passTime(HOUR);
    expect(one.causes()).toEqual(['channel/ops']);
    expect(one.children()).toMatchObject([
      { input: { cause: { kind: 'communicationBreakdown', severity: 'high', measures: ['nobody was told instead'] } } },
    ]);
    one.end('continue');
    one.told(fails());
    expect(one.causes()).toHaveLength(1);
    one.told(result('ops'));
    one.told(fails());
    expect(one.causes()).toHaveLength(2);
    one.told(result('ops'));
    expect(one.news()).toEqual([{ type: 'withdrawn', reason: 'channel ops works again' }]);
  });

  test('whose stand-in fails later goes before the chain then; without a chain it is an alert', () => {
    const one = run();
    one.told(fails(), standIn);
    one.told(fails(), fails('mail'));
    expect(one.causes()).toEqual(['channel/ops', 'channel/mail']);
    const without = run({ escalation: undefined as never });
    without.told(fails());
    expect([without.causes(), without.alerts()]).toEqual([[], ['channel/ops']]);
  });

  test('is told again of what it was to ask about, by itself every few minutes, and when it works again', () => {
    const one = run({ escalation: undefined as never });
    one.tell('core', { inbox: [item('a#1', 'core'), item('a#2', 'core')] });
    one.told(fails('ops', ['a#1', 'gone#1']));
    one.told(result('ops', { ok: false }));
    const before = one.notices().length;
    expect(nextDeadline(one.state)).toBe(one.now() + 300_000);
    one.passTime(300_000);
    one.told(fails('ops', ['a#1']));
    expect(one.notices().slice(before)).toMatchObject([{ title: 'a#1', via: ['ops'] }]);
    one.passTime(1_000);
    one.told(result('ops'));
    expect(one.notices().slice(before + 1)).toMatchObject([{ title: 'a#1', via: ['ops'] }]);
    expect(one.alerts()).toEqual([]);
  });

  test('is not tried again for what has been answered, and not after the end', () => {
    const one = run();
    one.told(fails('ops', ['a#1']));
    one.passTime(300_000);
    expect(one.state.breakdowns?.open['ops']?.retryAt).toBe(null);
    one.told(fails('ops', ['a#1']));
    one.endSprint('core');
    one.told(fails('mail'));
    one.passTime(HOUR);
    expect(one.alerts()).toEqual(['channel/ops', 'channel/mail']);
  });

  test('is any channel, whatever its name', () => {
    const one = run();
    one.told(result('constructor'));
    one.told(fails('constructor'));
    expect(one.alerts()).toEqual(['channel/constructor']);
  });

  test('keeps the last that are over only', () => {
    const one = run();
    for (let n = 0; n < 25; n += 1) {
      one.told(fails(), standIn);
      one.told(result('ops'));
    }
    expect(one.breakdowns()).toHaveLength(20);
    expect(START).toBeLessThan(one.now());
  });
});
