import type { AttemptFailure } from '../attempt.ts';
import { emergenciesOf } from './emergency-state.ts';
import { agentOfTask, taskSpec, type Turn } from './turn.ts';

/** What happens within a step and may begin or end an emergency: noted here, acted on when the step is done (`tendEmergencies`). */
export type EmergencyNote =
  | { readonly type: 'dependencyFailed'; readonly id: string; readonly task: string; readonly by: string; readonly text: string }
  | { readonly type: 'dependencyWorked'; readonly id: string; readonly by: string }
  /** What contingencies may wait for is there, or is not any more. */
  | { readonly type: 'cause'; readonly key: string; readonly isThere: boolean };

/**
 * An attempt says that what it needs from outside is down; one that does not say which means all of it. Answers whether it was the trial of
 * a half-open circuit, which is nobody's failure.
 */
export function noteDependencyFailure(turn: Turn, task: number, { dependencyDown, message }: AttemptFailure): boolean {
  if (dependencyDown === undefined) return false;
  const { id: taskId, needs = [] } = taskSpec(turn, task);
  const meant = needs.filter((id) => dependencyDown === null || dependencyDown === id);
  const { heard, open } = emergenciesOf(turn.state);
  const by = agentOfTask(turn, task).id;
  for (const id of meant) heard.push({ type: 'dependencyFailed', id, task: taskId, by, text: message });
  return meant.some((id) => open[`dependency/${id}`]?.circuit === 'halfOpen');
}

/** An attempt is done, and what it needs has worked. */
export function noteDependencyWorks(turn: Turn, task: number): void {
  const { heard } = emergenciesOf(turn.state);
  const by = agentOfTask(turn, task).id;
  for (const id of taskSpec(turn, task).needs ?? []) heard.push({ type: 'dependencyWorked', id, by });
}

/** Costs nothing where the plan has no contingencies. */
export function noteCause(turn: Turn, key: string, isThere: boolean): void {
  if (turn.definition.contingencies) emergenciesOf(turn.state).heard.push({ type: 'cause', key, isThere });
}
