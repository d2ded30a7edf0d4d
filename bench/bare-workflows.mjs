// What benchmarks compare with: the product's workflows, and beside them the shortest Temporal workflows that do the same.
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import { performAttempt } from '../dist/workflows/attempt-activity.js';

export * from '../dist/workflows/index.js';

/**
 * Runs the activity of an attempt with the same options as often, with as many at a time. `template`: the input of one attempt as the product made
 * it; every attempt gets one of that size.
 */
export async function bare({ template, count, width, queue, summary, heartbeatTimeoutMs }) {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const id = `task-${String(next++).padStart(4, '0')}`;
      await performAttempt(
        { type: 'perform', input: { ...template, task: { ...template.task, id } }, queue, budgetMs: null, summary },
        heartbeatTimeoutMs,
      );
    }
  };
  await Promise.all(Array.from({ length: width }, work));
}

const orderUpdate = defineUpdate('order');
const orderSignal = defineSignal('order');
const phaseQuery = defineQuery('phase');

/** An order by update is passed on to a child by signal, and nothing else happens. */
export async function bareOwner({ childId }) {
  setHandler(orderUpdate, (order) => {
    void getExternalWorkflowHandle(childId).signal(orderSignal, order);
  });
  await startChild('bareChild', { workflowId: childId });
  await condition(() => false);
}

export async function bareChild() {
  let phase = 'running';
  setHandler(orderSignal, (order) => {
    phase = order.phase;
  });
  setHandler(phaseQuery, () => phase);
  await condition(() => phase === 'ended');
}
