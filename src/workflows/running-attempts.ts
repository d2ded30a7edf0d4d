import { CancellationScope } from '@temporalio/workflow';
import type { PerformTaskResult } from '../domain/attempt.ts';
import type { AttemptEvent, PerformEffect } from '../domain/sprint/events.ts';
import { attemptActivityId } from '../domain/ids.ts';
import { isPacked } from '../domain/packed.ts';
import { performAttempt, toAttemptFailure } from './attempt-activity.ts';
import { unstow } from './packing.ts';

/** Between deciding and carrying out: attempts are started, stopped, and end as events. Directly, in lanes, or one of the two. */
export interface RunningAttempts {
  readonly count: number;
  start(effect: PerformEffect): void;
  cancel(taskId: string, attempt: number): void;
}

/**
 * Runs a function without promises of its own around the function's. The SDK takes a stack trace for every promise of a workflow, and
 * these traces are half of what a worker spends on an attempt.
 */
class AttemptScope extends CancellationScope {
  protected override runInContext<T>(run: () => Promise<T>): Promise<T> {
    return run();
  }
}

/** Attempts as activities of this workflow, each in a scope of its own so that one can be ended without the others. */
export function createRunningAttempts(heartbeatTimeoutMs: number, happened: (event: AttemptEvent) => void): RunningAttempts {
  const scopes = new Map<string, CancellationScope>();
  // Only the sprint ends attempts: a cancel of the workflow is an event for it first.
  const shield = new CancellationScope({ cancellable: false });
  // A scope whose attempt has ended serves another one: making one costs as much as scheduling the activity in it.
  const idle: AttemptScope[] = [];
  return {
    get count() {
      return scopes.size;
    },
    start(effect) {
      const { task, attempt } = effect.input;
      const key = attemptActivityId(task.id, attempt);
      const scope = idle.pop() ?? new AttemptScope({ cancellable: true, parent: shield });
      scopes.set(key, scope);
      const ended = (): { taskId: string; attempt: number; at: number } => {
        scopes.delete(key);
        if (!scope.consideredCancelled) idle.push(scope);
        return { taskId: task.id, attempt, at: Date.now() };
      };
      const finish = ({ summary, deliverables, checks, usage }: PerformTaskResult): void =>
        happened({ type: 'taskFinished', ...ended(), summary, deliverables, checks, ...(usage ? { usage } : {}) });
      const fail = (error: unknown): void => happened({ type: 'attemptFailed', ...ended(), failure: toAttemptFailure(error) });
      // No promise more than needed, for the same reason.
      scope
        .run(() => performAttempt(effect, heartbeatTimeoutMs))
        .then((result) => (isPacked(result) ? unstow<PerformTaskResult>(result).then(finish, fail) : finish(result)), fail);
    },
    cancel: (taskId, attempt) => scopes.get(attemptActivityId(taskId, attempt))?.cancel(),
  };
}
