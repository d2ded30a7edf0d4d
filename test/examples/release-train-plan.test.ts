import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadConfig, loadPlan } from '../../src/config.ts';

const folder = fileURLToPath(new URL('../../examples/release-train/', import.meta.url));

test('the sample config is read without a problem: eight programs in two languages and a person', () => {
  const loaded = loadConfig(folder);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 2));
  const commands = loaded.value.agents.flatMap(({ adapter }) => (adapter.kind === 'command' ? [adapter] : []));
  expect(commands).toHaveLength(8);
  expect(new Set(commands.map(({ run }) => run[0]))).toEqual(new Set(['node', 'sh']));
  for (const { run, probe } of commands)
    for (const argv of [run, probe]) expect(argv?.[1]).toMatch(/^\/.*\/agents\/[\w-]+\.(mjs|sh)$/);
  const people = loaded.value.agents.filter(({ adapter }) => adapter.kind === 'human');
  expect(people).toMatchObject([{ id: 'release-manager', adapter: { people: 'anyone', otherwise: 'fail' } }]);
});

test('the sample plan is read without a problem: two sprints, a checkpoint, a shared resource, a person at the end', () => {
  const config = loadConfig(folder);
  if (!config.ok) throw new Error(JSON.stringify(config.error, null, 2));
  const { agents, checks, resources } = config.value;
  const facts = {
    agents: agents.map((agent) => ({ ...agent, kind: agent.adapter.kind })),
    checks: checks.map(({ id }) => id),
    channels: [],
    resources,
  };
  const loaded = loadPlan(`${folder}plan.yaml`, facts);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 2));
  const { sprints, triggers } = loaded.value.plan;
  expect(sprints.map(({ id }) => id)).toEqual(['verify', 'release']);
  expect(sprints[0]?.checkpoints).toHaveLength(1);
  expect(triggers).toMatchObject([{ agent: 'bench-runner', when: { checkpoint: 'verified' } }]);
  const exclusive = sprints
    .flatMap(({ tasks }) => tasks)
    .filter(({ resources }) => resources.some(({ mode }) => mode === 'exclusive'));
  expect(exclusive.map(({ id }) => id)).toEqual(['benchmark', 'baseline']);
  expect(sprints[1]?.tasks.at(-1)).toMatchObject({ id: 'sign-off', agent: 'release-manager' });
});
