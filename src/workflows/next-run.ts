import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { isPaged, pack, type Zipped } from '../domain/packed.ts';

/** An input above 2 MiB would end the workflow; what the first run was given may go along with it, in 256 KiB. */
const MAX_DATA = 1.5 * 1024 * 1024;

/**
 * The input of the next run within one payload, compressed where it is large: kept by activities it would be of a moment before. null
 * when it would be too large even so.
 */
export function toNextInput<T extends object>(input: T): T | Zipped | null {
  const { content } = pack(input);
  if (!isPaged(content)) return content;
  const { size, pages } = content;
  // Pages are cut where base64 needs no padding.
  const data = pages.join('');
  return data.length <= MAX_DATA ? { packed: 'gzip', size, data } : null;
}

/** Ends this run and begins the next with the input; it stays visible as what it was. Not to be caught: it works by throwing. */
export function continueRun(input: object): Promise<never> {
  const { memo, typedSearchAttributes } = workflowInfo();
  return makeContinueAsNewFunc<(input: object) => Promise<unknown>>({ ...(memo ? { memo } : {}), typedSearchAttributes })(input);
}

/**
 * Whether this run was begun by the one before it. Whoever starts a workflow chooses its input, so what only an authorized run may hand on
 * is taken from a run of the same chain alone; a schedule or a retry begins new runs too, but with the input that somebody chose.
 */
export function isContinuation(): boolean {
  const { continuedFromExecutionRunId, cronSchedule, attempt } = workflowInfo();
  return continuedFromExecutionRunId !== undefined && !cronSchedule && attempt === 1;
}
