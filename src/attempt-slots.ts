import type { TunerHolder } from '@temporalio/worker';
import type { SlotPolicy } from './domain/config/config.ts';

/**
 * Workflow tasks and queries that a worker has under way at a time. Many: a worker that has no slot left does not poll, and a query that is
 * not taken within a second is answered from the whole history, see the limits in the README.
 */
export const WORKFLOW_TASKS = 200;
const OTHERS = { type: 'fixed-size', numSlots: 100 } as const;

/**
 * How many attempts a worker takes at a time: so many, or beyond `minimum` one after the other only while the machine has room (the SDK's
 * resource-based slot supplier: a PID controller on the machine's memory and processor). What it does not take waits in the task queue.
 */
export function attemptSlots({ minimum, maximum, memory, cpu }: SlotPolicy): TunerHolder {
  const activityTaskSlotSupplier =
    memory === null && cpu === null
      ? ({ type: 'fixed-size', numSlots: maximum } as const)
      : ({
          type: 'resource-based',
          minimumSlots: minimum,
          maximumSlots: maximum,
          tunerOptions: { targetMemoryUsage: memory ?? 1, targetCpuUsage: cpu ?? 1 },
        } as const);
  return {
    activityTaskSlotSupplier,
    workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: WORKFLOW_TASKS },
    localActivityTaskSlotSupplier: OTHERS,
    nexusTaskSlotSupplier: OTHERS,
  };
}
