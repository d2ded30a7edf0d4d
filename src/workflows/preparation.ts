import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { AgentActivities, WorkflowActivities } from '../activities/index.ts';
import type { PrepareInput } from '../activities/prepare.ts';
import { messageOf } from '../domain/error-message.ts';
import type { Additions } from '../domain/execution/amendments/additions.ts';
import type { Prepared, ReadinessItem } from '../domain/prepared.ts';
import { causeOf } from './activity-cause.ts';
import { unstow, whenPacked } from './packing.ts';

const { prepare } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 5 },
  summary: 'check the plan, test readiness, fix the hash',
});
const { testAdditions } = proxyActivities<WorkflowActivities>({
  scheduleToCloseTimeout: '3 minutes',
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
  summary: 'test what an amendment brings in',
});

/** `prepare` tests what its own worker serves; agents of other queues are tested where they run. */
export async function prepareAll(input: PrepareInput): Promise<Prepared> {
  const prepared = await unstow(await whenPacked(input, prepare));
  const items = await testElsewhere(prepared.elsewhere);
  return { ...prepared, readiness: [...prepared.readiness, ...items] };
}

/** What an amendment brings in, wherever it runs. Never rejects: what could not be tested is not ready. */
export async function testAllAdditions(additions: Additions): Promise<readonly ReadinessItem[]> {
  try {
    const { readiness, elsewhere } = await testAdditions(additions);
    return [...readiness, ...(await testElsewhere(elsewhere))];
  } catch (error) {
    return [{ name: 'readiness test', ok: false, detail: `it could not be carried out: ${messageOf(causeOf(error))}` }];
  }
}

/** Agents by the queue of the workers that serve them. */
async function testElsewhere(queues: Prepared['elsewhere']): Promise<readonly ReadinessItem[]> {
  const items = Object.entries(queues).map(async ([taskQueue, agentIds]) => {
    const { probeAgents } = proxyActivities<AgentActivities>({
      taskQueue,
      scheduleToStartTimeout: '30 seconds',
      startToCloseTimeout: '2 minutes',
      heartbeatTimeout: '10 seconds',
      retry: { maximumAttempts: 2 },
      summary: `test the agents of queue ${taskQueue}`,
    });
    try {
      return await probeAgents({ agentIds });
    } catch {
      return [
        {
          name: `queue ${taskQueue}`,
          ok: false,
          detail: `no worker of this queue answered for ${agentIds.join(', ')}; start one`,
        },
      ];
    }
  });
  return (await Promise.all(items)).flat();
}

/** Why an execution ends before it could ask for authorization. */
export function toPreparationFailure(error: unknown): unknown {
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure && cause.type === 'InvalidPlan') {
    return ApplicationFailure.create({
      message: cause.message,
      type: 'InvalidPlan',
      nonRetryable: true,
      details: cause.details ?? [],
    });
  }
  const message = messageOf(cause);
  const type = cause instanceof ApplicationFailure && cause.type === 'TooLarge' ? 'TooLarge' : 'PlanFailed';
  return ApplicationFailure.create({ message: `the plan could not be prepared: ${message}`, type, nonRetryable: true });
}
