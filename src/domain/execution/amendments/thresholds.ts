import { addCost, formatAmount, type Budget, type Usage } from '../../budget.ts';
import { DEFAULT_AMENDMENTS, DEFAULT_BUDGET, type AuthorizationPolicy } from '../../config/config.ts';
import { formatDuration } from '../../duration.ts';
import { declaredUsage } from '../../plan/plan-budgets.ts';
import { ownValue } from '../../own-value.ts';
import type { ResolvedPlan } from '../../prepared.ts';
import { estimateOf } from '../../plan/plan.ts';

/** What of an authorized plan its amendments are measured against, so that many small ones add up. */
export interface PlanFigures {
  readonly tasks: number;
  readonly workMs: number;
  /** Digests by id. */
  readonly agents: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, string>>;
  /** What it may use by its budgets. */
  readonly budget?: Partial<Usage>;
  /** What agents may use by theirs, by id; those without have none. */
  readonly agentBudgets?: Readonly<Record<string, Partial<Usage>>>;
}

export function toFigures({ plan, agents, checks }: ResolvedPlan): PlanFigures {
  const tasks = plan.sprints.flatMap((sprint) => sprint.tasks.filter(({ cancelled }) => !cancelled));
  return {
    tasks: tasks.length,
    workMs: tasks.reduce((sum, task) => sum + estimateOf(task), 0),
    agents: Object.fromEntries(agents.map(({ id, digest }) => [id, digest])),
    checks: Object.fromEntries(checks.map(({ id, digest }) => [id, digest])),
    budget: declaredUsage(plan),
    ...withAgentBudgets(agents),
  };
}

function withAgentBudgets(agents: ResolvedPlan['agents']): Pick<PlanFigures, 'agentBudgets'> {
  const limited = agents.flatMap(({ id, budget }) => (budget ? [[id, toUsageLimits(budget)] as const] : []));
  return limited.length === 0 ? {} : { agentBudgets: Object.fromEntries(limited) };
}

const toUsageLimits = ({ tokens, cost }: Budget): Partial<Usage> => ({
  ...(tokens === undefined ? {} : { tokens }),
  ...(cost === undefined ? {} : { cost }),
});

/** Why the amended plan needs an authorization of its own, in sentences; none: it is within what has been authorized. */
export function voidingReasons(authorized: PlanFigures, amended: PlanFigures, { amendments }: AuthorizationPolicy): string[] {
  const { tasks, estimate, agents, checks, budget = DEFAULT_BUDGET } = amendments ?? DEFAULT_AMENDMENTS;
  const [moreTasks, moreWork] = [amended.tasks - authorized.tasks, amended.workMs - authorized.workMs];
  const news = (known: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] =>
    Object.keys(now).filter((id) => !Object.hasOwn(known, id) || known[id] !== now[id]);
  return [
    ...(tasks !== null && 100 * moreTasks > tasks * authorized.tasks
      ? [`${moreTasks} more tasks than the ${authorized.tasks} authorized, which is above ${tasks}%`]
      : []),
    ...(estimate !== null && 100 * moreWork > estimate * authorized.workMs
      ? [
          `${formatDuration(moreWork)} more estimated work than the ${formatDuration(authorized.workMs)} authorized, which is above ${estimate}%`,
        ]
      : []),
    ...(budget === null ? [] : largerBudgets('', authorized.budget ?? {}, amended.budget ?? {}, budget)),
    ...(budget === null ? [] : largerAgentBudgets(authorized, amended, budget)),
    ...(agents === 'ask' ? news(authorized.agents, amended.agents).map((id) => `agent ${id} is not in the authorized plan`) : []),
    ...(checks === 'ask' ? news(authorized.checks, amended.checks).map((id) => `check ${id} is not in the authorized plan`) : []),
  ];
}

/** More than was authorized to be used, by so many percent, or without a limit any more. */
function largerBudgets(of: string, authorized: Partial<Usage>, amended: Partial<Usage>, percent: number): string[] {
  return (['tokens', 'cost'] as const).flatMap((kind) => {
    const [before, after] = [authorized[kind], amended[kind]];
    if (before === undefined) return [];
    const most = `the budget of ${of}${kind === 'cost' ? 'cost ' : ''}${formatAmount(kind, before)} authorized`;
    if (after === undefined) return [`${kind} without a limit, above ${most}`];
    if (100 * (after - before) <= percent * before) return [];
    return [
      `${formatAmount(kind, addCost(after, -before))} more ${kind === 'cost' ? 'cost ' : ''}than ${most}, which is above ${percent}%`,
    ];
  });
}

function largerAgentBudgets(authorized: PlanFigures, amended: PlanFigures, percent: number): string[] {
  return Object.entries(authorized.agentBudgets ?? {}).flatMap(([id, before]) => {
    if (!Object.hasOwn(amended.agents, id)) return [];
    return largerBudgets(`agent ${id}, `, before, ownValue(amended.agentBudgets ?? {}, id) ?? {}, percent);
  });
}
