import { expect, test } from 'vitest';
import { toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { resolvePlan, toFactsOfPlans, toSpareRoster, toWorkerFacts } from '../../../src/domain/plan/resolved-plan.ts';
import { reviewDocument } from '../../../src/domain/plan/review-document.ts';
import { dataSource } from '../../../src/domain/source/source.ts';
import { planOf, profile, written } from '../plan/plan-fixture.ts';

const folder = { baseDir: '/base', absolute: (path: string) => path, fileAt: () => null };
const source = {
  agents: [{ id: 'builder', adapter: { kind: 'command', run: ['x'] } }],
  resources: [{ id: 'bench', probe: { run: ['ping'] } }, { id: 'desk' }],
  dependencies: [
    {
      id: 'mail',
      probe: { run: ['ping', 'mail'], env: { A: 'b' }, every: '1m', timeout: '2s', failures: 4 },
      failures: 3,
      openFor: '5m',
    },
    { id: 'shop' },
  ],
};
const parsed = parseConfig(dataSource(source), folder);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const config = parsed.value;

test('probes and dependencies are read with their defaults, and no command of them leaves the config', () => {
  expect(config.resources[0]?.probe).toEqual({ run: ['ping'], env: {}, everyMs: 30_000, timeoutMs: 10_000, failures: 2 });
  expect(config.dependencies).toEqual([
    {
      id: 'mail',
      probe: { run: ['ping', 'mail'], env: { A: 'b' }, everyMs: 60_000, timeoutMs: 2_000, failures: 4 },
      failures: 3,
      openForMs: 300_000,
    },
    { id: 'shop', probe: null, failures: 2, openForMs: 60_000 },
  ]);
  expect(toRosterFacts(config)).toMatchObject({
    resources: [{ id: 'bench' }, { id: 'desk' }],
    probed: { resources: ['bench'], dependencies: ['mail', 'shop'] },
  });
  expect(JSON.stringify([toRosterFacts(config), toWorkerFacts(config, [], [])])).not.toContain('ping');
});

test('a plan has in its hash and review what of it is watched, and leaves the rest for amendments', () => {
  const targets = [
    { kind: 'resource' as const, id: 'bench', digest: 'd1' },
    { kind: 'dependency' as const, id: 'shop', digest: null, breaker: { failures: 2, openForMs: 1 } },
    { kind: 'dependency' as const, id: 'mail', digest: 'd2', breaker: { failures: 2, openForMs: 1 } },
  ];
  const facts = toWorkerFacts(config, [profile('builder')], [], targets);
  const tasks = [{ id: 'a', agent: 'builder', resources: ['bench'], needs: ['shop'] }];
  const contingencies = [{ when: { resource: 'bench' }, do: [{ useResource: 'desk' }] }];
  const resolved = resolvePlan(planOf(written({ agents: ['builder'], tasks }, { contingencies }), toFactsOfPlans(facts)), facts);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  expect(resolved.value.watched).toEqual({ queue: 'pact-agents', targets: targets.slice(0, 2) });
  expect(resolved.value.resources).toEqual({ bench: 1, desk: 1 });
  expect(toSpareRoster(resolved.value, facts).watched?.targets).toEqual(targets);
  const review = reviewDocument(resolved.value, 'hash', []);
  expect(review).toContain('resource bench: by its probe `d1`');
  expect(review).toContain('dependency shop: by what attempts say');
  expect(review).toContain('desk is used');
});
