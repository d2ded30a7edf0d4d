import { setImmediate as rest } from 'node:timers/promises';
import { planOrder } from '../domain/simulation/plan-order.ts';
import type { SprintSnapshot } from '../domain/simulation/snapshot.ts';
import type { FoundOrder } from '../domain/sprint/events.ts';
import { whileBeating } from './heartbeat.ts';

/**
 * The activity `planOrder`: searches for the best order of what is left of a sprint, some milliseconds at a time, so that the heartbeats of
 * this worker's agents go on in between. Stops when nobody waits for the answer any more.
 */
export const planOrderInSteps = (snapshot: SprintSnapshot): Promise<FoundOrder> =>
  whileBeating(async (signal) => {
    const steps = planOrder(snapshot);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      signal.throwIfAborted();
      await rest();
    }
  });
