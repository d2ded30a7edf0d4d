import { defaultExecutionId } from '../domain/ids.ts';
import type { ServerLink } from './connection.ts';
import { ExecutionExistsError } from './errors.ts';

export const EXECUTION_WORKFLOW = 'execution';
export const DEFAULT_TASK_QUEUE = 'pact';
/** Two plans of one name started within a second get `-2`, `-3` … */
const MAX_SAME_SECOND = 20;

export interface StartRequest {
  /** The plan as written, plain JSON; the engine checks it. */
  readonly plan: unknown;
  /** Default `pact-<slug>-<time>`. */
  readonly executionId?: string | undefined;
  /** Default `pact`. */
  readonly taskQueue?: string | undefined;
}

/** Starts the workflow `execution`. @throws ExecutionExistsError when the id was ever used in the namespace's retention time */
export async function startExecution(link: ServerLink, request: StartRequest): Promise<{ executionId: string; runId: string }> {
  const project = projectNameOf(request.plan);
  const base = request.executionId ?? defaultExecutionId(project ?? 'plan', new Date());
  for (let n = 1; ; n += 1) {
    const executionId = n === 1 ? base : `${base}-${n}`;
    try {
      const handle = await link.call(executionId, () =>
        link.client.workflow.start(EXECUTION_WORKFLOW, {
          workflowId: executionId,
          taskQueue: request.taskQueue ?? DEFAULT_TASK_QUEUE,
          args: [{ plan: request.plan }],
          // Artifacts lie under the execution's id: an id means one execution for good.
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: (project ?? 'plan').slice(0, 200),
          memo: project === null ? {} : { project },
        }),
      );
      return { executionId, runId: handle.firstExecutionRunId };
    } catch (error) {
      const isTaken = error instanceof ExecutionExistsError;
      if (!isTaken || request.executionId !== undefined || n >= MAX_SAME_SECOND) throw error;
    }
  }
}

/** Name of the project in a plan as written; null when the plan has none (the engine will refuse it). */
export function projectNameOf(plan: unknown): string | null {
  if (typeof plan !== 'object' || plan === null || !('project' in plan)) return null;
  const project = plan.project;
  if (typeof project !== 'object' || project === null || !('name' in project)) return null;
  return typeof project.name === 'string' ? project.name : null;
}
