// What the no-op benchmark compares with: the product's workflows, and beside them the shortest Temporal workflow that runs the
// same activity with the same options as often, with as many at a time.
import { performAttempt } from '../dist/workflows/attempt-activity.js';

export * from '../dist/workflows/index.js';

/** `template`: the input of one attempt as the product made it; every attempt gets one of that size. */
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
