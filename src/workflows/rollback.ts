/**
 * A rollback: undoes step after step, newest first. A step that fails stops it there until somebody decides: once more, leave it as it is, or
 * end. A cancel does not stop it: half undone is worse than either. Its owner takes up the work again when it has ended.
 *
 * undoing ⇄ waiting (for a decision) → done | abandoned.
 */
import { ActivityCancellationType, CancellationScope, condition, proxyActivities, setHandler } from '@temporalio/workflow';
import type { AgentActivities } from '../activities/index.ts';
import { messageOf } from '../domain/error-message.ts';
import { elementAt } from '../domain/lookup.ts';
import { createRollback, evolveRollback, type RollbackEvent, type RollbackOutcome } from '../domain/rollback/rollback.ts';
import { toRollbackView } from '../domain/rollback/rollback-view.ts';
import type { UndoResult, UndoStep } from '../domain/rollback/undo-step.ts';
import { toQuery } from './messages.ts';
import { causeOf } from './activity-cause.ts';
import { openOwnerLine } from './owner-line.ts';
import { whenPacked } from './packing.ts';
import { createDetailsPublisher } from './procedure-details.ts';
import type { ProcedureStart } from './procedure-messages.ts';

export async function runRollback(start: ProcedureStart<'rollback'>): Promise<RollbackOutcome> {
  const { input } = start;
  const state = createRollback(input, Date.now());
  const happened: RollbackEvent[] = [{ type: 'started', at: Date.now() }];
  const line = openOwnerLine(start);
  const publish = createDetailsPublisher();
  setHandler(toQuery('status'), () => toRollbackView(state), {
    description: 'Steps with their times, what is waited for, outcome',
  });

  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      happened.push(...line.take().map((news): RollbackEvent => ({ type: 'heard', at: Date.now(), news })));
      if (line.isOwnerGone) happened.push({ type: 'ownerGone', at: Date.now() });
      for (const effect of happened.splice(0).flatMap((event) => evolveRollback(state, event))) {
        if (effect.type === 'say') line.say(effect.said);
        else void undo(input, effect.steps).then((results) => happened.push({ type: 'stepsEnded', at: Date.now(), results }));
      }
      const { steps } = toRollbackView(state);
      publish(
        input.title,
        steps.map(({ id, state: how, endedAt, detail }) => ({ at: endedAt, text: `${id} ${how}: ${detail}` })),
      );
      if (state.outcome !== null) break;
      await condition(() => happened.length > 0 || line.hasNews || (line.isOwnerGone && state.failed !== null));
    }
    await line.close(state.outcome);
    return state.outcome;
  });
}

/** Never rejects: what goes on failing for reasons of the worker has failed, and somebody is asked. */
async function undo(
  { executionId, folder }: ProcedureStart<'rollback'>['input'],
  steps: readonly UndoStep[],
): Promise<readonly UndoResult[]> {
  const { id, queue } = elementAt(steps, 0);
  const { undoSteps } = proxyActivities<AgentActivities>({
    taskQueue: queue,
    // The check that compensates has its own, shorter time.
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '10 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '10 seconds', maximumAttempts: 30 },
    summary: `undo ${steps.length === 1 ? id : `${id} and ${steps.length - 1} more`}`.slice(0, 200),
  });
  const startedAt = Date.now();
  try {
    const { results } = await whenPacked({ executionId, folder, steps }, undoSteps);
    return results;
  } catch (error) {
    return [{ id, ok: false, detail: messageOf(causeOf(error)), startedAt, endedAt: Date.now() }];
  }
}
