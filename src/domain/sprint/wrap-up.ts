import { z } from 'zod';
import { openMove } from './moves.ts';
import { agentProfile, taskRun, type Sprint } from './turn.ts';

const askedSchema = z.object({ taskId: z.string(), attempt: z.number() });

/**
 * Answer of the query `wrapUp`, which a worker asks when an attempt of its is to be stopped: what its agent is told and how long it has (ms), if
 * the work is handed over; null: it is to end now.
 */
export function toWrapUp(sprint: Sprint, raw: unknown): { wrapUp: { reason: string; withinMs: number } | null } {
  const asked = askedSchema.safeParse(raw);
  const task = asked.success ? sprint.index.taskNumber.get(asked.data.taskId) : undefined;
  const policy = sprint.definition.reallocation;
  if (!asked.success || task === undefined || !policy || (sprint.state.phase !== 'running' && sprint.state.phase !== 'paused'))
    return { wrapUp: null };
  const run = taskRun(sprint, task);
  if (run.attempt !== asked.data.attempt || run.withdrawn === undefined) return { wrapUp: null };
  const open = openMove(sprint, run);
  const reason = open?.stage === 'stopping' ? `handover to ${agentProfile(sprint, open.to as number).id}` : run.withdrawn;
  return { wrapUp: { reason, withinMs: policy.wrapUpWithinMs } };
}
