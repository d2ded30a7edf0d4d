import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAgentProfile, toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import type { Config } from '../../../src/domain/config/config.ts';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { formatProblems, type Problem } from '../../../src/domain/source/problem.ts';
import { NOTICE_KINDS } from '../../../src/domain/notices/notice.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

const files = new Set(['agents/build.mjs', 'node', 'bin/tool']);
const folder = {
  baseDir: '/base',
  absolute: (path: string) => (path.startsWith('/') ? path : `/base/${path}`),
  fileAt: (name: string) => (files.has(name) ? `/base/${name}` : null),
};

const builder = { id: 'builder', adapter: { kind: 'command', run: ['node', 'agents/build.mjs'] } };
const ann = { id: 'ann', adapter: { kind: 'human' } };
const parse = (config: object) => parseConfig(dataSource({ agents: [builder], ...config }), folder);

function configOf(config: object = {}): Config {
  const result = parse(config);
  if (!result.ok) throw new Error(formatProblems(result.error));
  return result.value;
}

const problemsOf = (config: object): Problem[] => {
  const result = parse(config);
  return result.ok ? [] : result.error;
};

describe('a config', () => {
  test('gets every default', () => {
    expect(configOf({ agents: [builder, ann], channels: null, notify: null })).toEqual({
      agents: [
        {
          id: 'builder',
          title: null,
          skills: [],
          capacity: 1,
          queue: null,
          stallAfterMs: null,
          adapter: {
            kind: 'command',
            run: ['node', '/base/agents/build.mjs'],
            env: {},
            input: 'once',
            probe: null,
          },
        },
        {
          id: 'ann',
          title: null,
          skills: [],
          capacity: 100,
          queue: null,
          stallAfterMs: null,
          adapter: {
            kind: 'human',
            people: null,
            withinMs: 864e5,
            otherwise: 'fail',
          },
        },
      ],
      checks: [],
      resources: [],
      channels: [],
      notify: [],
      workspaces: { kind: 'directory' },
      authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 86_400_000 },
      stallAfterMs: 600_000,
      heartbeatTimeoutMs: 10_000,
      killGraceMs: 2_000,
      artifacts: { dir: '/base/.pact/artifacts' },
      taskQueues: { workflows: 'pact', agents: 'pact-agents' },
      baseDir: '/base',
    });
  });

  test('keeps everything that is written', () => {
    const command = {
      kind: 'command',
      run: ['bin/tool', 'node', ''],
      env: { PORT: '80' },
      input: 'stream',
      probe: ['agents/build.mjs', '-v'],
    };
    const agents = [
      { id: 'a', title: 'A', adapter: command, skills: ['x'], capacity: 4, queue: 'gpu', stallAfter: '1m' },
      { id: 'b', adapter: { kind: 'human', people: ['bo'], within: '1h', otherwise: 'skip' }, capacity: 2 },
      { id: 'c', adapter: { kind: 'human', people: 'anyone' } },
    ];
    const config = configOf({
      agents,
      checks: [
        {
          id: 'k',
          run: ['bin/tool'],
          timeout: '5m',
          env: { A: 'b' },
        },
        {
          id: 'l',
          run: ['x'],
        },
      ],
      resources: [
        {
          id: 'r',
          capacity: 3,
        },
        { id: 's' },
      ],
      channels: [
        {
          id: 'o',
          kind: 'console',
        },
        {
          id: 'p',
          kind: 'command',
          run: ['bin/tool'],
          passEnv: ['KEY'],
        },
        {
          id: 'q',
          kind: 'webhook',
          url: 'https://example.org/x',
          secretEnv: 'OPS_SECRET',
          events: ['ended'],
          fallback: ['p', 'o'],
        },
        { id: 'r', kind: 'webhook', url: 'http://10.0.0.1/x', allowPrivate: true },
        { id: 's', kind: 'slack', urlEnv: 'CHAT' },
        { id: 't', kind: 'slack', url: 'https://example.org/y', allowPrivate: true },
        { id: 'u', kind: 'email', host: 'mail.example.org', from: 'a@example.org', to: ['b@example.org'] },
        {
          id: 'v',
          kind: 'email',
          host: '::1',
          port: 2525,
          security: 'none',
          from: 'a@example.org',
          to: ['b@example.org'],
          userEnv: 'U',
          passwordEnv: 'P',
          allowPrivate: true,
        },
      ],
      notify: ['o'],
      workspaces: { kind: 'directory' },
      authorization: {
        approvers: ['ann', 'bo'],
        required: 2,
        expires: '1h',
      },
      stallAfter: '5m',
      heartbeatTimeout: '3s',
      killGrace: '1s',
      artifacts: { dir: '/out' },
      taskQueues: {
        workflows: 'w',
        agents: 'a',
      },
    });
    expect(config.agents).toEqual([
      {
        id: 'a',
        title: 'A',
        skills: ['x'],
        capacity: 4,
        queue: 'gpu',
        stallAfterMs: 6e4,
        adapter: {
          ...command,
          run: ['/base/bin/tool', '/base/node', ''],
          probe: ['/base/agents/build.mjs', '-v'],
        },
      },
      {
        id: 'b',
        title: null,
        skills: [],
        capacity: 2,
        queue: null,
        stallAfterMs: null,
        adapter: { kind: 'human', people: ['bo'], withinMs: 3_600_000, otherwise: 'skip' },
      },
      {
        id: 'c',
        title: null,
        skills: [],
        capacity: 100,
        queue: null,
        stallAfterMs: null,
        adapter: { kind: 'human', people: 'anyone', withinMs: 86_400_000, otherwise: 'fail' },
      },
    ]);
    expect(config).toMatchObject({
      checks: [
        {
          id: 'k',
          run: ['/base/bin/tool'],
          timeoutMs: 3e5,
          env: { A: 'b' },
        },
        {
          timeoutMs: 6e5,
          env: {},
        },
      ],
      resources: [
        {
          id: 'r',
          capacity: 3,
        },
        {
          id: 's',
          capacity: 1,
        },
      ],
      channels: [
        { id: 'o', kind: 'console', events: NOTICE_KINDS, fallback: [] },
        { id: 'p', kind: 'command', run: ['/base/bin/tool'], passEnv: ['KEY'] },
        { url: 'https://example.org/x', secretEnv: 'OPS_SECRET', events: ['ended'], fallback: ['p', 'o'], allowPrivate: false },
        { url: 'http://10.0.0.1/x', secretEnv: null, allowPrivate: true },
        { kind: 'slack', url: null, urlEnv: 'CHAT', allowPrivate: false },
        { kind: 'slack', url: 'https://example.org/y', urlEnv: null, allowPrivate: true },
        {
          kind: 'email',
          port: 587,
          security: 'starttls',
          to: ['b@example.org'],
          userEnv: null,
          passwordEnv: null,
          allowPrivate: false,
        },
        { kind: 'email', host: '::1', port: 2525, security: 'none', userEnv: 'U', passwordEnv: 'P', allowPrivate: true },
      ],
      authorization: {
        mode: 'named',
        approvers: ['ann', 'bo'],
        required: 2,
        expiresMs: 36e5,
      },
      notify: ['o'],
      stallAfterMs: 3e5,
      heartbeatTimeoutMs: 3e3,
      killGraceMs: 1e3,
      artifacts: { dir: '/out' },
      taskQueues: {
        workflows: 'w',
        agents: 'a',
      },
    });
  });

  const mail = { id: 'a', kind: 'email', host: 'x.org', from: 'a@b.org', to: ['a@b.org'] };
  test.each([
    [
      'a shell string as run',
      { agents: [{ ...builder, adapter: { kind: 'command', run: 'npm test' } }] },
      'agents[0].adapter.run',
      /never one shell string; got "npm test"/,
    ],
    [
      'an adapter of a later version',
      { agents: [{ id: 'a', adapter: { kind: 'acp' } }] },
      'agents[0].adapter.kind',
      /"acp" is not supported yet/,
    ],
    [
      'a misspelt kind of adapter',
      { agents: [{ id: 'a', adapter: { kind: 'comand' } }] },
      'agents[0].adapter.kind',
      /one of "command", "human"; got "comand"/,
    ],
    ['git workspaces', { workspaces: { kind: 'git' } }, 'workspaces.kind', /"git" is not supported yet/],
    ['a repository', { workspaces: { kind: 'directory', repository: '.' } }, 'workspaces.repository', /not supported yet/],
    ['signed authorization', { authorization: { mode: 'signed' } }, 'authorization.mode', /"signed" is not supported yet/],
    ['an unknown field', { agnets: [] }, 'agnets', /unknown field/],
    [
      'environment of the engine',
      { agents: [{ ...builder, adapter: { ...builder.adapter, env: { PACT_ATTEMPT: 'x' } } }] },
      'agents[0].adapter.env.PACT_ATTEMPT',
      /does not begin with PACT_/,
    ],
    [
      'numbers in the environment',
      { agents: [{ ...builder, adapter: { ...builder.adapter, env: { PORT: 80 } } }] },
      'agents[0].adapter.env.PORT',
      /put numbers in quotes; got 80/,
    ],
    [
      'a channel that is no web address',
      { channels: [{ id: 'a', kind: 'webhook', url: 'file:///x' }] },
      'channels[0].url',
      /http or https/,
    ],
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
    ['an unknown channel', { channels: [{ id: 'ops', kind: 'console' }], notify: ['osp'] }, 'notify[0]', /unknown channel "osp"/],
    ['a channel where there are none', { notify: ['x'] }, 'notify[0]', /unknown channel "x"/],
    ['an agent that is there twice', { agents: [builder, builder] }, 'agents[1].id', /"builder" is there twice/],
    ['named authorization without names', { authorization: { mode: 'named' } }, 'authorization', /names nobody/],
    [
      'authorization by anyone with names',
      { authorization: { mode: 'anyone', approvers: ['a'] } },
      'authorization.mode',
      /must not list approvers/,
    ],
    ['an approver who counts twice', { authorization: { approvers: ['a', 'a'] } }, 'authorization.approvers', /twice/],
    [
      'more approvals than approvers',
      { authorization: { approvers: ['a'], required: 2 } },
      'authorization.required',
      /2 approvals are required of 1/,
    ],
    ['heartbeats that are always late', { heartbeatTimeout: '1s' }, 'heartbeatTimeout', /at least 3s; got "1s"/],
    ['no agents', { agents: [] }, 'agents', /at least one agent/],
  ])('is refused with %s', (_, config, path, says) => {
    const problems = problemsOf(config);
    expect(problems.find((problem) => problem.path === path)?.message, JSON.stringify(problems)).toMatch(says);
  });

  test('never throws on garbage', () => {
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(parseConfig(dataSource(data), folder).ok).toBe(false);
      }),
      { verbose: true },
    );
    expect(parseConfig(dataSource({ x: Number.NaN }), folder)).toMatchObject({ ok: false, error: [{ path: 'x' }] });
  });

  test('tells plans and the engine what they may know of agents, never a command', () => {
    const config = configOf({
      agents: [builder, { ...ann, queue: 'people', stallAfter: '1m' }],
      checks: [{ id: 'k', run: ['x'] }],
    });
    expect(toRosterFacts(config)).toEqual({
      agents: [
        { id: 'builder', kind: 'command', skills: [], capacity: 1 },
        { id: 'ann', kind: 'human', skills: [], capacity: 100 },
      ],
      checks: ['k'],
      resources: [],
    });
    expect(config.agents.map((agent) => toAgentProfile(agent, config, 'd'))).toEqual([
      {
        id: 'builder',
        kind: 'command',
        title: null,
        skills: [],
        capacity: 1,
        queue: 'pact-agents',
        digest: 'd',
        stallAfterMs: 600_000,
        human: null,
      },
      {
        id: 'ann',
        kind: 'human',
        title: null,
        skills: [],
        capacity: 100,
        queue: 'people',
        digest: 'd',
        stallAfterMs: 6e4,
        human: {
          people: ['ann'],
          withinMs: 864e5,
          otherwise: 'fail',
        },
      },
    ]);
  });
});
