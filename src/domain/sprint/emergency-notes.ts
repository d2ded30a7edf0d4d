import type { AttemptFailure } from '../attempt.ts';
import { dependencyKey } from '../emergencies/emergency-keys.ts';
import { emergenciesOf } from './emergency-state.ts';
import { agentOfTask, taskSpec, type Turn } from './turn.ts';

/** What happens within a step and may begin or end an emergency: noted here, acted on when the step is done (`tendEmergencies`). */
export type EmergencyNote =
  | { readonly type: 'dependencyFailed'; readonly id: string; readonly task: string; readonly by: string; readonly text: string }
  | { readonly type: 'dependencyWorked'; readonly id: string; readonly by: string }
  | {
      readonly type: 'attemptEnded';
      readonly task: string;
      readonly by: string;
      readonly queue: string;
      /** null: it is done. */
      readonly failure: Pick<AttemptFailure, 'cause' | 'fault' | 'notTaken' | 'message'> | null;
    }
  /** A worker has told of an attempt. */
  | {
      readonly type: 'reported';
      readonly task: string;
      readonly by: string;
      readonly queue: string;
      readonly isSilent: boolean | undefined;
    }
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
  return meant.some((id) => open[dependencyKey(id)]?.circuit === 'halfOpen');
}

/** An attempt is done, and what it needs has worked. */
export function noteDependencyWorks(turn: Turn, task: number): void {
  const { heard } = emergenciesOf(turn.state);
  const by = agentOfTask(turn, task).id;
  for (const id of taskSpec(turn, task).needs ?? []) heard.push({ type: 'dependencyWorked', id, by });
}

/** An attempt has ended by itself; costs nothing where the plan wants nothing to be noticed of that. @param failure null: it is done. */
export function noteEnd(turn: Turn, task: number, failure: AttemptFailure | null): void {
  const { quality, supervision } = turn.definition;
  if ((!quality && !supervision) || failure?.cause === 'stopped' || agentOfTask(turn, task).kind === 'human') return;
  const { id: by, queue } = agentOfTask(turn, task);
  const said = failure && pickFailure(failure);
  emergenciesOf(turn.state).heard.push({ type: 'attemptEnded', task: taskSpec(turn, task).id, by, queue, failure: said });
}

const pickFailure = ({ cause, fault, notTaken, message }: AttemptFailure) => ({
  cause,
  message,
  ...(fault === undefined ? {} : { fault }),
  ...(notTaken ? { notTaken } : {}),
});

/** A report of an attempt at work, where somebody may be thought to be silent. */
export function noteReport(turn: Turn, task: number, isSilent: boolean | undefined): void {
  const { id: by, queue } = agentOfTask(turn, task);
  emergenciesOf(turn.state).heard.push({ type: 'reported', task: taskSpec(turn, task).id, by, queue, isSilent });
}

/** Costs nothing where the plan has no contingencies. */
export function noteCause(turn: Turn, key: string, isThere: boolean): void {
  if (turn.definition.contingencies) emergenciesOf(turn.state).heard.push({ type: 'cause', key, isThere });
}
