import { toUsage } from '../budget.ts';
import { jsonBytes, takeLastWithin, takeWithin } from '../json-size.ts';
import { toTaskBudgets } from '../sprint/budget-views.ts';
import { boundProgress } from '../sprint/progress-bounds.ts';
import { toProgress } from '../sprint/progress.ts';
import { toReassigned } from '../sprint/reassignment.ts';
import { taskRun, type Sprint } from '../sprint/turn.ts';
import type { DecisionView } from '../views.ts';
import type { ProgressReport } from './events.ts';
import type { SprintOutcome, TaskNews } from './state.ts';

const KIB = 1024;
/** Parts of a report: together below 256 KiB, the most that a signal should carry. */
const MAX_PROGRESS = 128 * KIB;
const MAX_DECISIONS = 32 * KIB;
const MAX_CHANGED = 80 * KIB;
/** More than that many never fit. */
const MAX_TASKS_LOOKED_AT = 1_000;
/** A task that delivered so much is told with the outcome, which has room for it. */
const MAX_TASK = 16 * KIB;
const MAX_AGENTS = 200;
const MAX_DECISIONS_TOLD = 50;

/**
 * What a sprint tells its execution: how it stands, the changed tasks that fit, the newest decisions.
 * @param changed Numbers of tasks that have changed since they were last told, oldest change first.
 * @param decisions How many decisions have been made since the last report.
 * @returns `told`: the numbers of the tasks that are in it.
 */
export function createProgressReport(
  sprint: Sprint,
  changed: readonly number[],
  decisions: number,
): { report: ProgressReport; told: readonly number[] } {
  const small = changed.slice(0, MAX_TASKS_LOOKED_AT).flatMap((number) => {
    const task = toTaskNews(sprint, number);
    return jsonBytes(task) <= MAX_TASK ? [{ number, task }] : [];
  });
  const told = takeWithin(small, MAX_CHANGED);
  const fresh = sprint.state.decisions.slice(-Math.min(decisions, MAX_DECISIONS_TOLD)).filter(isForParent);
  return {
    report: {
      progress: boundProgress(toProgress(sprint, MAX_AGENTS), MAX_PROGRESS),
      changed: told.map(({ task }) => task),
      decisions: decisions === 0 ? [] : takeLastWithin(fresh, MAX_DECISIONS),
    },
    told: told.map(({ number }) => number),
  };
}

/** The execution says these two itself. */
const isForParent = ({ event }: DecisionView): boolean => event !== 'sprintStarted' && event !== 'sprintEnded';

/** What a sprint answers when it ends. */
export function createOutcome(sprint: Sprint): SprintOutcome {
  const reassigned = toReassigned(sprint);
  return {
    sprintId: sprint.definition.sprint.id,
    progress: boundProgress(toProgress(sprint, MAX_AGENTS), MAX_PROGRESS),
    tasks: sprint.index.tasks.map((_task, number) => toTaskNews(sprint, number)),
    ...(reassigned ? { reassigned } : {}),
  };
}

function toTaskNews(sprint: Sprint, number: number): TaskNews {
  const { state, priority, agent, attempt, startedAt, endedAt, reason, deliverables, usage } = taskRun(sprint, number);
  const budgets = toTaskBudgets(sprint, number);
  const agent_id = agent === null ? null : (sprint.index.agents[agent]?.id as string);
  return {
    id: sprint.index.tasks[number]?.id as string,
    state,
    priority,
    agent_id,
    attempts: attempt,
    startedAt,
    endedAt,
    reason,
    deliverables,
    ...(usage === undefined ? {} : { usage: toUsage(usage) }),
    ...(budgets.length === 0 ? {} : { budgets }),
  };
}
