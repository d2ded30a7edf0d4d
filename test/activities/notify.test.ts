import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channel, createEnvironment, createFixture, until, type Fixture } from './attempt-fixture.ts';
import type { Notice } from '../../src/domain/notices/notice.ts';
import { toNotice } from '../domain/notices/notice-fixture.ts';

let folder: string;
let fixture: Fixture | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-notify-'));
});
afterEach(async () => {
  await fixture?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A channel that writes what it gets to a file of its name, a line each; `broken` ones write it and fail. */
const file = (id: string, more: object = {}, isBroken = false) =>
  channel({ id, kind: 'command', run: ['sh', '-c', `cat >> ${folder}/${id}${isBroken ? '; exit 1' : ''}`], ...more });

async function notify(
  channels: readonly ReturnType<typeof file>[],
  to: readonly string[],
  notices: readonly Notice[],
  dropped = 0,
) {
  fixture = await createFixture(() => ({ channels: [...channels] }));
  const run = fixture.activities.workflowActivities.notify;
  const results = await createEnvironment().env.run(run, { channels: to, notices, dropped });
  return (results as Awaited<ReturnType<typeof run>>).map(({ channel: id, ok, insteadOf }) => [id, ok, insteadOf]);
}
const heard = async (id: string) =>
  (await readFile(join(folder, id), 'utf8').catch(() => ''))
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { id: string; kind: string; title: string }]));

describe('notify', () => {
  it('answers for every channel, also for one that fails and one that is unknown', async () => {
    const results = await notify([file('a'), file('b', {}, true)], ['a', 'b', 'pager'], [toNotice(1)]);
    expect(results).toEqual([
      ['a', true, null],
      ['b', false, null],
      ['pager', false, null],
    ]);
    expect(await heard('a')).toEqual([toNotice(1)]);
  });

  it('goes down the list of those that stand in until one can be told, and says in whose place', async () => {
    const channels = [
      file('a', { fallback: ['b', 'c', 'd'] }, true),
      file('b', {}, true),
      // What it hears in its own right does not matter here.
      file('c', { events: ['ended'] }),
      file('d'),
    ];
    expect(await notify(channels, ['a'], [toNotice(1)])).toEqual([
      ['a', false, null],
      ['b', false, 'a'],
      ['c', true, 'a'],
    ]);
    expect([await heard('c'), await heard('d')]).toEqual([[toNotice(1)], []]);
  });

  it('tells nobody the same twice, whoever stands in for whom', async () => {
    const channels = [file('a', { fallback: ['c'] }, true), file('b', { fallback: ['c'] }, true), file('c')];
    expect(await notify(channels, ['a', 'b', 'c'], [toNotice(1)])).toEqual([
      ['a', false, null],
      ['c', true, 'a'],
      ['b', false, null],
      ['c', true, 'b'],
      ['c', true, null],
    ]);
    expect(await heard('c')).toHaveLength(1);
  });

  it('that the worker ends is no fault of a channel: another worker takes it up; that the workflow ends stops nothing', async () => {
    const slow = (id: string) =>
      channel({ id, kind: 'command', run: ['sh', '-c', `echo > ${folder}/started; sleep 0.5; cat >> ${folder}/${id}`] });
    fixture = await createFixture(() => ({ channels: [slow('a')] }));
    const run = fixture.activities.workflowActivities.notify;
    for (const reason of ['WORKER_SHUTDOWN', 'NOT_FOUND'] as const) {
      await rm(join(folder, 'started'), { force: true });
      const { env } = createEnvironment();
      const ended = env.run(run, { channels: ['a'], notices: [toNotice(1)], dropped: 0 }).then(
        () => 'told',
        (error: unknown) => String(error),
      );
      await until('the channel works', () => existsSync(join(folder, 'started')));
      env.cancel(reason);
      expect(await ended).toMatch(reason === 'NOT_FOUND' ? 'told' : /the worker ended before everybody was told/);
    }
    expect(await heard('a')).toEqual([toNotice(1)]);
  });

  it('gives each channel what it takes, several as one digest, and nothing to one that takes none of it', async () => {
    const channels = [file('all'), file('ends', { events: ['ended'] }), file('none', { events: ['milestone'] })];
    const results = await notify(channels, ['all', 'ends', 'none'], [toNotice(1), toNotice(2), toNotice(3, { kind: 'ended' })]);
    expect(results.map(([id]) => id)).toEqual(['all', 'ends']);
    expect(await heard('all')).toMatchObject([{ kind: 'digest', title: '3 events: 2 taskFailed, 1 ended' }]);
    expect(await heard('ends')).toEqual([toNotice(3, { kind: 'ended' })]);
  });
});
