import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAgentProfile, toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import type { Config } from '../../../src/domain/config/config.ts';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { formatProblems, type Problem } from '../../../src/domain/source/problem.ts';
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
      dependencies: [],
      channels: [],
      budget: { warnAt: 0.8, withinMs: 864e5 },
      notify: [],
      workspaces: { kind: 'directory' },
      authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 86_400_000 },
      stallAfterMs: 600_000,
      heartbeatTimeoutMs: 10_000,
      killGraceMs: 2_000,
      artifacts: { dir: '/base/.pact/artifacts' },
      taskQueues: { workflows: 'pact', agents: 'pact-agents' },
      slots: { minimum: 1, maximum: 1_000, memory: null, cpu: null },
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
      { id: 'b', adapter: { kind: 'human', people: ['bo'], within: '1h', otherwise: 'skip', wrapUpWithin: '2h' }, capacity: 2 },
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
        },
        {
          id: 'q',
          kind: 'webhook',
          url: 'https://example.org/x',
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
        adapter: { kind: 'human', people: ['bo'], withinMs: 3_600_000, otherwise: 'skip', wrapUpWithinMs: 7_200_000 },
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
      channels: [{ kind: 'console' }, { run: ['/base/bin/tool'] }, { url: 'https://example.org/x' }],
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
    ['a process that asks a person', { agents: [{ ...ann, answers: ['offer'] }] }, 'agents[0].answers', /for command agents/],
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
      channels: [{ id: 'ops', kind: 'console' }],
    });
    expect(toRosterFacts(config)).toEqual({
      agents: [
        { id: 'builder', kind: 'command', skills: [], capacity: 1, answers: [] },
        { id: 'ann', kind: 'human', skills: [], capacity: 100, answers: [] },
      ],
      checks: ['k'],
      channels: ['ops'],
      resources: [],
      probed: { resources: [], dependencies: [] },
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
        human: { people: ['ann'], withinMs: 864e5, otherwise: 'fail' },
      },
    ]);
  });
});
