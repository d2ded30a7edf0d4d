import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { ServerLink } from './connection.ts';
import { toExposed } from './exposed.ts';
import { EXECUTION_WORKFLOW } from './start.ts';

/** One line of the list of executions, from the server's visibility store (it may lag by a second). */
export interface ExecutionListing {
  readonly executionId: string;
  readonly project: string | null;
  readonly phase: string | null;
  readonly needsPerson: boolean | null;
  readonly serverStatus: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
}

export interface ListFilter {
  readonly needsPerson?: boolean;
  readonly open?: boolean;
  readonly limit?: number;
}

/** @throws NoServerError; Error when a filter needs a search attribute that the server does not have */
export async function listExecutions(link: ServerLink, filter: ListFilter): Promise<readonly ExecutionListing[]> {
  const limit = filter.limit ?? 100;
  return link.call(null, async () => {
    const found: ExecutionListing[] = [];
    for await (const info of link.client.workflow.list({ query: visibilityQuery(filter), pageSize: Math.min(limit, 200) })) {
      found.push(toListing(info));
      if (found.length >= limit) break;
    }
    return found;
  });
}

/** Pure: the filter in the server's list syntax. */
export function visibilityQuery(filter: ListFilter): string {
  const terms = [`WorkflowType = '${EXECUTION_WORKFLOW}'`];
  if (filter.needsPerson === true) terms.push('PactNeedsPerson = true');
  if (filter.open === true || filter.needsPerson === true) terms.push("ExecutionStatus = 'Running'");
  return terms.join(' AND ');
}

function toListing(info: WorkflowExecutionInfo): ExecutionListing {
  const { project, phase, needsPerson } = toExposed(info);
  return {
    executionId: info.workflowId,
    project,
    phase,
    needsPerson,
    serverStatus: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
  };
}
