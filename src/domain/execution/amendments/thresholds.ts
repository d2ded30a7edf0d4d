import { DEFAULT_AMENDMENTS, type AuthorizationPolicy } from '../../config/config.ts';
import { formatDuration } from '../../duration.ts';
import type { ResolvedPlan } from '../../prepared.ts';
import { estimateOf } from '../../sprint/sprint-index.ts';

/** What of an authorized plan its amendments are measured against, so that many small ones add up. */
export interface PlanFigures {
  readonly tasks: number;
  readonly workMs: number;
  /** Digests by id. */
  readonly agents: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, string>>;
}

export function toFigures({ plan, agents, checks }: ResolvedPlan): PlanFigures {
  const tasks = plan.sprints.flatMap((sprint) => sprint.tasks.filter(({ cancelled }) => !cancelled));
  return {
    tasks: tasks.length,
    workMs: tasks.reduce((sum, task) => sum + estimateOf(task), 0),
    agents: Object.fromEntries(agents.map(({ id, digest }) => [id, digest])),
    checks: Object.fromEntries(checks.map(({ id, digest }) => [id, digest])),
  };
}

/** Why the amended plan needs an authorization of its own, in sentences; none: it is within what has been authorized. */
export function voidingReasons(authorized: PlanFigures, amended: PlanFigures, { amendments }: AuthorizationPolicy): string[] {
  const { tasks, estimate, agents, checks } = amendments ?? DEFAULT_AMENDMENTS;
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
    ...(agents === 'ask' ? news(authorized.agents, amended.agents).map((id) => `agent ${id} is not in the authorized plan`) : []),
    ...(checks === 'ask' ? news(authorized.checks, amended.checks).map((id) => `check ${id} is not in the authorized plan`) : []),
  ];
}
