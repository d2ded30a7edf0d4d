import { describe, expect, test } from 'vitest';
import { toAgentProfile, toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import type { AgentConfig } from '../../../src/domain/config/config.ts';
import { parseConfig, type ConfigFolder } from '../../../src/domain/config/config-reader.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

const folder: ConfigFolder = { baseDir: '/base', fileAt: () => null, absolute: (path) => `/base/${path}` };
const builder = { id: 'builder', adapter: { kind: 'command', run: ['node'] } };
const ann = { id: 'ann', adapter: { kind: 'human' } };
const parse = (config: object) => parseConfig(dataSource({ agents: [builder], ...config }), folder);

function configOf(config: object = {}) {
  const result = parse(config);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('a config', () => {
  test('says how far an amendment may go', () => {
    const thresholdsOf = (amendments: object) => configOf({ authorization: { amendments } }).authorization.amendments;
    expect(configOf().authorization.amendments).toBeUndefined();
    expect(thresholdsOf({})).toEqual({ tasks: null, estimate: 20, agents: 'ask', checks: 'ask' });
    expect(thresholdsOf({ tasks: '10%', estimate: 'any', agents: 'allow', checks: 'allow' })).toEqual({
      tasks: 10,
      estimate: null,
      agents: 'allow',
      checks: 'allow',
    });
  });

  test('says what its agents answer; people are asked by the inbox', () => {
    expect(configOf({ agents: [{ ...builder, answers: ['offer'] }] }).agents[0]?.answers).toEqual(['offer']);
    expect(parse({ agents: [{ ...ann, answers: ['offer'] }] })).toMatchObject({
      ok: false,
      error: [{ path: 'agents[0].answers', message: expect.stringContaining('answers is for command agents') }],
    });
  });
});

test('budgets of agents, and when people are warned and asked, are read and known to plans and the engine', () => {
  const config = configOf({ agents: [{ ...builder, budget: { cost: 25 } }, ann], budget: { warnAt: 0.9, within: '4h' } });
  expect(config.budget).toEqual({ warnAt: 0.9, withinMs: 14_400_000 });
  expect(config.agents.map(({ budget }) => budget)).toEqual([{ cost: 25 }, undefined]);
  expect(toRosterFacts(config).agents.map(({ budget }) => budget)).toEqual([{ cost: 25 }, undefined]);
  expect(toAgentProfile(config.agents[0] as AgentConfig, config, 'd')).toMatchObject({ budget: { cost: 25 } });
});
