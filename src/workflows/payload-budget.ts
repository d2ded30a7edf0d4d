import { condition, workflowInfo } from '@temporalio/workflow';

/**
 * All commands of one workflow task go to the server in one message. Above 4 MiB it is refused and the task is done again for
 * ever, so what may be large takes its share of this.
 */
const MAX_TASK_BYTES = 1024 * 1024;
/** A busy workflow has its next task sooner than this. */
const NEXT_TASK_WITHIN_MS = 100;

interface TaskBudget {
  /** Of the workflow task that it counts for. */
  historyLength: number;
  used: number;
  line: Promise<void> | null;
}

/** All workflows of a worker share these modules; what stands in the global object belongs to each of them alone. */
const global = globalThis as { pactTaskBudget?: TaskBudget };
const ownBudget = (): TaskBudget => (global.pactTaskBudget ??= { historyLength: -1, used: 0, line: null });

/** Sends now if the workflow task has room for so many bytes, else in a later one; in the order of the calls. */
export function whenRoom<R>(bytes: number, send: () => Promise<R>): Promise<R> {
  const budget = ownBudget();
  if (budget.line === null && take(budget, bytes)) return send();
  const turn = waitForRoom(budget, budget.line, bytes);
  budget.line = turn;
  const leave = (): void => {
    if (budget.line === turn) budget.line = null;
  };
  turn.then(leave, leave);
  return turn.then(send);
}

async function waitForRoom(budget: TaskBudget, before: Promise<void> | null, bytes: number): Promise<void> {
  // One that was cancelled while it waited holds up nobody.
  await before?.catch(() => undefined);
  while (!take(budget, bytes)) await condition(() => workflowInfo().historyLength !== budget.historyLength, NEXT_TASK_WITHIN_MS);
}

/** The length of the history tells workflow tasks apart, the same when they are replayed. */
function take(budget: TaskBudget, bytes: number): boolean {
  const { historyLength } = workflowInfo();
  if (historyLength !== budget.historyLength) {
    budget.historyLength = historyLength;
    budget.used = 0;
  }
  if (budget.used > 0 && budget.used + bytes > MAX_TASK_BYTES) return false;
  budget.used += bytes;
  return true;
}
