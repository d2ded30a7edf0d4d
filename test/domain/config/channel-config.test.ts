import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { NOTICE_KINDS } from '../../../src/domain/notices/notice.ts';
import { formatProblems } from '../../../src/domain/source/problem.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

const folder = {
  baseDir: '/base',
  absolute: (path: string) => `/base/${path}`,
  fileAt: (name: string) => (name === 'bin/tool' ? '/base/bin/tool' : null),
};
const read = (config: object) =>
  parseConfig(dataSource({ agents: [{ id: 'ann', adapter: { kind: 'human' } }], ...config }), folder);

const mail = { id: 'a', kind: 'email', host: 'x.org', from: 'a@b.org', to: ['a@b.org'] };
const hears = { events: NOTICE_KINDS, fallback: [] };

describe('the channels of a config', () => {
  test.each([
    [
      { id: 'a', kind: 'console' },
      { id: 'a', kind: 'console', ...hears },
    ],
    [
      { id: 'a', kind: 'console', events: ['ended', 'alert'], fallback: null },
      { id: 'a', kind: 'console', events: ['ended', 'alert'], fallback: [] },
    ],
    [
      { id: 'a', kind: 'command', run: ['bin/tool'], passEnv: ['KEY'] },
      { id: 'a', kind: 'command', run: ['/base/bin/tool'], passEnv: ['KEY'], ...hears },
    ],
    [
      { id: 'a', kind: 'webhook', url: 'https://x.org/y', secretEnv: 'OPS_SECRET' },
      { id: 'a', kind: 'webhook', url: 'https://x.org/y', secretEnv: 'OPS_SECRET', allowPrivate: false, ...hears },
    ],
    [
      { id: 'a', kind: 'webhook', url: 'http://10.0.0.1/x', allowPrivate: true },
      { id: 'a', kind: 'webhook', url: 'http://10.0.0.1/x', secretEnv: null, allowPrivate: true, ...hears },
    ],
    [
      { id: 'a', kind: 'slack', urlEnv: 'CHAT' },
      { id: 'a', kind: 'slack', url: null, urlEnv: 'CHAT', allowPrivate: false, ...hears },
    ],
    [
      { id: 'a', kind: 'slack', url: 'https://x.org/y', allowPrivate: true },
      { id: 'a', kind: 'slack', url: 'https://x.org/y', urlEnv: null, allowPrivate: true, ...hears },
    ],
    [mail, { ...mail, port: 587, security: 'starttls', userEnv: null, passwordEnv: null, allowPrivate: false, ...hears }],
    [
      { ...mail, security: 'tls', userEnv: 'U', passwordEnv: 'P' },
      { ...mail, port: 465, security: 'tls', userEnv: 'U', passwordEnv: 'P', allowPrivate: false, ...hears },
    ],
    [
      { ...mail, host: '::1', port: 2525, security: 'none', allowPrivate: true },
      { ...mail, host: '::1', port: 2525, security: 'none', userEnv: null, passwordEnv: null, allowPrivate: true, ...hears },
    ],
  ])('%j is read with its defaults', (written, expected) => {
    const config = read({ channels: [written] });
    expect(config.ok ? config.value.channels : formatProblems(config.error)).toEqual([expected]);
  });

  test.each([
    [
      'a webhook without encryption',
      { channels: [{ id: 'a', kind: 'webhook', url: 'http://x.org' }] },
      'channels[0].url',
      /an https address/,
    ],
    ['a slack channel without an address', { channels: [{ id: 'a', kind: 'slack' }] }, 'channels[0]', /either "url" or "urlEnv"/],
    [
      'a slack channel with two addresses',
      { channels: [{ id: 'a', kind: 'slack', url: 'https://x.org', urlEnv: 'X' }] },
      'channels[0]',
      /either "url" or "urlEnv"/,
    ],
    [
      'a secret in the place of its variable',
      { channels: [{ id: 'a', kind: 'webhook', url: 'https://x.org', secretEnv: 'whsec_a/b+c=' }] },
      'channels[0].secretEnv',
      /the name of an environment variable/,
    ],
    ['mail in the open', { channels: [{ ...mail, security: 'none' }] }, 'channels[0].security', /expected "tls" or "starttls"/],
    ['half a login', { channels: [{ ...mail, userEnv: 'U' }] }, 'channels[0]', /both "userEnv" and "passwordEnv"/],
    [
      'a second header in an address',
      { channels: [{ ...mail, from: 'a@b.org\r\nBcc: c@d.org' }] },
      'channels[0].from',
      /a mail address/,
    ],
    ['an option in the place of a host', { channels: [{ ...mail, host: '-x' }] }, 'channels[0].host', /a host name/],
    ['a port that is none', { channels: [{ ...mail, port: 70_000 }] }, 'channels[0].port', /a port from 1/],
    ['mail to nobody', { channels: [{ ...mail, to: [] }] }, 'channels[0].to', /at least one mail address/],
    [
      'a channel that hears nothing',
      { channels: [{ id: 'a', kind: 'console', events: [] }] },
      'channels[0].events',
      /at least one kind/,
    ],
    [
      'a channel that hears what never happens',
      { channels: [{ id: 'a', kind: 'console', events: ['taskFaild'] }] },
      'channels[0].events[0]',
      /got "taskFaild"/,
    ],
    [
      'a channel that nobody can stand in for',
      { channels: [{ id: 'a', kind: 'console', fallback: ['b'] }] },
      'channels[0].fallback[0]',
      /unknown channel "b"/,
    ],
    [
      'a channel that stands in for itself',
      { channels: [{ id: 'a', kind: 'console', fallback: ['a'] }] },
      'channels[0].fallback[0]',
      /cannot stand in for itself/,
    ],
  ])('are refused: %s', (_, config, path, says) => {
    const result = read(config);
    const problems = result.ok ? [] : result.error;
    expect(problems.find((problem) => problem.path === path)?.message, JSON.stringify(problems)).toMatch(says);
  });
});
