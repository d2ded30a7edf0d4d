/** Ids of plans, sprints, tasks, agents and everything else that a plan or a config names. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const ID_RULE = 'an id: 1 to 128 letters, digits, ".", "_" or "-", beginning with a letter or digit';

export const isId = (text: string): boolean => ID_PATTERN.test(text);

/**
 * `pact-<slug of the project>-<time>`, the id of an execution that was started without one.
 * @param startedAt Unix ms; shown as `20261201T093000Z`.
 */
export function defaultExecutionId(projectName: string, startedAt: number): string {
  const slug = projectName
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  const time = new Date(startedAt).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `pact-${slug === '' ? 'plan' : slug}-${time}`;
}

/** Workflow id of a sprint within its execution. */
export const sprintWorkflowId = (executionId: string, sprintId: string): string => `${executionId}/sprint/${sprintId}`;

/** Workflow id of a child that `owner` starts: reallocation, escalation, rollback, lane; `n` counts per owner and kind from 1. */
export const childWorkflowId = (ownerId: string, kind: string, n: number): string => `${ownerId}/${kind}/${n}`;

/** Activity id of an attempt, the same in lanes. */
export const attemptActivityId = (taskId: string, attempt: number): string => `${taskId}#${attempt}`;

/** What an attempt's processes carry in `PACT_ATTEMPT`, and its idempotency key. */
export const attemptMarker = (executionId: string, taskId: string, attempt: number): string =>
  `${executionId}/${taskId}/${attempt}`;
