import { CancellationScope } from '@temporalio/workflow';

/**
 * Does at once what must not end with a cancel of the workflow. A handler runs in the workflow's outermost scope: activities, children and
 * signals that it begins would be cancelled with it, and promises of them that nobody has asked about wedge the workflow. `work` must not
 * throw.
 */
export function shielded<T>(work: () => T): T {
  const done: T[] = [];
  void CancellationScope.nonCancellable(() => Promise.resolve(void done.push(work())));
  return done[0] as T;
}
