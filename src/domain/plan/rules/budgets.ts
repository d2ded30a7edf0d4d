import { BUDGET_KINDS, formatAmount } from '../../budget.ts';
import { elementAt } from '../../lookup.ts';
import type { Finding } from '../../source/finding.ts';
import type { OutlineBudget } from '../outline.ts';
import type { Rule } from './rule-context.ts';

/** No part of a plan is given more than the whole that it draws on: it could never have it without being asked for. */
export const budgetRule: Rule = ({ outline, tasks }) => [
  ...outline.sprints.flatMap(({ budget, id }) => exceeding(`sprint ${id}`, budget, 'the plan', outline.budget)),
  ...tasks.flatMap(({ budget, id, sprint }) => {
    const own = elementAt(outline.sprints, sprint);
    const ofSprint = exceeding(`task ${id}`, budget, `its sprint ${own.id}`, own.budget);
    return ofSprint.length > 0 ? ofSprint : exceeding(`task ${id}`, budget, 'the plan', outline.budget);
  }),
];

function exceeding(part: string, budget: OutlineBudget | null, whole: string, limit: OutlineBudget | null): Finding[] {
  if (budget === null || limit === null) return [];
  return BUDGET_KINDS.flatMap((kind): Finding[] => {
    const [given, most] = [budget.amounts[kind], limit.amounts[kind]];
    if (given === undefined || most === undefined || given <= most) return [];
    const [wanted, had] = [formatAmount(kind, given), formatAmount(kind, most)];
    return [
      {
        at: [...budget.at, kind],
        expected: `at most ${had}`,
        got: wanted,
        message: `the budget of ${part} is larger than that of ${whole}: ${kind} ${wanted}, of ${had}`,
        hint: `give ${part} less, or ${whole} more`,
      },
    ];
  });
}
