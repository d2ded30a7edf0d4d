import {
  ActivityFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { toChildDefinition } from '../domain/execution/sprints.ts';
import type { EarlierMessage, ExecutionEvent } from '../domain/execution/events.ts';
import type { ExecutionState, SprintOutcome } from '../domain/execution/state.ts';
import { sprintWorkflowId } from '../domain/ids.ts';
import type { Packable } from '../domain/packed.ts';
import type { Prepared } from '../domain/prepared.ts';
import { toSignal } from './messages.ts';
import { unstow, whenPacked } from './packing.ts';
import type { SprintInput } from './sprint.ts';

type SprintWorkflow = (input: Packable<SprintInput>) => Promise<Packable<SprintOutcome>>;
type SprintHandle = ChildWorkflowHandle<SprintWorkflow>;

export interface SprintChildren {
  start(sprintId: string, earlier: readonly EarlierMessage[]): void;
  forward(name: string, payload: unknown, sprintIds: readonly string[]): void;
  cancel(): void;
}

/** The sprints of an execution as child workflows; how each ends goes to `happened` as an event. */
export function createSprintChildren(state: ExecutionState, happened: (event: ExecutionEvent) => void): SprintChildren {
  const handles = new Map<string, Promise<SprintHandle>>();
  const scope = new CancellationScope({ cancellable: true });

  const run = async (sprintId: string, earlier: readonly EarlierMessage[]): Promise<void> => {
    const starting = scope.run(() => startSprint(state, sprintId, earlier));
    handles.set(sprintId, starting);
    try {
      const outcome = await unstow(await (await starting).result());
      happened({ type: 'sprintEnded', at: Date.now(), outcome });
    } catch (error) {
      happened({ type: 'sprintLost', at: Date.now(), sprintId, reason: describeLoss(error) });
    }
  };
  const send = async (name: string, payload: unknown, sprintId: string): Promise<void> => {
    // A sprint that has just ended cannot be told any more; its outcome is on its way.
    await handles
      .get(sprintId)
      ?.then((handle) => handle.signal(toSignal(name), payload))
      .catch(() => undefined);
  };
  return {
    start: (sprintId, earlier) => void run(sprintId, earlier),
    forward: (name, payload, sprintIds) => sprintIds.forEach((sprintId) => void send(name, payload, sprintId)),
    cancel: () => scope.cancel(),
  };
}

function startSprint(state: ExecutionState, sprintId: string, earlier: readonly EarlierMessage[]): Promise<SprintHandle> {
  const { resolved, planHash, searchAttributes } = state.prepared as Prepared;
  const workflowId = sprintWorkflowId(state.executionId, sprintId);
  const input: SprintInput = {
    definition: toChildDefinition(state, sprintId, workflowId),
    project: resolved.plan.project.name,
    planHash,
    heartbeatTimeoutMs: resolved.policies.heartbeatTimeoutMs,
    notify: resolved.policies.notify,
    searchAttributes,
    earlier,
  };
  return whenPacked(input, (packed) =>
    startChild<SprintWorkflow>('sprint', {
      workflowId,
      args: [packed],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      // A sprint whose execution is gone stops its agents and writes down how far it came.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `sprint ${sprintId} of ${resolved.plan.project.name}`.slice(0, 200),
    }),
  );
}

function describeLoss(error: unknown): string {
  let cause = error;
  while ((cause instanceof ChildWorkflowFailure || cause instanceof ActivityFailure) && cause.cause) cause = cause.cause;
  return `it ended without an outcome: ${cause instanceof Error ? cause.message : String(cause)}`;
}
