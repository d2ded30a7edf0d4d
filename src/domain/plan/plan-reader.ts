import { err, ok, type Result } from '../result.ts';
import type { Finding } from '../source/finding.ts';
import { type Problem, toProblems } from '../source/problem.ts';
import { readShape } from '../source/shape.ts';
import { checkJson, type Source } from '../source/source.ts';
import { compactBytes } from './compact-form.ts';
import { toPlan } from './normal-form.ts';
import { readOutline } from './outline.ts';
import type { Plan } from './plan.ts';
import { LATER_IN_PLANS, planSchema } from './plan-schema.ts';
import type { RosterFacts } from './roster-facts.ts';
import { allocationRule } from './rules/allocation.ts';
import { contingencyRule } from './rules/contingencies.ts';
import { escalationRule } from './rules/escalations.ts';
import { identityRule } from './rules/identity.ts';
import { budgetRule } from './rules/budgets.ts';
import { limitRule, MAX_PLAN_BYTES } from './rules/limits.ts';
import { orderRule } from './rules/order.ts';
import { referenceRule } from './rules/references.ts';
import { createRuleContext, type Rule } from './rules/rule-context.ts';
import { triggerRule } from './rules/triggers.ts';

const RULES: readonly Rule[] = [
  identityRule,
  referenceRule,
  orderRule,
  allocationRule,
  limitRule,
  budgetRule,
  escalationRule,
  contingencyRule,
];

/**
 * A plan in its written form to the normalised plan, or every mistake in it at once. Never throws, whatever the data is.
 * @param facts The roster to check against; null: ids of agents and checks are not checked, and a sprint that lists no agents
 *   gets those that its tasks name. Only a plan read with a roster may be resolved.
 */
export function parsePlan(source: Source, facts: RosterFacts | null): Result<Plan, Problem[]> {
  const guard = checkJson(source.data);
  if (guard.length > 0) return err(toProblems(source, guard));
  const plan = readPlan(source.data, facts);
  if (!plan.ok) return err(toProblems(source, plan.error));
  const findings = checkSize(plan.value);
  return findings.length > 0 ? err(toProblems(source, findings)) : plan;
}

/**
 * Data that is JSON to the normalised plan.
 * @param shaped The same for the schema alone: what has been checked before may be left out there, and is then missing in the plan.
 */
export function readPlan(data: unknown, facts: RosterFacts | null, shaped: unknown = data): Result<Plan, readonly Finding[]> {
  const shape = readShape(planSchema, shaped, LATER_IN_PLANS);
  const context = createRuleContext(readOutline(data), facts);
  const findings = [...shape.findings, ...RULES.flatMap((rule) => rule(context))];
  if (shape.value === null || findings.length > 0) return err(findings);
  // Only of a plan that is right so far can be said what may happen in it.
  const stuck = triggerRule(context);
  return stuck.length > 0 ? err(stuck) : ok(toPlan(shape.value, facts));
}

export function checkSize(plan: Plan): Finding[] {
  const size = compactBytes(plan);
  if (size <= MAX_PLAN_BYTES) return [];
  const message = `the plan takes ${size} bytes with defaults left out; the limit is ${MAX_PLAN_BYTES}`;
  const [expected, got] = [`at most ${MAX_PLAN_BYTES} bytes`, `${size} bytes`];
  return [{ at: [], expected, got, message, hint: 'shorten inputs and descriptions, or split the plan' }];
}
