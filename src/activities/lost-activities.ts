import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/activity';
import type { Leftovers } from '../adapters/agents/command-agent-runner.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import { toAttemptFailure } from './attempt-failure.ts';

/** Notes every activity of a worker on disk while it is under way: by its task token a successor can end it in the worker's stead. */
export function noteActivities(note: (what: JsonObject) => () => void): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute: async (input, next) => {
        const { base64TaskToken: taskToken, activityId, workflowExecution } = info;
        const forget = note({ taskToken, activityId, workflowId: workflowExecution?.workflowId ?? null });
        try {
          return await next(input);
        } finally {
          forget();
        }
      },
    },
  });
}

type Log = { warn(attributes: Record<string, unknown>, message: string): void };

/**
 * Hands back the activities that a dead predecessor had under way, so that they are done again now and not when their heartbeat
 * timeouts are up: attempts by a decision of their sprint, others by Temporal's retry. Answers with the ids of those that still
 * counted. What cannot be handed back is left to the timeouts.
 */
export async function handBackLostActivities(
  client: Client,
  leftovers: readonly Leftovers[],
  log: Log,
): Promise<readonly string[]> {
  const lost = leftovers.flatMap(({ notes }) => notes.flatMap((note) => (isLostActivity(note) ? note : [])));
  await Promise.all([...new Set(lost.map(({ workflowId }) => workflowId))].map((id) => releaseFromDeadWorker(client, id)));
  const handedBack = await Promise.all(lost.map((activity) => handBack(client, activity, log)));
  for (const { forget } of leftovers) forget();
  return handedBack.flat();
}

type LostActivity = Record<'taskToken' | 'activityId' | 'workflowId', string>;

const isLostActivity = (note: JsonObject): note is LostActivity =>
  [note['taskToken'], note['activityId'], note['workflowId']].every((field) => typeof field === 'string');

/**
 * The server would offer the workflow's next task to the worker that had it in its cache, which is dead, and wait for the sticky
 * timeout. On failure it does just that.
 */
async function releaseFromDeadWorker(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.resetStickyTaskQueue({ namespace, execution: { workflowId } }).catch(() => undefined);
}

async function handBack(client: Client, { taskToken, activityId, workflowId }: LostActivity, log: Log): Promise<string[]> {
  const message = 'The worker died while this was under way; another one on its host has ended what was left of it.';
  const failure = ApplicationFailure.create({
    message,
    type: 'AgentError',
    details: [toAttemptFailure({ cause: 'lost', message })],
    nextRetryDelay: 1,
  });
  try {
    await client.activity.fail(Buffer.from(taskToken, 'base64'), failure);
    return [`${activityId} of ${workflowId}`];
  } catch (error) {
    // Not found: it has timed out already, or its workflow is over.
    if (!(error instanceof ActivityNotFoundError))
      log.warn({ workflowId, activityId, error: String(error) }, 'a lost activity could not be handed back');
    return [];
  }
}
