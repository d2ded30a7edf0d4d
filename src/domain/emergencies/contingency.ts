import { agentKey, dependencyKey, resourceKey, sprintKey, taskKey } from './emergency-keys.ts';
import type { Priority } from '../plan/plan.ts';

/** What is done when something happens that the plan foresaw: in force while the cause lasts, and undone when it is over. */
export interface Contingency {
  readonly when: ContingencyCause;
  /** Ids of the tasks that it is about; absent: those that the cause concerns. */
  readonly tasks?: readonly string[];
  readonly do: readonly ContingencyAction[];
}

export type ContingencyCause =
  | { readonly resource: string; readonly state: 'failed' }
  | { readonly dependency: string; readonly state: 'down' }
  | { readonly agent: string; readonly state: 'unavailable' }
  | { readonly sprint: string; readonly state: 'late' }
  /** People are asked about the task, or what they decided is to come into force. */
  | { readonly task: string; readonly state: 'escalated' };

export type ContingencyAction =
  /** Does the tasks instead, without what has failed; attempts at work are taken over. */
  | { readonly useAgent: string }
  /** Is leased in place of the resource that has failed. */
  | { readonly useResource: string }
  /** Those that have not begun, with what depends on them; stays so. */
  | { readonly skip: true }
  | MeanwhileAction;

/** What makes sense for whatever task people are asked about. */
export type MeanwhileAction =
  | { readonly priority: Priority }
  /** Channels that are told. */
  | { readonly notify: readonly string[] }
  /** Nothing new starts in the sprint. */
  | { readonly pause: true }
  /** So many attempts at work at a time in the sprint, at most; those at work go on. */
  | { readonly concurrency: number }
  /** The tasks do not start; attempts at work go on. */
  | { readonly hold: true };

/** What the chain of an escalation has done while that is open. */
export interface Meanwhile {
  /** Id of the task that the escalation names, whose lane of work it is about; null: none, so it is about no task. */
  readonly task: string | null;
  readonly do: readonly MeanwhileAction[];
}

/** The cause as `<kind>/<id>`. */
export function causeKey(when: ContingencyCause): string {
  if ('resource' in when) return resourceKey(when.resource);
  if ('dependency' in when) return dependencyKey(when.dependency);
  if ('task' in when) return taskKey(when.task);
  return 'agent' in when ? agentKey(when.agent) : sprintKey(when.sprint);
}

export const describeCause = (when: ContingencyCause): string => `${causeKey(when).replace('/', ' ')} is ${when.state}`;

function describeAction(action: ContingencyAction): string {
  if ('useAgent' in action) return `${action.useAgent} does the work`;
  if ('useResource' in action) return `${action.useResource} is used`;
  if ('skip' in action) return 'the work is skipped';
  if ('priority' in action) return `priority is ${action.priority}`;
  if ('notify' in action) return `${action.notify.join(', ')} is told`;
  if ('concurrency' in action) return `at most ${action.concurrency} at work at a time`;
  return 'hold' in action ? 'the work is held' : 'the sprint is paused';
}

export const describeActions = (actions: readonly ContingencyAction[]): string => actions.map(describeAction).join(', ');

export const describeContingency = ({ when, tasks, do: actions }: Contingency): string =>
  `when ${describeCause(when)}: ${describeActions(actions)}${tasks ? ` (${tasks.join(', ')})` : ''}`;

export function describeMeanwhile({ task, do: actions }: Meanwhile): string {
  const isOfLane = task !== null && actions.some((action) => 'hold' in action || 'priority' in action);
  return `while people are asked: ${describeActions(actions)}${isOfLane ? ` (the lane of work of ${task})` : ''}`;
}
