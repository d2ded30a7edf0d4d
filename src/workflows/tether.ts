import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import { CHECK_OWNER, toSignal } from './messages.ts';

/** Input of a tether: the workflow id of the one who is to look after its owner. */
export interface TetherInput {
  readonly targetId: string;
}

/**
 * What outlives the runs of its owner is not told by the server when the owner is gone. So the owner keeps a tether to it: a child that is
 * cancelled when the owner's run ends, however it ends, and then asks it to look whether there is a next run.
 */
export async function runTether({ targetId }: TetherInput): Promise<void> {
  await CancellationScope.current().cancelRequested.catch(() => undefined);
  await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(targetId).signal(toSignal(CHECK_OWNER), null)).catch(
    () => undefined,
  ); // it has ended
}

type TetherWorkflow = (input: TetherInput) => Promise<void>;

/** Ties the target to this run of its owner: until the run has ended, also when it is asked to by a cancel. */
export function tie(targetId: string): void {
  const options: ChildWorkflowOptions = {
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `tells ${targetId} when this run ends`.slice(0, 200),
  };
  const input: TetherInput = { targetId };
  CancellationScope.nonCancellable(() => startChild<TetherWorkflow>('tether', { ...options, args: [input] }))
    .then((child) => child.result())
    .catch(() => undefined);
}
