import { sumUsage } from '../budget.ts';
import { sprintWorkflowId } from '../ids.ts';
import type { InboxItem, StatusView } from '../views.ts';
import { toBudgetViews } from './budget-views.ts';
import { boundInbox, boundProgress } from './progress-bounds.ts';
import { takeWithin } from '../json-size.ts';
import { listInbox, toProgress } from './progress.ts';
import type { Sprint } from './turn.ts';

const MAX_AGENTS_SHOWN = 200;
/** The answer of a query must stay below 2 MiB. */
const MAX_BYTES = 1024 * 1024;
const MAX_BUDGETS_BYTES = 64 * 1024;

/** Answer of a sprint's own query `inbox`: as in its status. */
export const toSprintInboxView = (sprint: Sprint): InboxItem[] => boundInbox(listInbox(sprint), MAX_BYTES);

/** Answer of a sprint's own query `status`: as of an execution, with one sprint in it. */
export function toSprintStatusView(sprint: Sprint): StatusView {
  const { executionId, sprint: spec } = sprint.definition;
  const {
    sprintId: id,
    phase,
    reason,
    progressPercentage,
    forecastCompletion,
    tasks,
    agents,
    alerts,
    inbox,
    coordination,
    usage,
  } = boundProgress(toProgress(sprint, MAX_AGENTS_SHOWN), MAX_BYTES);
  const workflowId = sprintWorkflowId(executionId, spec.id);
  const budgets = takeWithin(toBudgetViews(sprint, 'all'), MAX_BUDGETS_BYTES);
  return {
    executionId,
    project: null,
    phase,
    reason,
    planHash: null,
    progressPercentage,
    forecastCompletion,
    sprints: [{ id, workflowId, phase, progressPercentage, forecastCompletion, tasks }],
    tasks,
    agents,
    alerts,
    inbox,
    coordination,
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(usage ? { usage: sumUsage(usage) } : {}),
  };
}
