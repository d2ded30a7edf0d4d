import { ActivityNotFoundError, type Client } from '@temporalio/client';
import type { Leftover } from '../adapters/agents/command-agent-runner.ts';
import { toApplicationFailure, toAttemptFailure } from './attempt-failure.ts';

type Log = { warn(attributes: Record<string, unknown>, message: string): void };

/**
 * Hands back the attempts that a dead predecessor had at work, so that their sprints do them again now and not when the heartbeat
 * timeout is up. Answers with the markers of those that still counted. What cannot be handed back is left to the timeouts.
 */
export async function handBackLostAttempts(client: Client, leftovers: readonly Leftover[], log: Log): Promise<readonly string[]> {
  const owners = new Set(leftovers.flatMap(({ recovery }) => [recovery?.['ownerId'], recovery?.['executionId']]));
  await Promise.all([...owners].map((owner) => (typeof owner === 'string' ? releaseFromDeadWorker(client, owner) : undefined)));
  return (await Promise.all(leftovers.map((leftover) => handBack(client, leftover, log)))).flat();
}

/**
 * The server would offer the workflow's next task to the worker that had it in its cache, which is dead, and wait for the sticky
 * timeout. On failure it does just that.
 */
async function releaseFromDeadWorker(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.resetStickyTaskQueue({ namespace, execution: { workflowId } }).catch(() => undefined);
}

async function handBack(client: Client, { marker, recovery }: Leftover, log: Log): Promise<string[]> {
  const token = recovery?.['taskToken'];
  if (typeof token !== 'string') return [];
  const message = 'The worker died while the agent was at work; another one on its host has ended the agent.';
  try {
    const failure = toApplicationFailure(toAttemptFailure({ cause: 'lost', message }));
    await client.activity.fail(Buffer.from(token, 'base64'), failure);
    return [marker];
  } catch (error) {
    // Not found: it has timed out already, or its sprint is over.
    if (!(error instanceof ActivityNotFoundError))
      log.warn({ marker, error: String(error) }, 'a lost attempt could not be handed back');
    return [];
  }
}
