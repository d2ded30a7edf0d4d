import { describe, expect, it } from 'vitest';
import type { AgentMessage } from '../../../src/domain/agent-message.ts';
import { fromCarriedState, toCarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { bodies, openRoom } from './message-room.ts';
import { task } from './sprint-definition.ts';

describe('a message', () => {
  it('reaches the agent that listens, once for each attempt, and nobody else', () => {
    const room = openRoom();
    room.say('of-ann', { body: 'hello', priority: 'urgent', key: 'k' });
    expect(room.fetch('of-bo')).toEqual([
      {
        sequence: 1,
        id: 'm1',
        from: 'ann',
        task: 'of-ann',
        to: 'bo',
        priority: 'urgent',
        kind: 'notice',
        body: 'hello',
        key: 'k',
        sentAt: '2026-12-01T09:00:00.000Z',
        attempts: [0],
      },
    ]);
    expect(room.fetch('of-bo', 1)).toEqual([]);
    expect(room.fetch('of-ann')).toEqual([]);
    expect(toMailbox(room.sprint, { attempts: [{ taskId: 'of-bo', attempt: 1 }] }).messages).toBeUndefined();
    expect(room.counters()).toMatchObject({ sent: 1, bytes: 7, delivered: 0, medianDeliveryMs: null });
    room.acknowledge('of-bo', 1, [3, 9, 4]);
    room.acknowledge('of-bo', 1);
    expect(room.counters()).toMatchObject({ delivered: 1, medianDeliveryMs: 5 });
    expect(room.events()).not.toContain('requestSent');
  });

  it('to all goes to those at work: who listens now, who does not with the next request, people and the sender not', () => {
    const room = openRoom();
    room.say('of-ann', { to: '*', body: 'frozen', kind: 'announcement' });
    expect(bodies(room.fetch('of-bo'))).toEqual(['frozen']);
    room.finish('of-ann');
    room.finish('of-deaf');
    expect(bodies(room.requestOf('late'))).toEqual(['frozen']);
    expect(room.performed().at(-1)?.digestOfOthers).toContain('ann announced: frozen');
    room.finish('of-bo');
    expect(room.requestOf('last')).toBeUndefined();
  });

  it('to a task goes to whoever has it, now or later', () => {
    const room = openRoom();
    room.say('of-ann', { to: 'task:of-bo', body: 'now' });
    room.say('of-ann', { to: 'task:late', body: 'later' });
    expect(bodies(room.fetch('of-bo'))).toEqual(['now']);
    room.finish('of-deaf');
    room.finish('of-ann');
    expect(bodies(room.requestOf('late'))).toEqual(['later']);
    room.finish('of-bo');
    expect(room.counters().dropped).toEqual({ undeliverable: 1 });
  });

  it('that an attempt got and lost is for the next one; what it finished with is not', () => {
    const room = openRoom();
    room.say('of-ann', { body: 'taken' });
    room.say('of-ann', { to: 'task:of-bo', body: 'for the task' });
    room.say('of-ann', { to: '*', body: 'for those at work' });
    room.acknowledge('of-bo', 3);
    room.fail('of-bo');
    expect(bodies(room.requestOf('of-bo'))).toEqual(['taken', 'for the task']);
    room.say('of-ann', { body: 'missed' });
    room.finish('of-ann');
    room.finish('of-bo');
    expect(bodies(room.requestOf('last'))).toEqual(['missed']);
  });

  it('is kept once where two attempts of an agent give it back', () => {
    const room = openRoom({
      tasks: [
        ...['a', 'b'].map((id) => task(id, { agent: 'ann' })),
        task('c', { agent: 'bo' }),
        task('d', { agent: 'ann', dependsOn: ['c'] }),
      ],
    });
    room.say('c', { to: 'ann', body: 'both' });
    expect([...(bodies(room.fetch('a')) ?? []), ...(bodies(room.fetch('b')) ?? [])]).toEqual(['both', 'both']);
    room.fail('a', { retryable: false });
    room.fail('b', { retryable: false });
    room.finish('c');
    expect(bodies(room.requestOf('d'))).toEqual(['both']);
  });

  it('comes once, however often its worker says it, and only from the attempt that is at work', () => {
    const room = openRoom();
    room.say('of-ann', { body: 'one' }, { number: 1 });
    room.say('of-ann', { body: 'again' }, { number: 1 });
    room.say('of-ann', { body: 'old' }, { attempt: 7 });
    room.say('nobody', { body: 'who' }, { task_id: 'no-such-task' });
    expect(bodies(room.fetch('of-bo'))).toEqual(['one']);
    expect(room.counters()).toMatchObject({ sent: 3, dropped: { stale: 2 } });
  });

  it('outlives the run of the workflow', () => {
    const room = openRoom();
    room.say('of-ann', { body: 'kept', kind: 'request' });
    const next = fromCarriedState(room.sprint.definition, JSON.parse(JSON.stringify(toCarriedState(room.sprint))));
    expect(next.state.mail).toEqual(room.state.mail);
  });

  it.each<{ why: string; message: Partial<AgentMessage>; times?: number; dropped: object }>([
    { why: 'the same again', message: { body: 'same' }, times: 3, dropped: { duplicate: 2 } },
    { why: 'a key that was used', message: { key: 'k' }, times: 2, dropped: { duplicate: 1 } },
    { why: 'to itself', message: { to: 'ann' }, dropped: { self: 1 } },
    { why: 'to its own task', message: { to: 'task:of-ann' }, dropped: { self: 1 } },
    { why: 'to a stranger', message: { to: 'mallory' }, dropped: { unknownReceiver: 1 } },
    { why: 'to an unknown task', message: { to: 'task:none' }, dropped: { unknownReceiver: 1 } },
    { why: 'in reply to nothing', message: { to: null, inReplyTo: 'm9' }, dropped: { unknownReceiver: 1 } },
    { why: 'to a person', message: { to: 'eve' }, dropped: { undeliverable: 1 } },
    { why: 'to the task of a person', message: { to: 'task:of-eve' }, dropped: { undeliverable: 1 } },
  ])('is dropped: $why', ({ message, times = 1, dropped }) => {
    const room = openRoom();
    for (let count = 0; count < times; count += 1) room.say('of-ann', message);
    expect(room.counters().dropped).toEqual(dropped);
  });

  it('to all is dropped when nobody is at work, and stands in the next digest all the same', () => {
    const room = openRoom({
      tasks: [task('of-ann', { agent: 'ann' }), task('next', { agent: 'bo', dependsOn: ['of-ann'] })],
    });
    room.say('of-ann', { to: '*', kind: 'announcement', body: { text: 'v2' } });
    expect(room.counters().dropped).toEqual({ nobody: 1 });
    room.finish('of-ann');
    expect(room.performed().at(-1)?.digestOfOthers).toBe('ann announced: {"text":"v2"}');
  });

  it('of progress is dropped while it says the same; by percentage where it gives one', () => {
    const room = openRoom();
    const progress = (body: AgentMessage['body']) => room.say('of-ann', { kind: 'progress', body });
    for (const at of [1, 2]) progress({ progress_percentage: 40, at });
    progress('half');
    progress({ progress_percentage: 60, at: 3 });
    expect(room.counters().dropped).toEqual({ unmoved: 1 });
    expect(room.fetch('of-bo')).toHaveLength(3);
  });

  it('is one too many after 20 in a minute to the same receiver, urgent ones aside', () => {
    const room = openRoom();
    for (let count = 0; count < 25; count += 1) room.say('of-ann', { body: count });
    room.say('of-ann', { body: 'fire', priority: 'urgent' });
    room.say('of-ann', { to: 'deaf', body: 'elsewhere' });
    expect(room.counters().dropped).toMatchObject({ pace: 5 });
    room.passTime(60_000);
    room.say('of-ann', { body: 'a minute later' });
    expect(room.counters().dropped).toMatchObject({ pace: 5 });
  });

  it('is counted for the newest 500 pairs of sender and receiver', () => {
    const room = openRoom();
    for (let count = 0; count < 502; count += 1) room.outside({ body: count }, `o${count}`);
    expect(Object.keys(room.state.mail?.paces ?? {})).toHaveLength(500);
  });

  it('gives way to newer ones: 20 in a box, 32 KiB, 256 KiB in all', () => {
    const room = openRoom({
      tasks: [
        task('of-ann', { agent: 'ann' }),
        ...Array.from({ length: 30 }, (_, n) => task(`t${n}`, { agent: 'bo', dependsOn: ['of-ann'] })),
      ],
    });
    for (let count = 0; count < 20; count += 1) room.say('of-ann', { to: 'task:t0', body: count });
    room.passTime(60_000);
    for (let count = 20; count < 23; count += 1) room.say('of-ann', { to: 'task:t0', body: count });
    expect(room.counters().dropped).toEqual({ overflow: 3 });
    for (let count = 0; count < 3; count += 1) room.say('of-ann', { to: 'task:t1', body: `${count}${'x'.repeat(15_000)}` });
    expect(room.counters().dropped).toEqual({ overflow: 4 });
    for (let count = 2; count < 30; count += 1) room.say('of-ann', { to: `task:t${count}`, body: 'y'.repeat(15_000) });
    const mail = room.state.mail;
    expect(mail?.bytes).toBeLessThanOrEqual(256 * 1024);
    expect(Object.values(mail?.kept ?? {}).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(mail?.bytes);
    expect(room.counters().dropped['overflow']).toBeGreaterThan(10);
  });

  it('that was given to an agent makes room first, and that is no loss', () => {
    const room = openRoom();
    for (let count = 0; count < 20; count += 1) room.say('of-ann', { body: count });
    room.acknowledge('of-bo', 20);
    room.passTime(60_000);
    for (let count = 0; count < 18; count += 1) room.say('of-ann', { body: `x${count}` });
    expect(room.counters().dropped).toEqual({});
    for (let count = 0; count < 25; count += 1) room.outside({ to: '*', body: 'z'.repeat(15_000) + count }, `o${count}`);
    expect(room.state.mail?.bytes).toBeLessThanOrEqual(256 * 1024);
  });
});
