import { expect, test } from 'vitest';
import { loadConfig, loadPlan } from '../../../src/config.ts';
import { toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import { showPlan } from '../../../src/domain/plan/plan-show.ts';
import { formatProblems } from '../../../src/domain/source/problem.ts';

test('the sample plan and its config are valid and can be shown', () => {
  const folder = new URL('../../../examples/release-train/', import.meta.url).pathname;
  const config = loadConfig(folder);
  if (!config.ok) throw new Error(formatProblems(config.error));
  const facts = toRosterFacts(config.value);
  const plan = loadPlan(`${folder}plan.yaml`, facts);
  if (!plan.ok) throw new Error(formatProblems(plan.error));
  expect(showPlan(plan.value.plan, facts.agents)).toMatch(/^Release of [^]*Critical path +\S+: checkout → [^]* → sign-off\n/);
});
