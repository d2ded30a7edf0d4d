import { describe, expect, it } from 'vitest';
import type { ChannelResult, Notice } from '../../../src/domain/notices/notice.ts';
import { nextDeadline } from '../../../src/domain/execution/own-items.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import { item, news, runExecution, START, task, type GivenPlan } from './execution-run.ts';

const told = (channel: string, given: Partial<ChannelResult> = {}): ChannelResult => ({
  channel,
  ok: true,
  detail: 'fine',
  insteadOf: null,
  ...given,
});

/** An execution whose channels answer at once. */
function watch(given: Partial<GivenPlan> = {}) {
  const run = runExecution();
  const heard: Notice[] = [];
  let seen = 0;
  const hear = (results: readonly ChannelResult[] = [told('ops')]): void => {
    for (const effect of run.effects().slice(seen)) {
      seen += 1;
      if (effect.type !== 'notify') continue;
      expect(effect.channels).toEqual(['ops', 'mail']);
      heard.push(...effect.notices);
      run.happen({ type: 'channelsTold', results });
    }
  };
  run.prepare({ sprints: { core: [task('a'), task('b')] }, notify: ['ops', 'mail'], ...given });
  return { run, hear, kinds: () => heard.map(({ kind, title }) => `${kind}: ${title}`), heard };
}

function watchAtWork(given: Partial<GivenPlan> = {}) {
  const watched = watch(given);
  watched.hear();
  watched.run.authorize();
  watched.run.elapse(120_000);
  watched.heard.length = 0;
  return watched;
}

describe('what people are told', () => {
  it('a plan waits for its authorization: who may give it, until when, and with which command', () => {
    const { hear, heard } = watch();
    hear();
    expect(heard).toMatchObject([
      {
        id: 'release/notice/1',
        kind: 'authorizationNeeded',
        executionId: 'release',
        phase: 'awaitingAuthorization',
        at: new Date(START).toISOString(),
        title: 'Authorize Parser 2.0',
        item: { itemId: 'authorization', people: ['ann', 'bo', 'cy'], otherwise: 'it is rejected' },
      },
    ]);
    expect(heard[0]?.text).toMatch(/^For ann, bo, cy; answers: authorize$/m);
    expect(heard[0]?.text).toMatch(/^Answer with: pact authorize release --hash \S+ --as NAME$/m);
  });

  it('a sprint asks: once, with the item as the execution knows it, and quoted for a shell', () => {
    const { run, hear, heard, kinds } = watchAtWork();
    const question = item("a#1/it's; rm", 'core', { kind: 'question', task: 'a', options: [], title: 'builder asks' });
    const own = item('agent/bo', 'core', {
      kind: 'agentUnavailable',
      task: null,
      title: 'bo is away',
      options: ['fail'],
      measures: ['less is started'],
    });
    run.tell('core', { inbox: [question] });
    hear();
    run.tell('core', { inbox: [question, own] });
    hear();
    expect(kinds()).toEqual(['personNeeded: builder asks', 'personNeeded: bo is away']);
    expect(heard[0]?.text).toContain('For anyone; a free answer');
    expect(heard[0]?.text).not.toContain('Meanwhile');
    expect(heard[1]?.text).toMatch(/\n\nMeanwhile:\nless is started$/);
    expect(heard[0]?.text).toContain(`pact respond release 'a#1/it'\\''s; rm' DECISION --as NAME`);
    expect(heard[1]?.item?.itemId).toBe('core/agent/bo');
  });

  it('an item that was opened anew asks something else, and is told again', () => {
    const { run, hear, kinds } = watchAtWork();
    const sign = item('sign#1', 'core', { title: 'ann: sign' });
    run.tell('core', { inbox: [sign] });
    hear();
    const again = { ...sign, title: 'gives way: ann: sign', since: '2026-12-01T10:00:00.000Z' };
    for (const _ of [1, 2]) run.tell('core', { inbox: [again] });
    hear();
    expect(kinds()).toEqual(['personNeeded: ann: sign', 'personNeeded: gives way: ann: sign']);
  });

  it('who may answer and how stands in it however much is asked, of however many people', () => {
    const { run, hear, heard } = watchAtWork();
    const people = Array.from({ length: 1_000 }, (_, n) => `${n}-${'x'.repeat(100)}`);
    const options = Array.from({ length: 50 }, (_, n) => `${n}-${'y'.repeat(200)}`);
    run.tell('core', { inbox: [item('a#1', 'core', { question: 'long '.repeat(800), people, options })] });
    hear();
    expect(heard[0]?.text).toMatch(
      /\nDue .*; without an answer the task fails\.\nAnswer with: pact respond release a#1 0-y+ --as NAME$/,
    );
    expect(jsonBytes(heard[0])).toBeLessThan(16_000);
  });

  it('that everything is paused is told once, that one sprint is paused by itself as well', () => {
    const { run, hear, kinds } = watchAtWork();
    const paused = item('paused', 'core', { kind: 'paused', task: null, title: 'sprint core is paused' });
    run.tell('core', { inbox: [paused], phase: 'paused' });
    hear();
    run.tell('core', { inbox: [] });
    run.send('pause', { by: 'ann' });
    run.tell('core', { inbox: [paused], phase: 'paused' });
    hear();
    expect(kinds()).toEqual(['personNeeded: sprint core is paused', 'personNeeded: release is paused']);
  });

  it('a task is blocked or has failed, unless its question says so already', () => {
    const { run, hear, heard, kinds } = watchAtWork();
    run.tell('core', {}, [news('a', { state: 'blocked', reason: 'no licence' }), news('b', { state: 'running' })]);
    run.tell('core', {}, [news('a', { state: 'blocked', reason: 'no licence' })]);
    run.tell('core', { inbox: [item('b#1/q', 'core', { task: 'b' })] }, [news('b', { state: 'blocked' })]);
    run.tell('core', {}, [news('a', { state: 'failed', reason: null, agent_id: null })]);
    hear();
    hear();
    expect(kinds()).toEqual(['taskBlocked: "a" is blocked', 'personNeeded: b#1/q', 'taskFailed: "a" failed']);
    expect(heard[0]?.text).toBe('no licence\nTask a of sprint core, attempt 1 by builder.');
    expect(heard[2]?.text).toBe('no reason given\nTask a of sprint core, attempt 1.');
  });

  it('an alert of a sprint is acknowledged there, where it is open', () => {
    const { run } = watchAtWork();
    const alerts = [{ id: 'slip/a', kind: 'timeline', text: 'late', since: '2026-12-01T09:00:00.000Z' }] as const;
    run.tell('core', { alerts });
    expect(run.send('respond', { by: 'ann', itemId: 'alert/slip/a', decision: 'acknowledge' })).toBe('accepted');
    expect(run.forwards().at(-1)).toMatchObject({ name: 'respond', payload: { itemId: 'alert/slip/a' }, sprintIds: ['core'] });
  });

  it('alerts, checkpoints and ends of sprints, each once', () => {
    const { run, hear, kinds } = watchAtWork();
    const alerts = [{ id: 'slip/a', kind: 'timeline', text: 'late', since: '2026-12-01T09:00:00.000Z' }] as const;
    const at = (state: 'gathering' | 'passed') => ({
      checkpoints: [{ id: 'freeze', sprint: 'core', state }],
      leases: [],
      inactiveAgents: [],
      drained: null,
    });
    run.tell('core', { alerts, coordination: at('gathering') });
    run.tell('core', { alerts, coordination: at('passed') });
    run.endSprint('core', 'failed', [news('b', { state: 'failed' })], {
      alerts,
      coordination: at('passed'),
      reason: '1 of 2 failed',
    });
    hear();
    hear();
    expect(kinds()).toEqual([
      'alert: timeline alert',
      'milestone: checkpoint freeze passed',
      'taskFailed: "b" failed',
      'milestone: sprint core failed',
    ]);
  });

  it('a sprint that is lost has ended, too', () => {
    const { run, hear, kinds } = watchAtWork();
    run.lose('core');
    hear();
    expect(kinds()).toEqual(['milestone: sprint core failed']);
  });

  it('the end, with its report, even in the middle of a flood', () => {
    const { run, hear, heard, kinds } = watchAtWork();
    for (let n = 0; n < 20; n += 1) run.tell('core', { inbox: [item(`a#${n}`, 'core')] });
    run.endSprint('core');
    run.happen({ type: 'reported', report: { uri: 'file:///report.json', sha256: 'a' } });
    hear();
    hear();
    expect(kinds().at(-1)).toBe('ended: release completed');
    expect(heard.at(-1)?.text).toBe('completed: 0 of 2 tasks done\nReport: file:///report.json');
    expect(run.state.outbox).toMatchObject({ waiting: [], isSending: false });
  });

  it('an end without a report is told as well', () => {
    const { run, hear, kinds } = watch();
    run.send('authorize', { by: 'ann', decision: 'reject' });
    run.happen({ type: 'reported', report: null });
    hear();
    hear();
    expect(kinds()).toEqual(['authorizationNeeded: Authorize Parser 2.0', 'ended: release rejected']);
  });

  it('nothing where the config names no channel', () => {
    const run = runExecution({ sprints: { core: null } });
    expect(run.effects().some(({ type }) => type === 'notify')).toBe(false);
    expect(run.state.outbox.count).toBe(0);
  });
});

describe('how much people are told', () => {
  it('a flood is five messages, then one a minute, and the clock is set for it', () => {
    const { run, hear } = watchAtWork();
    for (let n = 0; n < 1_000; n += 1) {
      run.tell('core', { inbox: [item(`a#${n}`, 'core')] });
      hear();
    }
    const calls = () => run.effects().filter(({ type }) => type === 'notify').length - 1;
    expect(calls()).toBe(5);
    expect(nextDeadline(run.state)).toBe(run.now() + 60_000);
    run.wake();
    expect(calls()).toBe(6);
  });
});

describe('a channel that fails', () => {
  const down = told('ops', { ok: false, detail: 'no answer', what: { title: 'a#1', items: ['a#1'] } });

  it('is an alert until it works again; people and the ledger hear of both', () => {
    const { run, hear, kinds } = watchAtWork();
    run.tell('core', { inbox: [item('a#1', 'core')] });
    hear([down, told('mail', { insteadOf: 'ops' })]);
    expect(toStatusView(run.state).alerts).toEqual([
      {
        id: 'channel/ops',
        kind: 'communication',
        text: 'channel ops failed to carry "a#1": no answer; mail was told instead',
        since: new Date(run.now()).toISOString(),
      },
    ]);
    const notice = { by: 'ann', itemId: 'alert/channel/ops', decision: 'acknowledge' };
    expect(run.send('respond', notice)).toBe('accepted');
    expect(run.send('respond', { ...notice, decision: 'forget' })).toMatch(/^InvalidMessage/);
    expect(toStatusView(run.state).alerts[0]?.acknowledged?.by).toBe('ann');
    expect(kinds()).toEqual(['personNeeded: a#1']);
    hear([down]);
    expect(kinds()).toEqual(['personNeeded: a#1', 'alert: communication alert']);
    expect(run.textsOf('channelFailed')).toHaveLength(1);
    run.tell('core', { inbox: [item('a#2', 'core')] });
    hear([told('ops')]);
    expect(toStatusView(run.state).alerts).toEqual([]);
    expect(run.textsOf('channelRecovered')).toEqual(['channel ops works again']);
  });

  it('without anyone who stands in says so, and changes nothing else', () => {
    const { run, hear } = watchAtWork();
    run.tell('core', { inbox: [item('a#1', 'core')] });
    hear([down]);
    expect(run.textsOf('channelFailed')).toEqual(['channel ops failed to carry "a#1": no answer; nobody was told instead']);
    expect(run.state.phase).toBe('running');
  });

  it('at the end is written down and told to nobody any more', () => {
    const { run, hear, kinds } = watchAtWork();
    run.endSprint('core');
    hear();
    run.happen({ type: 'reported', report: null });
    hear([down]);
    hear();
    expect(run.events().at(-1)).toBe('channelFailed');
    expect(kinds()).toEqual(['milestone: sprint core completed', 'ended: release completed']);
  });
});
