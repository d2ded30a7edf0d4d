import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { AgentActivities } from '../activities/index.ts';
import type { AgentAnswer, AgentQuestion } from '../domain/agent-question.ts';
import type { AgentProfile } from '../domain/roster.ts';

/** Time for the worker beyond the agent's own. */
const GRACE_MS = 30_000;

/**
 * Asks a command agent that declares that it answers such questions; null: it gave no answer that counts, in time. Never rejects: an agent
 * that cannot be asked has not answered.
 */
export async function askAgent(question: AgentQuestion, { id, queue, digest }: AgentProfile): Promise<AgentAnswer | null> {
  const { askAgent: ask } = proxyActivities<AgentActivities>({
    taskQueue: queue,
    startToCloseTimeout: question.withinMs + GRACE_MS,
    scheduleToCloseTimeout: question.withinMs + GRACE_MS,
    heartbeatTimeout: '10 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 2 },
    summary: `${id}: ${question.title}`.slice(0, 200),
  });
  try {
    return await ask({ agent: id, digest, question });
  } catch {
    return null;
  }
}
