import { defaultExecutionId } from '../domain/ids.ts';
import { jsonBytes } from '../domain/json-size.ts';
import type { ServerLink } from './connection.ts';
import { ExecutionExistsError, RefusedError } from './errors.ts';

export const EXECUTION_WORKFLOW = 'execution';
export const DEFAULT_TASK_QUEUE = 'pact';
/** Two plans of one name started within a second get `-2`, `-3` … */
const MAX_SAME_SECOND = 20;

export interface StartRequest {
  /** The plan as written, plain JSON; the engine checks it. */
  readonly plan: unknown;
  /** Where the workers find the plan, which then does not travel itself: for one too large for the input of a workflow. */
  readonly planRef?: { readonly uri: string; readonly sha256: string } | undefined;
  /** Default `pact-<slug>-<time>`. */
  readonly executionId?: string | undefined;
  /** Default `pact`. */
  readonly taskQueue?: string | undefined;
}

/** The server refuses payloads above 2 MiB; the rest is for what surrounds the plan. */
const MAX_PLAN_BYTES = 2 * 1024 * 1024 - 16 * 1024;

/**
 * Starts the workflow `execution`.
 * @throws ExecutionExistsError when the id was ever used in the namespace's retention time, RefusedError (TooLarge) for a plan
 * above 2 MiB
 */
export async function startExecution(link: ServerLink, request: StartRequest): Promise<{ executionId: string; runId: string }> {
  const input = toInput(request);
  const project = projectNameOf(request.plan);
  const base = request.executionId ?? defaultExecutionId(project ?? 'plan', new Date());
  for (let n = 1; ; n += 1) {
    const executionId = n === 1 ? base : `${base}-${n}`;
    try {
      const handle = await link.call(executionId, () =>
        link.client.workflow.start(EXECUTION_WORKFLOW, {
          workflowId: executionId,
          taskQueue: request.taskQueue ?? DEFAULT_TASK_QUEUE,
          args: [input],
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

function toInput({ plan, planRef }: StartRequest): object {
  if (planRef !== undefined) return { planRef };
  const bytes = jsonBytes(plan);
  if (bytes <= MAX_PLAN_BYTES) return { plan };
  throw new RefusedError(
    'TooLarge',
    `the plan takes ${bytes} bytes as JSON; expected at most ${MAX_PLAN_BYTES}. Put it below the folder of the worker's config ` +
      'and start with planRef: {"uri": "file:NAME", "sha256": "what sha256sum prints"}; pact start and run do so by themselves',
  );
}

/** Name of the project in a plan as written; null when the plan has none (the engine will refuse it). */
export function projectNameOf(plan: unknown): string | null {
  if (typeof plan !== 'object' || plan === null || !('project' in plan)) return null;
  const project = plan.project;
  if (typeof project !== 'object' || project === null || !('name' in project)) return null;
  return typeof project.name === 'string' ? project.name : null;
}
