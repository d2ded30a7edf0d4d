import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure,
  ChildWorkflowFailure,
  ParentClosePolicy,
  sleep,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { EarlierMessage } from '../domain/execution/events.ts';
import { toChildDefinition } from '../domain/execution/sprints.ts';
import type { ExecutionState, SprintOutcome } from '../domain/execution/state.ts';
import { sprintWorkflowId } from '../domain/ids.ts';
import { toHeartbeatTimeoutMs } from '../domain/sprint/heartbeat-timeout.ts';
import type { Packable } from '../domain/packed.ts';
import type { Prepared } from '../domain/prepared.ts';
import { whenPacked } from './packing.ts';
import type { SprintInput } from './sprint-input.ts';
import { messageOf } from '../domain/error-message.ts';

type SprintWorkflow = (input: Packable<SprintInput>) => Promise<Packable<SprintOutcome>>;
export type SprintHandle = ChildWorkflowHandle<SprintWorkflow>;

/** Starts the child workflow of a sprint. */
export function startSprint(
  state: ExecutionState,
  { sprintId, key, earlier }: { sprintId: string; key: string; earlier: readonly EarlierMessage[] },
): Promise<SprintHandle> {
  const { resolved, planHash, searchAttributes, continueAfterEvents } = state.prepared as Prepared;
  const workflowId = sprintWorkflowId(state.executionId, sprintId);
  const definition = toChildDefinition(state, sprintId, workflowId);
  const input: SprintInput = {
    definition,
    project: resolved.plan.project.name,
    planHash,
    heartbeatTimeoutMs: toHeartbeatTimeoutMs(definition, resolved.policies.heartbeatTimeoutMs),
    searchAttributes,
    key,
    continueAfterEvents,
    earlier,
  };
  return whenPacked(input, (packed) =>
    begin(() =>
      startChild<SprintWorkflow>('sprint', {
        workflowId,
        args: [packed],
        // The server applies this policy when a run continues as new, too. A sprint notices by itself that its execution is gone.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `sprint ${sprintId} of ${resolved.plan.project.name}`.slice(0, 200),
      }),
    ),
  );
}

const MAX_TRIES = 10;

/** One that was rolled back has the id of the one before, which may have said how it ended and not be closed yet. */
async function begin(start: () => Promise<SprintHandle>): Promise<SprintHandle> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === MAX_TRIES) throw error;
      await sleep('1 second');
    }
  }
}

/** Why a sprint has ended without an outcome. */
export function describeLoss(error: unknown): string {
  let cause = error;
  while ((cause instanceof ChildWorkflowFailure || cause instanceof ActivityFailure) && cause.cause) cause = cause.cause;
  return messageOf(cause);
}
