/** Ids of plans, sprints, tasks, agents and everything else that a plan or a config names. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const ID_RULE = 'an id: 1 to 128 letters, digits, ".", "_" or "-", beginning with a letter or digit';

export const isId = (text: string): boolean => ID_PATTERN.test(text);

const SLUG_LENGTH = 40;

/** Lower-case letters, digits and hyphens of a project's name, for example "Parser 2.0" → "parser-2-0". Never empty. */
export function toSlug(name: string): string {
  const withoutAccents = name.normalize('NFKD').replace(/\p{M}/gu, '');
  const slug = withoutAccents
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH);
  return slug.replace(/^-+|-+$/g, '') || 'plan';
}

/** `pact-<slug>-<time>` with the time in UTC to the second: `pact-parser-2-0-20261201-101530`. */
export function defaultExecutionId(projectName: string, now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  return `pact-${toSlug(projectName)}-${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
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
