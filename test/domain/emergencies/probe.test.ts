import { expect, test } from 'vitest';
import { judgeProbe, targetKey, type ProbeStanding } from '../../../src/domain/emergencies/probe.ts';

const up: ProbeStanding = { isDown: false, failures: 0 };
const unknown: ProbeStanding = { isDown: null, failures: 0 };
const down: ProbeStanding = { isDown: true, failures: 2 };

test.each([
  ['one that succeeds and did so before is no news', up, true, false, null],
  ['one failure of two is none yet', up, false, false, null],
  ['enough failures in a row are', { isDown: false, failures: 1 }, false, false, 'down'],
  ['a success after that is, too', down, true, false, 'up'],
  ['a further failure of a resource is none', down, false, false, null],
  ['a further failure of a dependency is a trial that failed', down, false, true, 'trialFailed'],
  ['a success is, where it is not known what was told last', unknown, true, false, 'up'],
  ['a success after a failure is there, too', { isDown: null, failures: 1 }, true, false, 'up'],
  ['one failure is not', unknown, false, true, null],
  ['enough failures in a row are, and no failed trial', { isDown: null, failures: 1 }, false, true, 'down'],
])('judging a probe: %s', (_title, standing, ok, hasBreaker, news) => {
  expect(judgeProbe(standing, ok, { limit: 2, hasBreaker }).news).toBe(news);
});

test('a resource and a dependency of one name are two targets', () => {
  expect([targetKey({ kind: 'resource', id: 'mail' }), targetKey({ kind: 'dependency', id: 'mail' })]).toEqual([
    'resource/mail',
    'dependency/mail',
  ]);
});
