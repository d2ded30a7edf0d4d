import { ActivityNotFoundError, type AsyncCompletionClient } from '@temporalio/client';
import type { Leftover } from '../adapters/agents/command-agent-runner.ts';
import { toApplicationFailure, toAttemptFailure } from './attempt-failure.ts';

/**
 * Hands back the attempts that a dead predecessor had at work, so that their sprints do them again now and not when the heartbeat
 * timeout is up. Answers with the markers of those that still counted. What cannot be handed back is left to the timeout.
 */
export async function handBackLostAttempts(
  client: Pick<AsyncCompletionClient, 'fail'>,
  leftovers: readonly Leftover[],
  log: { warn(attributes: Record<string, unknown>, message: string): void },
): Promise<readonly string[]> {
  const handBack = async ({ marker, recovery }: Leftover): Promise<string[]> => {
    const token = recovery?.['taskToken'];
    if (typeof token !== 'string') return [];
    const message = 'The worker died while the agent was at work; another one on its host has ended the agent.';
    try {
      await client.fail(Buffer.from(token, 'base64'), toApplicationFailure(toAttemptFailure({ cause: 'lost', message })));
      return [marker];
    } catch (error) {
      // Not found: it has timed out already, or its sprint is over.
      if (!(error instanceof ActivityNotFoundError))
        log.warn({ marker, error: String(error) }, 'a lost attempt could not be handed back');
      return [];
    }
  };
  return (await Promise.all(leftovers.map(handBack))).flat();
}
