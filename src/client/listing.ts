import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { ServerLink } from './connection.ts';
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
  const project = info.searchAttributes['PactProject']?.[0] ?? info.memo?.['project'];
  const phase = info.searchAttributes['PactPhase']?.[0];
  const needsPerson = info.searchAttributes['PactNeedsPerson']?.[0];
  return {
    executionId: info.workflowId,
    project: typeof project === 'string' ? project : null,
    phase: typeof phase === 'string' ? phase : null,
    needsPerson: typeof needsPerson === 'boolean' ? needsPerson : null,
    serverStatus: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
  };
}
