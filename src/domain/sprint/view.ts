import { sprintWorkflowId } from '../ids.ts';
import type { StatusView } from '../views.ts';
import { boundProgress } from './progress-bounds.ts';
import { toProgress } from './progress.ts';
import type { Sprint } from './turn.ts';

const MAX_AGENTS_SHOWN = 200;
/** The answer of a query must stay below 2 MiB. */
const MAX_BYTES = 1024 * 1024;

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
  } = boundProgress(toProgress(sprint, MAX_AGENTS_SHOWN), MAX_BYTES);
  const workflowId = sprintWorkflowId(executionId, spec.id);
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
  };
}
