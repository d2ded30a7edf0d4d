import { describe, expect, it } from 'vitest';
import type { AgentMessage } from '../../../src/domain/agent-message.ts';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import type { Condition } from '../../../src/domain/plan/plan.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { bodies, openRoom } from './message-room.ts';
import { task } from './sprint-definition.ts';

describe('a request', () => {
  const request = { to: 'bo', kind: 'request', key: 'api', withinMs: 5_000, body: 'which?' } as const;

  it('is answered to whoever asked, with the key of the request', () => {
    const room = openRoom();
    room.say('of-ann', request);
    expect(room.fetch('of-bo')).toMatchObject([{ kind: 'request', answerBy: '2026-12-01T09:00:05.000Z' }]);
    expect(room.counters()).toMatchObject({ openRequests: 1 });
    room.say('of-bo', { to: null, kind: 'progress', inReplyTo: 'm1', body: 'soon' });
    expect(room.fetch('of-ann')).toMatchObject([{ to: 'ann', kind: 'progress', body: 'soon' }]);
    room.say('of-bo', { to: null, kind: 'response', inReplyTo: 'm1', body: { v: 2 } });
    const answer = { to: 'ann', inReplyTo: 'm1', inReplyToKey: 'api', body: { v: 2 } };
    expect(room.fetch('of-ann').slice(1)).toMatchObject([answer]);
    expect(room.textsOf('requestAnswered')).toEqual(['bo answers ann: {"v":2}']);
    room.passTime(6_000);
    expect(room.events()).not.toContain('requestUnanswered');
  });

  it('of an attempt that has ended is answered to the next one of its agent', () => {
    const room = openRoom({
      tasks: [
        task('of-ann', { agent: 'ann' }),
        task('of-bo', { agent: 'bo' }),
        task('next', { agent: 'ann', dependsOn: ['of-bo'] }),
      ],
    });
    room.say('of-ann', { ...request, key: null });
    room.finish('of-ann');
    room.say('of-bo', { to: 'ann', kind: 'response', inReplyTo: 'm1', body: 'v2' });
    room.finish('of-bo');
    expect(bodies(room.requestOf('next'))).toEqual(['v2']);
  });

  it('that nobody answers in time is told to the asker and raises one alert for the pair, which a later answer resolves', () => {
    const room = openRoom();
    room.say('of-ann', request);
    room.passTime(5_000);
    expect(room.fetch('of-ann')).toMatchObject([
      {
        from: 'pact',
        kind: 'notice',
        inReplyTo: 'm1',
        inReplyToKey: 'api',
        body: { unanswered: 'm1', to: 'bo', reason: 'deadline' },
      },
    ]);
    room.say('of-ann', { ...request, key: null, body: 'again?' });
    room.passTime(5_000);
    expect(room.state.alerts).toMatchObject([{ id: 'unanswered/ann/bo', kind: 'communication' }]);
    expect(room.counters()).toMatchObject({ unanswered: 2, openRequests: 0 });
    room.say('of-ann', { ...request, key: null, body: 'please?' });
    room.say('of-bo', { to: 'ann', kind: 'response', inReplyTo: `m${room.state.mail?.sequence}`, body: 'yes' });
    expect(room.state.alerts).toEqual([]);
  });

  it('that reaches nobody, or one of too many, is told to the asker at once', () => {
    const room = openRoom();
    room.say('of-ann', { ...request, to: 'mallory' });
    expect(room.fetch('of-ann')).toMatchObject([{ body: { unanswered: 'm1', reason: 'unknownReceiver' } }]);
    room.say('of-ann', { ...request, to: null, key: null });
    for (let count = 0; count < 200; count += 1) room.outside({ ...request, key: null }, `o${count}`);
    room.say('of-ann', { ...request, key: null });
    expect(room.fetch('of-ann').at(-1)).toMatchObject({ body: { reason: 'full' } });
    expect(room.counters()).toMatchObject({ openRequests: 200, dropped: { full: 1, unknownReceiver: 2 } });
  });

  it('from outside is answered into the ledger, or raises an alert', () => {
    const room = openRoom();
    room.outside({ ...request, key: null });
    room.outside({ ...request, key: null, body: 'and?' });
    room.say('of-bo', { to: 'pipeline', kind: 'response', inReplyTo: 'm1', body: 'v2' });
    const answered = room.effects().find((effect) => effect.type === 'journal' && effect.event === 'requestAnswered');
    expect(answered).toMatchObject({ data: { to: 'pipeline', body: 'v2' } });
    room.passTime(5_000);
    expect(room.state.alerts).toMatchObject([{ id: 'unanswered/pipeline/bo' }]);
    room.outside({ ...request, to: 'mallory', key: null });
    expect(room.counters().dropped).toEqual({ unknownReceiver: 1 });
  });

  it('goes before the chain that the plan declares', () => {
    const escalation: EscalationPolicy = { levels: [{ to: ['eve'], via: [], withinMs: 60_000 }], otherwise: 'hold' } as never;
    const room = openRoom({ escalation });
    room.say('of-ann', request);
    room.passTime(5_000);
    expect(room.textsOf('escalationStarted')).toMatchObject([expect.stringContaining('bo does not answer ann')]);
  });
});

describe('what workers say of messages', () => {
  it('is counted: what they did not send, and how long delivery took', () => {
    const room = openRoom();
    const receipt = { task_id: 'of-ann', attempt: 1 };
    room.happen({
      type: 'messagesSent',
      messages: [],
      receipts: [
        { ...receipt, dropped: { rate: 3 } },
        { ...receipt, dropped: { size: 2 } },
        { ...receipt, task_id: 'none', sequence: 4 },
      ],
    });
    expect(room.counters()).toMatchObject({ sent: 5, dropped: { rate: 3, size: 2 } });
  });
});

describe('a trigger on a message', () => {
  const withTrigger = (when: Condition) =>
    openRoom({
      tasks: [task('of-ann', { agent: 'ann' }), task('of-bo', { agent: 'bo' })],
      triggers: [{ agent: 'bo', when }],
    });

  it.each<{ when: Condition; message: Partial<AgentMessage>; fires: boolean }>([
    { when: { message: 'notice' }, message: {}, fires: true },
    { when: { message: 'notice', from: 'ann' }, message: { to: '*' }, fires: true },
    { when: { message: 'notice', from: 'cy' }, message: {}, fires: false },
    { when: { message: 'request' }, message: {}, fires: false },
    { when: { message: 'notice' }, message: { to: 'deaf' }, fires: false },
    { when: { all: [{ message: 'notice' }, { task: 'of-ann', reached: 'started' }] }, message: {}, fires: true },
    { when: { any: [{ message: 'notice' }, { task: 'of-ann', reached: 'failed' }] }, message: {}, fires: true },
    { when: { all: [{ message: 'notice' }, { task: 'of-ann', reached: 'failed' }] }, message: {}, fires: false },
  ])('$when fires on $message: $fires', ({ when, message, fires }) => {
    const room = withTrigger(when);
    room.say('of-ann', { body: 'go', ...message });
    room.say('of-ann', { body: 'go on', ...message });
    expect(room.stateOf('of-bo')).toBe(fires ? 'running' : 'waiting');
    if (fires && message.to === undefined) expect(bodies(room.requestOf('of-bo'))).toEqual(['go']);
  });

  it('holds work until a person gives it up, or the message comes from outside', () => {
    const room = withTrigger({ message: 'notice', from: 'pipeline' });
    room.finish('of-ann');
    expect(room.state.inbox['agent/bo']).toMatchObject({
      title: expect.stringContaining('waits for a message'),
      options: ['fail'],
    });
    room.outside({ body: 'go' });
    expect(room.state.inbox).toEqual({});
    expect(room.textsOf('agentActivated')).toEqual(['bo is activated: pipeline has sent a notice']);
    const other = withTrigger({ message: 'notice' });
    other.finish('of-ann');
    other.passTime(86_400_000);
    expect(other.stateOf('of-bo')).toBe('failed');
  });
});

describe('the mailbox', () => {
  it('holds a digest for who asks for one, those near in the graph first, and nothing for what is no question', () => {
    const room = openRoom();
    const attempts = [{ taskId: 'of-ann', attempt: 1, received: 0, digest: true }];
    const [digest] = toMailbox(room.sprint, { attempts }).digests ?? [];
    expect(digest).toMatchObject({ taskId: 'of-ann', attempt: 1 });
    expect(digest?.text.split('\n')[0]).toBe('bo: of-bo');
    expect(toMailbox(room.sprint, 'nonsense')).toEqual({ answers: [] });
  });

  it('names each message once for all who get it', () => {
    const room = openRoom({ tasks: ['a', 'b', 'c'].map((id) => task(id, { agent: 'ann' })) });
    room.outside({ to: '*', body: 'all' });
    const attempts = ['a', 'b', 'c'].map((taskId) => ({ taskId, attempt: 1, received: 0 }));
    expect(toMailbox(room.sprint, { attempts }).messages).toMatchObject([{ body: 'all', outside: true, attempts: [0, 1, 2] }]);
  });
});
