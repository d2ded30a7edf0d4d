import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { isPaged, keepPages, pack, retrieve, type Packable } from '../domain/packed.ts';

const { keepPage } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '10 seconds',
  // What a workflow knows must not be lost over a disk that is full for a while.
  retry: { maximumInterval: '10 seconds' },
  summary: 'keep a page of something large',
});
const { loadPage } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds', maximumAttempts: 10 },
  summary: 'load a page of something large',
});

/**
 * A value made ready to travel in a payload: small as it is, larger compressed, larger still kept by activities in the artifact
 * store. A promise only then, so that what is small is on its way at once.
 */
export function stow<T extends object>(value: T): Packable<T> | Promise<Packable<T>> {
  const packed = pack(value);
  return isPaged(packed) ? keepPages(packed, keepPage) : packed;
}

/** The value that has travelled. Throws an ActivityFailure when a page cannot be had. */
export const unstow = <T extends object>(packed: Packable<T>): Promise<T> => retrieve(packed, loadPage);
