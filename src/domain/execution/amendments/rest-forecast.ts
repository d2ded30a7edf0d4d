import { runThrough, playSprint } from '../../simulation/play-sprint.ts';
import { createRehearsal, toSprint } from '../../simulation/rehearsal.ts';
import { toSprintDefinition } from '../../sprint/definition.ts';
import { isTaskEnded } from '../../sprint/state.ts';
import { wholeBoundMs } from '../../sprint/whole-bound.ts';
import { LONGEST_PATH } from '../../sprint/task-order.ts';
import { estimateOf, type Task } from '../../plan/plan.ts';
import { ownValue } from '../../own-value.ts';
import type { ResolvedPlan } from '../../prepared.ts';
import type { ExecutionState } from '../state.ts';

/** Larger rests are not simulated: a preview must not take longer than some milliseconds. */
const MAX_SIMULATED = 300;

/**
 * How long what is left of a sprint takes (ms) by its estimates: simulated, or for many tasks by the lower bound of the forecast. What is at
 * work counts with what is left of its estimate; triggers are taken to have fired.
 */
export function forecastRest(state: ExecutionState, resolved: ResolvedPlan, sprintId: string): number {
  const whole = toSprintDefinition(resolved, { executionId: '', ownerId: '', sprintId, delivered: [] });
  const tasks = leftOf(state, whole.sprint.tasks);
  if (tasks.length === 0) return 0;
  const left = new Set(tasks.map(({ id }) => id));
  const checkpoints = whole.sprint.checkpoints.filter(({ after }) => after.every((id) => left.has(id)));
  const sprint = { ...whole.sprint, tasks, checkpoints, durationMs: null };
  if (tasks.length > MAX_SIMULATED) return wholeBoundMs({ ...whole, sprint });
  const fresh = toSprint(createRehearsal({ ...whole, sprint, triggers: [] }), LONGEST_PATH, 0);
  return runThrough(playSprint(fresh, () => ({ factor: 1, delayMs: 0, isFailing: false }))).makespanMs;
}

function leftOf({ tasks: told, now }: ExecutionState, tasks: readonly Task[]): Task[] {
  const open = tasks.filter(({ id, cancelled }) => !cancelled && !isTaskEnded(ownValue(told, id)?.state ?? 'waiting'));
  const ids = new Set(open.map(({ id }) => id));
  return open.map((task) => {
    const startedAt = ownValue(told, task.id)?.startedAt ?? null;
    const dependsOn = task.dependsOn.filter((on) => ids.has(on.task));
    if (startedAt === null && dependsOn.length === task.dependsOn.length) return task;
    const estimateMs = startedAt === null ? estimateOf(task) : Math.max(1, estimateOf(task) - (now - startedAt));
    return { ...task, estimateMs, dependsOn };
  });
}
