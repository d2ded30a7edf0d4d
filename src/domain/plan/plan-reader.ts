import { err, ok, type Result } from '../result.ts';
import type { Finding } from '../source/finding.ts';
import { type Problem, toProblems } from '../source/problem.ts';
import { readShape } from '../source/shape.ts';
import { checkJson, type Source } from '../source/source.ts';
import { toCompact } from './compact-form.ts';
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
import { bytesOf, limitRule, MAX_PLAN_BYTES } from './rules/limits.ts';
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
  const fail = (findings: readonly Finding[]): Result<Plan, Problem[]> => err(toProblems(source, findings));
  const guard = checkJson(source.data);
  if (guard.length > 0) return fail(guard);
  const shape = readShape(planSchema, source.data, LATER_IN_PLANS);
  const context = createRuleContext(readOutline(source.data), facts);
  const findings = [...shape.findings, ...RULES.flatMap((rule) => rule(context))];
  if (shape.value === null || findings.length > 0) return fail(findings);
  // Only of a plan that is right so far can be said what may happen in it.
  const stuck = triggerRule(context);
  if (stuck.length > 0) return fail(stuck);
  const plan = toPlan(shape.value, facts);
  const size = bytesOf(toCompact(plan));
  if (size <= MAX_PLAN_BYTES) return ok(plan);
  const message = `the plan takes ${size} bytes with defaults left out; the limit is ${MAX_PLAN_BYTES}`;
  return fail([
    {
      at: [],
      expected: `at most ${MAX_PLAN_BYTES} bytes`,
      got: `${size} bytes`,
      message,
      hint: 'shorten inputs and descriptions, or split the plan',
    },
  ]);
}
