import { expect, test } from 'vitest';
import { toAgentProfile, toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import type { AgentConfig } from '../../../src/domain/config/config.ts';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

const folder = { baseDir: '/base', fileAt: () => null, absolute: (path: string) => `/base/${path}` };
const agents = [
  { id: 'plain', adapter: { kind: 'command', run: ['node'] } },
  {
    id: 'talker',
    adapter: { kind: 'command', run: ['node'], input: 'stream' },
    answers: ['offer'],
    cost: 2.5,
    budget: { cost: 10 },
  },
  { id: 'ann', adapter: { kind: 'human', wrapUpWithin: '2h' } },
];

test('the profile of an agent has what its config says of it beyond the necessary, and nothing of what it does not', () => {
  const config = parseConfig(dataSource({ agents }), folder);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const [plain, talker, ann] = config.value.agents.map((agent: AgentConfig) => toAgentProfile(agent, config.value, 'digest'));
  expect(talker).toMatchObject({ input: 'stream', answers: ['offer'], cost: 2.5, budget: { cost: 10 }, human: null });
  for (const field of ['input', 'answers', 'cost', 'budget']) expect(plain).not.toHaveProperty(field);
  expect(ann).toMatchObject({ kind: 'human', human: { people: ['ann'], wrapUpWithinMs: 7_200_000 } });
  expect(toRosterFacts(config.value).agents.map(({ answers }) => answers)).toEqual([[], ['offer'], []]);
});
