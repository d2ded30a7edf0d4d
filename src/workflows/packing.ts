import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { isPaged, keepPages, pack, retrieve, type Packable, type PageStore } from '../domain/packed.ts';
import { whenRoom } from './payload-budget.ts';

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

const keep: PageStore['keep'] = (page) => whenRoom(page.data.length, () => keepPage(page));

/**
 * Sends a value packed: small as it is, larger compressed, larger still by reference when activities have kept it in the
 * artifact store. What is small goes at once, if the workflow task has room for it.
 */
export function whenPacked<T extends object, R>(value: T, send: (packed: Packable<T>) => Promise<R>): Promise<R> {
  const { content, bytes } = pack(value);
  return isPaged(content) ? keepPages(content, keep).then(send) : whenRoom(bytes, () => send(content));
}

/** A value ready to travel, as the result of a workflow or in a continue-as-new. */
export const stow = <T extends object>(value: T): Promise<Packable<T>> => whenPacked(value, (packed) => Promise.resolve(packed));

/** The value that has travelled. Throws an ActivityFailure when a page cannot be had. */
export const unstow = <T extends object>(packed: Packable<T>): Promise<T> => retrieve(packed, loadPage);
